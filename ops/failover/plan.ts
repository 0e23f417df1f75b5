import type { EndpointHealth } from "./health.ts";
import type { FailoverRecord } from "./record.ts";
import type { FailoverStatus } from "./status.ts";

/** What an action will do. */
export interface Plan {
  /** What there is to say if nothing has to be done. */
  readonly done?: string;
  readonly lines: readonly string[];
  /** Why it should not be done. */
  readonly objection?: string;
  readonly afterwards: readonly string[];
}

/** What an action does to the endpoint in its present state. */
export function planOf(
  action: FailoverRecord["action"],
  status: FailoverStatus,
  health: Pick<EndpointHealth, "isHeld" | "id">,
): Plan {
  return action === "start" ? startOf(status, health) : returnOf(status, health);
}

function startOf(
  { primaryRegion, replicaRegion, regions }: FailoverStatus,
  { id, isHeld }: Pick<EndpointHealth, "isHeld" | "id">,
): Plan {
  if (isHeld) return nothing(`Trades go to ${replicaRegion} already: ${primaryRegion} is held unhealthy.`);
  return {
    lines: [
      `Holds health check ${id} of ${primaryRegion} unhealthy, so that the global endpoint sends trades to ${replicaRegion}`,
      "from a minute or so from now on. Trades under way are finished where they are. It stays so until `failover return`;",
      "a deployment would undo it.",
    ],
    ...(!isSound(regions, replicaRegion) && { objection: `${replicaRegion} is not healthy itself` }),
    afterwards: [`${primaryRegion} is held unhealthy; trades will go to ${replicaRegion}.`],
  };
}

function returnOf(
  { primaryRegion, regions, isPrimaryHealthy }: FailoverStatus,
  { isHeld }: Pick<EndpointHealth, "isHeld">,
): Plan {
  if (!isHeld)
    return nothing(
      `Nothing is held: ${primaryRegion} is ${isPrimaryHealthy === false ? "unhealthy by itself, and trades return once it is not" : "where trades go"}.`,
    );
  return {
    lines: [
      `Lets the alarms of ${primaryRegion} decide again, so that the global endpoint sends trades there once they are OK.`,
    ],
    ...(!isSound(regions, primaryRegion) && {
      objection: `${primaryRegion} is not healthy, so that nothing would change now`,
    }),
    afterwards: [
      `${primaryRegion} is no longer held unhealthy; compare both regions with \`npm run ops -- reconcile\`.`,
    ],
  };
}

function nothing(done: string): Plan {
  return { done, lines: [], afterwards: [] };
}

/** Whether every alarm that a region's health goes by is known to be OK. */
function isSound(regions: FailoverStatus["regions"], region: string): boolean {
  const states = Object.values(regions.find((each) => each.region === region)?.alarms ?? {});
  return states.length > 0 && states.every((state) => state === "OK");
}
