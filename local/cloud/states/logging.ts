import { isObject } from "./paths.ts";
import type { LogPort } from "./ports.ts";
import type { Execution } from "./records.ts";

const FAILURES: Readonly<Record<string, string>> = {
  ABORTED: "ExecutionAborted",
  FAILED: "ExecutionFailed",
  TIMED_OUT: "ExecutionTimedOut",
};

/** Logs the start of an execution, at level ALL. */
export function logStart(log: LogPort, execution: Execution): void {
  if (levelOf(execution) === "ALL") write(log, execution, "ExecutionStarted", { input: execution.input });
}

/** Logs how an execution ended: failures at every level but OFF, success at ALL. */
export function logEnding(log: LogPort, execution: Execution): void {
  const level = levelOf(execution);
  const failure = FAILURES[execution.status];
  if (failure !== undefined && level !== "OFF")
    write(log, execution, failure, { error: execution.error, cause: execution.cause });
  if (failure === undefined && level === "ALL")
    write(log, execution, "ExecutionSucceeded", { output: execution.output });
}

function levelOf(execution: Execution): unknown {
  return execution.machine.loggingConfiguration.level ?? "OFF";
}

/** One line a log group, in the form of Step Functions' vended logs; data only where it is asked for. */
function write(log: LogPort, execution: Execution, type: string, data: Record<string, unknown>): void {
  const { machine } = execution;
  const { destinations, includeExecutionData } = machine.loggingConfiguration;
  const { input: _input, output: _output, ...rest } = data;
  const details = includeExecutionData === true ? data : rest;
  const at = execution.stopped ?? execution.started;
  const message = JSON.stringify({
    ...{ type, details, execution_arn: execution.arn, event_timestamp: String(at) },
  });
  for (const destination of Array.isArray(destinations) ? destinations : []) {
    const group = isObject(destination) ? destination.cloudWatchLogsLogGroup : undefined;
    const arn = isObject(group) ? String(group.logGroupArn) : "";
    const name = arn.split(":log-group:")[1]?.replace(/:\*$/, "");
    if (name) log(machine.region, name, `states/${machine.name}`, message);
  }
}
