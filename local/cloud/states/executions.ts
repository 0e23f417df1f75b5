import { randomUUID } from "node:crypto";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type Ending, launch } from "./launch.ts";
import { logEnding, logStart } from "./logging.ts";
import type { Machine } from "./machines.ts";
import type { LogPort, MetricsPort } from "./ports.ts";
import type { Execution, Records, Status } from "./records.ts";
import { executionInput, executionName, page, requiredText, seconds } from "./requests.ts";

export interface ExecutionsNeeds {
  readonly surroundings: Surroundings;
  readonly ports: { readonly metrics: MetricsPort; readonly log: LogPort };
  readonly records: Records;
  readonly machineOf: (arn: string) => Machine;
}

const METRIC_OF: Readonly<Record<Exclude<Status, "RUNNING">, string>> = {
  ABORTED: "ExecutionsAborted",
  FAILED: "ExecutionsFailed",
  SUCCEEDED: "ExecutionsSucceeded",
  TIMED_OUT: "ExecutionsTimedOut",
};

/** The operations on executions. Those that AWS refuses for EXPRESS are refused here in the same way. */
export function executionOperations(needs: ExecutionsNeeds): Record<string, Operation> {
  const { surroundings, ports, records, machineOf } = needs;

  function record(machine: Machine, name: string, value: number, unit: string): void {
    ports.metrics.record(machine.region, "AWS/States", name, { StateMachineArn: machine.arn }, value, unit);
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
    const started = surroundings.clock.now();
    const execution: Execution = { arn, name, machine, input: text, started, status: "RUNNING" };
    records.add(execution);
    record(machine, "ExecutionsStarted", 1, "Count");
    logStart(ports.log, execution);
    launch(execution, surroundings, (ending) => finish(execution, ending));
    return { executionArn: arn, startDate: seconds(started) };
  }

  function finish(execution: Execution, ending: Ending): void {
    const stopped = surroundings.clock.now();
    // StopExecution may already have said why.
    Object.assign(execution, { ...ending, stopped });
    records.finish(execution);
    record(execution.machine, METRIC_OF[ending.status as keyof typeof METRIC_OF], 1, "Count");
    record(execution.machine, "ExecutionTime", stopped - execution.started, "Milliseconds");
    logEnding(ports.log, execution);
  }

  function standard(input: Json): Execution {
    const arn = requiredText(input, "executionArn");
    if (arn.split(":")[5] === "express")
      throw new ServiceError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
    const execution = records.find(arn);
    if (!execution) throw new ServiceError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  async function stop(input: Json): Promise<Json> {
    const execution = standard(input);
    if (execution.status === "RUNNING") {
      if (typeof input.error === "string") execution.error = input.error;
      if (typeof input.cause === "string") execution.cause = input.cause;
      execution.abort?.();
      while (execution.stopped === undefined) await new Promise((done) => setImmediate(done));
    }
    return { stopDate: seconds(execution.stopped ?? 0) };
  }

  function list(input: Json): Json {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    if (machine.type === "EXPRESS")
      throw new ServiceError(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
      );
    const filter = input.statusFilter;
    const all = records.of(machine.arn).filter((each) => filter === undefined || each.status === filter);
    const { items, ...rest } = page(all, input);
    return { executions: items.map(summary), ...rest };
  }

  async function history(input: Json): Promise<Json> {
    const events = (await standard(input).history?.()) ?? [];
    const { items, ...rest } = page(input.reverseOrder === true ? events.reverse() : events, input);
    return { events: items, ...rest };
  }

  return {
    StartExecution: start,
    StopExecution: stop,
    DescribeExecution: (input) => describe(standard(input)),
    ListExecutions: list,
    GetExecutionHistory: history,
  };
}

/** EXPRESS executions get an ARN of their own kind, and their names may repeat. */
function executionArn(machine: Machine, name: string): string {
  if (machine.type === "STANDARD") return `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
  return `${machine.arn.replace(":stateMachine:", ":express:")}:${name}:${randomUUID()}`;
}

function summary(execution: Execution): Json {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machine.arn,
    name: execution.name,
    status: execution.status,
    startDate: seconds(execution.started),
    ...(execution.stopped === undefined ? {} : { stopDate: seconds(execution.stopped) }),
  };
}

function describe(execution: Execution): Json {
  const { output, error, cause } = execution;
  const ending = Object.entries({ output, error, cause }).filter(([, value]) => value !== undefined);
  return {
    ...summary(execution),
    input: execution.input,
    inputDetails: { included: true },
    ...Object.fromEntries(ending),
  };
}
