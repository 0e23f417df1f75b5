import type { HistoryEvent } from "./history.ts";
import type { Machine } from "./machines.ts";
import type { Position } from "./run.ts";

export type Status = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** One execution. Times are milliseconds since the epoch; input and output are JSON text. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  readonly input: string;
  readonly started: number;
  status: Status;
  stopped?: number;
  output?: string;
  error?: string;
  cause?: string;
  /** How many events have happened. */
  eventCount: number;
  /** The events of a STANDARD execution, oldest first. */
  events?: HistoryEvent[];
  redriveCount: number;
  /** When it was last redriven, and with which token. */
  redriven?: number;
  redriveToken?: string;
  /** Where it stands; a redrive goes on from there. */
  position: Position;
  /** Ends the execution in this way; set while it runs. */
  end?: (ending: Ending) => void;
}

/** How an execution ended. */
export interface Ending {
  readonly status: Exclude<Status, "RUNNING">;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Finished STANDARD executions that can still be described and listed; older ones are forgotten. */
export const KEPT_EXECUTIONS = 10_000;
/** Of these the newest keep their history. */
const KEPT_HISTORIES = 1_000;
/** Execution names that cannot be used again. */
const KEPT_NAMES = 200_000;
/** How long an execution can be described and its name not be used again after it has ended: 90 days. */
const RETENTION = 90 * 86_400_000;

/** Executions of all regions, bounded in memory. EXPRESS ones are held only while they run, as in AWS. */
export class Records {
  readonly #running = new Map<string, Execution>();
  /** STANDARD executions, running or finished, in the order of their start. */
  readonly #standard = new Map<string, Execution>();
  readonly #finished: string[] = [];
  /** When the execution of a name ended; infinitely late while it runs. */
  readonly #names = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds an execution that starts. */
  add(execution: Execution): void {
    this.#running.set(execution.arn, execution);
    if (execution.machine.type === "EXPRESS") return;
    this.#standard.set(execution.arn, execution);
    this.#names.set(execution.arn, Number.POSITIVE_INFINITY);
    if (this.#names.size > KEPT_NAMES)
      for (const oldest of this.#names.keys()) return void this.#names.delete(oldest);
  }

  /** A finished execution runs again. */
  resume(execution: Execution): void {
    const index = this.#finished.indexOf(execution.arn);
    if (index >= 0) this.#finished.splice(index, 1);
    this.#running.set(execution.arn, execution);
    this.#names.set(execution.arn, Number.POSITIVE_INFINITY);
  }

  /** Notes that an execution has ended. */
  finish(execution: Execution): void {
    this.#running.delete(execution.arn);
    delete execution.end;
    if (execution.machine.type === "EXPRESS") return;
    this.#names.set(execution.arn, this.#now());
    this.#finished.push(execution.arn);
    const old = this.#finished.at(-1 - KEPT_HISTORIES);
    const aged = old === undefined ? undefined : this.#standard.get(old);
    if (aged) delete aged.events;
    if (this.#finished.length > KEPT_EXECUTIONS) this.#standard.delete(this.#finished.shift() ?? "");
  }

  /** A STANDARD execution by its ARN. */
  find(arn: string): Execution | undefined {
    const execution = this.#standard.get(arn);
    const isForgotten = execution?.stopped !== undefined && this.#isOld(execution.stopped);
    return isForgotten ? undefined : execution;
  }

  isNameTaken(arn: string): boolean {
    const ended = this.#names.get(arn);
    return ended !== undefined && !this.#isOld(ended);
  }

  /** STANDARD executions of a state machine, the newest first. */
  of(machineArn: string): Execution[] {
    return [...this.#standard.values()]
      .filter(({ machine, stopped }) => machine.arn === machineArn && !this.#isOld(stopped ?? this.#now()))
      .reverse();
  }

  running(region?: string): Execution[] {
    const all = [...this.#running.values()];
    return region === undefined ? all : all.filter((each) => each.machine.region === region);
  }

  countRunning(region?: string): number {
    return region === undefined ? this.#running.size : this.running(region).length;
  }

  #isOld(ended: number): boolean {
    return this.#now() - ended >= RETENTION;
  }
}
