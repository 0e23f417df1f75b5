import { Input } from "../input.ts";

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: 1_440 * MINUTE };

/**
 * The period of a rate expression, in milliseconds (EventBridge Scheduler User Guide, "Schedule types", "Rate-based
 * schedules"). Expressions with `cron` and `at` are not carried out. Throws ValidationException.
 */
export function ratePeriod(expression: string): number {
  const [, value = "", unit = ""] = /^rate\(([1-9]\d{0,8}) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const milliseconds = Number(value) * (UNITS[unit] ?? 0);
  if (milliseconds === 0)
    throw new Input({}).refuse(
      "ScheduleExpression",
      expression,
      "The local cloud carries out only: rate(N minutes), rate(N hours), rate(N days)",
    );
  return milliseconds;
}
