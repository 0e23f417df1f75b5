import type { DrivenClock } from "../cloud/clock.ts";
import type { LocalServices } from "../services.ts";
import type { Redrives } from "./redrives.ts";

/** Polls of streams and schedules of seconds come within it, so that what has nothing under way stays so. */
const QUIET_MILLISECONDS = 2_000;
/** Longer than retries take once nothing fails any more, so that what is under way then is stuck. */
const LIMIT_MILLISECONDS = 3_600_000;

/** Lets time pass until nothing is under way, nothing waits for replication, and that has lasted for a while. */
export async function drained(
  services: LocalServices,
  clock: DrivenClock,
  redrives: Redrives,
): Promise<void> {
  const end = clock.now() + LIMIT_MILLISECONDS;
  let quiet = 0;
  while (quiet < 2) {
    if (clock.now() > end) throw new Error(`still under way after an hour: ${underWay(services).join(", ")}`);
    await clock.advance(QUIET_MILLISECONDS / 2);
    const isQuiet = underWay(services).length === 0 && (await redrives.areReplaysOver());
    quiet = isQuiet ? quiet + 1 : 0;
  }
}

/** What is under way, in words. */
function underWay({ states, events, lambda, dynamodb }: LocalServices): string[] {
  const { replication } = dynamodb;
  const counts = {
    executions: states.openExecutions(),
    deliveries: events.pendingDeliveries(),
    invocations: lambda.openInvocations(),
    "replicated writes": replication.pending() - replication.heldBack(),
  };
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
}
