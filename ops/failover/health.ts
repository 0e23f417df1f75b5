import { GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  GetHealthCheckCommand,
  HealthCheckVersionMismatch,
  UpdateHealthCheckCommand,
} from "@aws-sdk/client-route-53";
import type { Context } from "../frame/operator-command.ts";
import type { StackOutputs } from "../frame/outputs.ts";
import { patiently } from "./patience.ts";

/** Route 53 writes its metrics in this region only (Route 53 Developer Guide, "Monitoring health checks using CloudWatch"). */
const METRICS_REGION = "us-east-1";
/** How far back the last data point is looked for, in milliseconds; there is one a minute. */
const LOOK_BACK = 5 * 60_000;

/** The health check that the endpoint goes by, which counts its healthy children. */
export interface EndpointHealth {
  readonly id: string;
  readonly children: readonly string[];
  /** Healthy children that it takes to be healthy. */
  readonly threshold: number;
  /** Whether an operator holds it unhealthy: more children are asked for than there are. */
  readonly isHeld: boolean;
  readonly version: number;
}

/** The id of the stack's health check. Throws if it has no global endpoint. */
export function healthCheckId({ HealthCheckId, EnvironmentSuffix }: StackOutputs): string {
  if (HealthCheckId === undefined)
    throw new Error(
      `stack ${EnvironmentSuffix}: has no global endpoint; set trade-processing:failover to {"enabled": true} and deploy`,
    );
  return HealthCheckId;
}

/** A health check's settings. Throws if there is none, if it is of another kind, or if Route 53 does not answer. */
export async function endpointHealth(context: Context, id: string): Promise<EndpointHealth> {
  const get = new GetHealthCheckCommand({ HealthCheckId: id });
  const { HealthCheck } = await context.clients.route53().send(get, patiently(context));
  const { HealthCheckConfig: settings, HealthCheckVersion: version = 1 } = HealthCheck ?? {};
  const { Type, ChildHealthChecks: children = [], HealthThreshold: threshold = 0 } = settings ?? {};
  if (Type !== "CALCULATED")
    throw new Error(`health check ${id}: its type is ${Type ?? "unknown"}; this program's is CALCULATED`);
  return { id, children, threshold, isHeld: threshold > children.length, version };
}

/**
 * Holds the primary region unhealthy, or lets its children decide again. A CALCULATED check that asks for more healthy
 * children than it has is always unhealthy (Route 53 API Reference, HealthThreshold), whatever they say; inverting it
 * would make it healthy in just those moments in which they do not.
 */
export async function hold(context: Context, health: EndpointHealth, isHeld: boolean): Promise<void> {
  const update = new UpdateHealthCheckCommand({
    HealthCheckId: health.id,
    // Refused if somebody else has changed it since.
    HealthCheckVersion: health.version,
    HealthThreshold: health.children.length + (isHeld ? 1 : 0),
  });
  try {
    await context.clients.route53().send(update, patiently(context));
  } catch (error) {
    if (!(error instanceof HealthCheckVersionMismatch)) throw error;
    throw new Error(
      `health check ${health.id}: somebody else has changed it since it was read, and nothing was done; look at \`failover status\`, then try again`,
    );
  }
}

/** Whether a health check was healthy at its last data point; undefined if it has none. GetHealthCheckStatus does not say it of CALCULATED checks. */
export async function isHealthy(context: Context, id: string): Promise<boolean | undefined> {
  const now = Date.now();
  const statistics = new GetMetricStatisticsCommand({
    Namespace: "AWS/Route53",
    MetricName: "HealthCheckStatus",
    Dimensions: [{ Name: "HealthCheckId", Value: id }],
    Statistics: ["Minimum"],
    Period: 60,
    StartTime: new Date(now - LOOK_BACK),
    EndTime: new Date(now),
  });
  const client = context.clients.cloudWatch(METRICS_REGION);
  const { Datapoints = [] } = await client.send(statistics, patiently(context));
  const last = Datapoints.toSorted((a, b) => Number(b.Timestamp) - Number(a.Timestamp))[0];
  return last?.Minimum === undefined ? undefined : last.Minimum >= 1;
}
