import type { Ended } from "./observation.ts";
import { traceOf } from "./tracing.ts";

export const INSIGHTS_GROUP = "/aws/lambda-insights";

const METRICS = [
  { Name: "memory_utilization", Unit: "Percent" },
  { Name: "total_memory", Unit: "Megabytes" },
  { Name: "used_memory_max", Unit: "Megabytes" },
  { Name: "cpu_total_time", Unit: "Milliseconds" },
];
const INIT_DURATION = { Name: "init_duration", Unit: "Milliseconds" };
const DIMENSIONS = [["function_name"], ["function_name", "version"]];

/**
 * The performance event that the Lambda Insights agent writes for an invocation, in embedded metric format (CloudWatch,
 * "Metrics collected by Lambda Insights" and "Example telemetry event"). Network and disk are not measured here.
 */
export function performanceEvent(
  function_: { readonly name: string; readonly version: string; readonly memoryMegabytes: number },
  { invocation, outcome, started, duration, initDuration, usage }: Ended,
  cpu: { readonly user: number; readonly system: number },
): string {
  const used = usage.maximumMemoryMegabytes;
  const isCold = initDuration !== undefined;
  const Metrics = isCold ? [...METRICS, INIT_DURATION] : METRICS;
  const billed = Math.ceil(duration + (initDuration ?? 0));
  return JSON.stringify({
    _aws: {
      Timestamp: started + duration,
      CloudWatchMetrics: [{ Namespace: "LambdaInsights", Dimensions: DIMENSIONS, Metrics }],
    },
    event_type: "performance",
    function_name: function_.name,
    version: function_.version,
    request_id: invocation.requestId,
    ...(traceOf(invocation.traceId) ? { trace_id: traceOf(invocation.traceId)?.id } : {}),
    duration,
    billed_duration: billed,
    billed_mb_ms: billed * function_.memoryMegabytes,
    cold_start: isCold,
    ...(isCold ? { init_duration: initDuration } : {}),
    used_memory_max: used,
    total_memory: function_.memoryMegabytes,
    memory_utilization: Math.round((used / function_.memoryMegabytes) * 100),
    cpu_user_time: Math.round(cpu.user),
    cpu_system_time: Math.round(cpu.system),
    cpu_total_time: Math.round(cpu.user + cpu.system),
    ...(outcome.end === "timeout" ? { timeout: true, shutdown_reason: "Timeout" } : {}),
    ...(outcome.end === "exit" ? { shutdown_reason: "Failure" } : {}),
  });
}
