import type { Json } from "../service.ts";
import type { HistoryEvent } from "./history.ts";
import { isObject } from "./paths.ts";
import type { LogPort } from "./ports.ts";
import type { Execution } from "./records.ts";

const FATAL = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"];

/** Events at each log level (Step Functions, "Log levels"); ALL has every one. */
const LEVELS: Readonly<Record<string, (type: string) => boolean>> = {
  ALL: () => true,
  ERROR: (type) => FATAL.includes(type) || /Aborted$|Failed$|TimedOut$|^FailState/.test(type),
  FATAL: (type) => FATAL.includes(type),
};

/** Details that are logged only with execution data. */
const EXECUTION_DATA = ["input", "inputDetails", "output", "outputDetails", "parameters"];

/** Longest input or output of a log event, in bytes ("Logging using CloudWatch Logs", payloads): 248 KB. */
const MAXIMUM_DATA_BYTES = 248 * 1_024;

/** Writes the events of an execution that its state machine's log level asks for; undefined if there are none. */
export function executionLog(
  log: LogPort,
  execution: Execution,
): ((event: HistoryEvent) => void) | undefined {
  const { machine } = execution;
  const { level, includeExecutionData, destinations } = machine.loggingConfiguration;
  const isLogged = Object.hasOwn(LEVELS, String(level)) ? LEVELS[String(level)] : undefined;
  const groups = logGroups(destinations);
  if (!isLogged || groups.length === 0) return undefined;
  return (event) => {
    if (!isLogged(event.type)) return;
    const message = JSON.stringify({
      id: String(event.id),
      type: event.type,
      details: shown(event.details?.() ?? {}, includeExecutionData === true),
      previous_event_id: String(event.previousEventId),
      event_timestamp: String(event.time),
      execution_arn: execution.arn,
      redrive_count: String(execution.redriveCount),
    });
    const hour = new Date(event.time).toISOString().slice(0, 13).replace("T", "-");
    for (const group of groups)
      log(machine.region, group, `states/${machine.name}/${hour}/00000000`, message);
  };
}

/** Names of the log groups of a logging configuration's destinations. */
export function logGroups(destinations: unknown): string[] {
  return (Array.isArray(destinations) ? destinations : []).flatMap((destination: unknown) => {
    const group = isObject(destination) ? destination.cloudWatchLogsLogGroup : undefined;
    const arn = isObject(group) ? String(group.logGroupArn) : "";
    return arn.split(":log-group:")[1]?.replace(/:\*$/, "") || [];
  });
}

function shown(details: Json, withData: boolean): Json {
  const members = Object.entries(details).filter(([name]) => withData || !EXECUTION_DATA.includes(name));
  const result = Object.fromEntries(members);
  for (const name of ["input", "output"]) {
    const text = result[name];
    if (typeof text !== "string" || Buffer.byteLength(text) <= MAXIMUM_DATA_BYTES) continue;
    result[name] = Buffer.from(text).subarray(0, MAXIMUM_DATA_BYTES).toString();
    result[`${name}Details`] = { truncated: true };
  }
  return result;
}
