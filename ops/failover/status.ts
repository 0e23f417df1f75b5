import type { Context, Result } from "../frame/operator-command.ts";
import { type EndpointHealth, endpointHealth, healthCheckId, isHealthy } from "./health.ts";
import { type FailoverRecord, readRecord } from "./record.ts";
import { type RegionState, regionState } from "./region-state.ts";
import { statusLines } from "./status-lines.ts";

/** Where trades go and why. What is undefined is not known. */
export interface FailoverStatus {
  readonly primaryRegion: string;
  readonly replicaRegion: string;
  readonly endpointId: string | undefined;
  /** By Route 53's metrics. */
  readonly isPrimaryHealthy: boolean | undefined;
  /** Whether an operator holds the primary region unhealthy. */
  readonly isHeld: boolean | undefined;
  /** Why the endpoint's health check could not be read, if it could not. */
  readonly problem: string | undefined;
  readonly regions: readonly RegionState[];
  readonly record: FailoverRecord | undefined;
}

/** Asks both regions and Route 53; whoever does not answer is left out. Throws if the stack has no global endpoint. */
export async function readStatus(
  context: Context,
): Promise<{ status: FailoverStatus; health: EndpointHealth | undefined }> {
  const { PrimaryRegion, ReplicaRegion, GlobalEndpointId } = context.outputs;
  const id = healthCheckId(context.outputs);
  const [health, isPrimaryHealthy, record, ...regions] = await Promise.all([
    endpointHealth(context, id).catch((error: Error) => error),
    isHealthy(context, id).catch(() => undefined),
    readRecord(context),
    regionState(context, PrimaryRegion),
    regionState(context, ReplicaRegion),
  ]);
  const isKnown = !(health instanceof Error);
  const status: FailoverStatus = {
    primaryRegion: PrimaryRegion,
    replicaRegion: ReplicaRegion,
    endpointId: GlobalEndpointId,
    isPrimaryHealthy,
    isHeld: isKnown ? health.isHeld : undefined,
    problem: isKnown ? undefined : `Route 53's health check could not be read: ${health.message}`,
    regions,
    record,
  };
  return { status, health: isKnown ? health : undefined };
}

/** `failover status`. Not complete if something could not be read. */
export async function showStatus(context: Context): Promise<Result> {
  const { status } = await readStatus(context);
  const isRead = (state: RegionState) => Object.values(state).every((each) => each !== undefined);
  return {
    complete: status.problem === undefined && status.regions.every(isRead),
    json: status,
    lines: statusLines(status),
  };
}
