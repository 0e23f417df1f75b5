import { randomUUID } from "node:crypto";
import type { Json, Operation, PublishServiceEvent, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { describe, redriveSummary, summary, withoutData } from "./execution-forms.ts";
import { eventOf } from "./history.ts";
import { redrive } from "./interpreter.ts";
import { launch } from "./launch.ts";
import { executionLog } from "./logging.ts";
import { describeMachine, type Machine } from "./machines.ts";
import type { LogPort, MetricsPort } from "./ports.ts";
import type { Ending, Execution, Records } from "./records.ts";
import { redrivability } from "./redrivability.ts";
import { executionInput, executionName, optionalText, page, requiredText, seconds } from "./requests.ts";
import { statusChange } from "./status-events.ts";

export interface ExecutionsNeeds {
  readonly surroundings: Surroundings;
  readonly ports: {
    readonly metrics: MetricsPort;
    readonly log: LogPort;
    readonly publishServiceEvent?: PublishServiceEvent;
  };
  readonly records: Records;
  readonly machineOf: (arn: string) => Machine;
  /** Called when an execution starts; what it gives is called when that has ended. */
  readonly trace: (execution: Execution) => ((execution: Execution) => void) | undefined;
}

const METRIC_OF: Readonly<Record<Ending["status"], string>> = {
  ABORTED: "ExecutionsAborted",
  FAILED: "ExecutionsFailed",
  SUCCEEDED: "ExecutionsSucceeded",
  TIMED_OUT: "ExecutionsTimedOut",
};

/** Least memory and time that an EXPRESS execution is billed for ("Step Functions pricing"). */
const BILLED_MEGABYTES = 64;
const BILLED_MILLISECONDS = 100;

/** The operations on executions. Those that AWS refuses for EXPRESS are refused here in the same way. */
export function executionOperations(needs: ExecutionsNeeds): Record<string, Operation> {
  const { surroundings, ports, records, machineOf, trace } = needs;
  const { clock } = surroundings;

  function record(machine: Machine, name: string, value: number, unit: string): void {
    ports.metrics.record(machine.region, "AWS/States", name, { StateMachineArn: machine.arn }, value, unit);
  }

  function publish(execution: Execution): void {
    if (execution.machine.type === "STANDARD")
      ports.publishServiceEvent?.(execution.machine.region, statusChange(execution, clock.now()));
  }

  function start(input: Json): Json {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    const text = executionInput(input);
    const name = executionName(input);
    const arn = executionArn(machine, name);
    const existing = records.find(arn);
    if (existing?.status === "RUNNING" && existing.input === text)
      return { executionArn: arn, startDate: seconds(existing.started) };
    if (records.isNameTaken(arn))
      throw new ServiceError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
    const execution = begin(machine, arn, name, text, () => undefined);
    return { executionArn: arn, startDate: seconds(execution.started) };
  }

  function begin(machine: Machine, arn: string, name: string, input: string, onEnd: () => void): Execution {
    const execution: Execution = {
      ...{
        arn,
        name,
        machine,
        input,
        started: clock.now(),
        status: "RUNNING",
        eventCount: 0,
        redriveCount: 0,
      },
      ...(machine.type === "STANDARD" ? { events: [] } : {}),
      position: { state: machine.definition.startAt, input: JSON.parse(input) },
    };
    records.add(execution);
    record(machine, "ExecutionsStarted", 1, "Count");
    run(execution, onEnd);
    return execution;
  }

  function run(execution: Execution, onEnd: () => void): void {
    publish(execution);
    const traced = trace(execution);
    launch(execution, surroundings, executionLog(ports.log, execution), (ending) => {
      finish(execution, ending);
      traced?.(execution);
      onEnd();
    });
  }

  function finish(execution: Execution, ending: Ending): void {
    const { machine, redriveCount } = execution;
    const stopped = clock.now();
    Object.assign(execution, { ...ending, stopped });
    // Where it stands is of use for a redrive only.
    if (ending.status === "SUCCEEDED") execution.position = { state: "", input: null };
    records.finish(execution);
    record(machine, METRIC_OF[ending.status], 1, "Count");
    if (redriveCount > 0) record(machine, `Redriven${METRIC_OF[ending.status]}`, 1, "Count");
    record(machine, "ExecutionTime", stopped - (execution.redriven ?? execution.started), "Milliseconds");
    publish(execution);
  }

  async function startSync(input: Json): Promise<Json> {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    if (machine.type === "STANDARD") throw notSupported();
    const text = executionInput(input);
    const name = executionName(input);
    const execution = await new Promise<Execution>((done) => {
      const begun = begin(machine, executionArn(machine, name), name, text, () => done(begun));
    });
    const taken = (execution.stopped ?? 0) - execution.started;
    return {
      ...describe(execution),
      billingDetails: {
        billedMemoryUsedInMB: BILLED_MEGABYTES,
        billedDurationInMilliseconds:
          Math.max(1, Math.ceil(taken / BILLED_MILLISECONDS)) * BILLED_MILLISECONDS,
      },
    };
  }

  function standard(input: Json): Execution {
    const arn = requiredText(input, "executionArn");
    if (!arn.startsWith("arn:"))
      throw new ServiceError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
    if (arn.split(":")[5] === "express")
      throw new ServiceError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
    const execution = records.find(arn);
    if (!execution) throw new ServiceError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  function stop(input: Json): Json {
    const execution = standard(input);
    const error = optionalText(input, "error", 256);
    const cause = optionalText(input, "cause", 32_768);
    execution.end?.({
      status: "ABORTED",
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    return { stopDate: seconds(execution.stopped ?? 0) };
  }

  function redriveExecution(input: Json): Json {
    const execution = standard(input);
    const token = optionalText(input, "clientToken", 64);
    if (token !== undefined && token === execution.redriveToken && execution.redriven !== undefined)
      return { redriveDate: seconds(execution.redriven) };
    const { redriveStatus, redriveStatusReason } = redrivability(execution, clock.now());
    if (redriveStatus !== "REDRIVABLE")
      throw new ServiceError("ExecutionNotRedrivable", redriveStatusReason ?? "");
    const redriven = clock.now();
    for (const member of ["stopped", "output", "error", "cause"] as const) delete execution[member];
    execution.redriveCount += 1;
    Object.assign(
      execution,
      { status: "RUNNING", redriven },
      token === undefined ? {} : { redriveToken: token },
    );
    redrive(execution.position);
    records.resume(execution);
    record(execution.machine, "ExecutionsRedriven", 1, "Count");
    run(execution, () => undefined);
    return { redriveDate: seconds(redriven) };
  }

  function list(input: Json): Json {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    if (machine.type === "EXPRESS") throw notSupported();
    const filter = optionalText(input, "statusFilter", 20);
    const all = records.of(machine.arn).filter(({ status }) => filter === undefined || status === filter);
    const { items, ...rest } = page(all, input);
    return { executions: items.map(summary), ...rest };
  }

  function history(input: Json): Json {
    const events = standard(input).events ?? [];
    const { items, ...rest } = page(input.reverseOrder === true ? events.toReversed() : events, input);
    const answer = items.map(eventOf);
    return { events: input.includeExecutionData === false ? answer.map(withoutData) : answer, ...rest };
  }

  return {
    StartExecution: start,
    StartSyncExecution: startSync,
    StopExecution: stop,
    RedriveExecution: redriveExecution,
    DescribeExecution: (input) => {
      const execution = standard(input);
      return {
        ...describe(execution),
        ...redriveSummary(execution),
        ...redrivability(execution, clock.now()),
      };
    },
    DescribeStateMachineForExecution: (input) => {
      const { status: _, type: __, creationDate: ___, ...machine } = describeMachine(standard(input).machine);
      return { ...machine, updateDate: seconds(standard(input).machine.updated) };
    },
    ListExecutions: list,
    GetExecutionHistory: history,
  };
}

function notSupported(): ServiceError {
  return new ServiceError(
    "StateMachineTypeNotSupported",
    "This operation is not supported by this type of state machine",
  );
}

/** EXPRESS executions get an ARN of their own kind, and their names may repeat. */
function executionArn(machine: Machine, name: string): string {
  if (machine.type === "STANDARD") return `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
  return `${machine.arn.replace(":stateMachine:", ":express:")}:${name}:${randomUUID()}`;
}
