import type { Json, Surroundings } from "../service.ts";
import { requireSize, WorkflowError } from "./errors.ts";
import { failureDetails, type HistoryEvent, inputDetails, MAXIMUM_EVENTS, outputDetails } from "./history.ts";
import { runBlock } from "./interpreter.ts";
import type { Ending, Execution } from "./records.ts";
import type { Run } from "./run.ts";
import { Extent, STOPPED } from "./timers.ts";

/** Longest execution in seconds: five minutes for EXPRESS, a year for STANDARD (Step Functions, "Quotas"). */
const MAXIMUM_SECONDS = { EXPRESS: 300, STANDARD: 31_536_000 };
/** Longest cause in characters. */
const MAXIMUM_CAUSE = 32_768;

/**
 * Starts an execution, or goes on with one that is redriven, from where it stands. `onEnd` is called once, when it has
 * ended in whatever way; `log` takes every event.
 */
export function launch(
  execution: Execution,
  surroundings: Surroundings,
  log: ((event: HistoryEvent) => void) | undefined,
  onEnd: (ending: Ending) => void,
): void {
  const { clock, random, faults } = surroundings;
  const { machine } = execution;
  // An execution of a lost region stands still between its steps; its time limits run on.
  const call: Surroundings["call"] = async (...args) => {
    if (faults.isLost(machine.region)) await faults.whileLost(machine.region);
    return surroundings.call(...args);
  };
  const record = recorder(execution, surroundings, log);
  const input: unknown = JSON.parse(execution.input);
  const extent = new Extent();
  const run: Run = {
    ...{ clock, random, call },
    from: { region: machine.region, principal: machine.roleArn },
    context: contextOf(execution, input),
    record: (type, previous, details) => {
      // A result that came in the same moment as the end: the end stays the last event.
      extent.require();
      if (machine.type === "STANDARD" && execution.eventCount >= MAXIMUM_EVENTS - 1) throw TOO_MANY_EVENTS;
      return record(type, previous, details);
    },
  };
  const start =
    execution.redriveCount > 0
      ? record("ExecutionRedriven", execution.eventCount, () => ({ redriveCount: execution.redriveCount }))
      : record("ExecutionStarted", 0, () => ({ ...inputDetails(input), roleArn: machine.roleArn }));
  // Nothing led to the first state but the start, which AWS counts as nothing.
  const thread = { previous: execution.redriveCount > 0 ? start : 0, extent };
  const seconds = Math.min(
    machine.definition.timeoutSeconds ?? MAXIMUM_SECONDS[machine.type],
    MAXIMUM_SECONDS[machine.type],
  );
  const end = (ending: Ending, previous: number) => {
    if (execution.end === undefined) return;
    delete execution.end;
    cancelTimeout();
    extent.end();
    record(EVENT_OF[ending.status], previous, () =>
      ending.output === undefined
        ? failureDetails(ending.error, ending.cause)
        : outputDetails(JSON.parse(ending.output)),
    );
    onEnd(ending);
  };
  execution.end = (ending) => end(ending, 0);
  const cancelTimeout = clock.after(seconds * 1_000, () => end({ status: "TIMED_OUT" }, 0));
  runBlock(machine.definition, execution.position, thread, run).then(
    (output) => end(succeeded(output, machine.name), thread.previous),
    (error) => {
      if (error !== STOPPED) end(failed(error), thread.previous);
    },
  );
}

const EVENT_OF: Readonly<Record<Ending["status"], string>> = {
  ABORTED: "ExecutionAborted",
  FAILED: "ExecutionFailed",
  SUCCEEDED: "ExecutionSucceeded",
  TIMED_OUT: "ExecutionTimedOut",
};

const TOO_MANY_EVENTS = new WorkflowError(
  "States.Runtime",
  `The execution reached the maximum number of history events (${MAXIMUM_EVENTS}).`,
);

function recorder(
  execution: Execution,
  { clock }: Surroundings,
  log: ((event: HistoryEvent) => void) | undefined,
): Run["record"] {
  if (!execution.events && !log) return () => ++execution.eventCount;
  return (type, previousEventId, details) => {
    execution.eventCount += 1;
    const id = execution.eventCount;
    const event = { type, id, previousEventId, time: clock.now(), details };
    execution.events?.push(event);
    log?.(event);
    return id;
  };
}

function contextOf(execution: Execution, input: unknown): Json {
  const { machine, redriveCount, redriven } = execution;
  return {
    Execution: {
      Id: execution.arn,
      Input: input,
      Name: execution.name,
      RoleArn: machine.roleArn,
      StartTime: new Date(execution.started).toISOString(),
      RedriveCount: redriveCount,
      ...(redriven === undefined ? {} : { RedriveTime: new Date(redriven).toISOString() }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
}

function succeeded(output: unknown, name: string): Ending {
  try {
    requireSize(output, name);
    return { status: "SUCCEEDED", output: JSON.stringify(output) };
  } catch (error) {
    return failed(error);
  }
}

/** JavaScript's own errors come from data that could not be worked with. */
function failed(error: unknown): Ending {
  const { error: name, reason } =
    error instanceof WorkflowError
      ? error
      : { error: "States.Runtime", reason: error instanceof Error ? error.message : String(error) };
  return {
    status: "FAILED",
    ...(name === undefined ? {} : { error: name }),
    ...(reason === undefined ? {} : { cause: reason.slice(0, MAXIMUM_CAUSE) }),
  };
}
