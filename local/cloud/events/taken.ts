import type { Bus, BusEvent, Rule } from "./model.ts";

/** Events of one bus that the same rules took. */
export interface Taken {
  /** The bus's ARN. */
  readonly bus: string;
  /** Names of the rules; none for events that no rule took. */
  readonly rules: readonly string[];
  events: number;
}

/**
 * Notes which rules of a bus take an event. The metric MatchedEvents counts a replayed event again; here an event stays
 * one, and is counted by all rules that have taken it so far.
 */
export function noteTaken(
  bus: Bus,
  event: Pick<BusEvent, "isForwarded" | "taken">,
  rules: readonly Pick<Rule, "name">[],
): void {
  if (!event.taken) return;
  const index = event.taken.findIndex(({ bus: arn }) => arn === bus.arn);
  const before = event.taken[index];
  const names = [...new Set([...(before?.rules ?? []), ...rules.map(({ name }) => name)])];
  if (before?.rules.length === names.length) return;
  if (!before && event.isForwarded) bus.forwardedEvents += 1;
  const key = names.sort().join(" ");
  const now = bus.taken.get(key) ?? { bus: bus.arn, rules: names, events: 0 };
  bus.taken.set(key, now);
  now.events += 1;
  if (before) before.events -= 1;
  event.taken.splice(before ? index : event.taken.length, 1, now);
}
