import type { Machine } from "./machines.ts";

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
  /** Events for GetExecutionHistory, oldest first, as far as they have happened. */
  history?: () => Promise<Record<string, unknown>[]>;
  /** Ends the execution; set while it runs. */
  abort?: () => void;
}

/** Finished STANDARD executions that can still be described and listed; older ones are forgotten. */
export const KEPT_EXECUTIONS = 10_000;
/** Of these the newest keep their history. */
const KEPT_HISTORIES = 1_000;
/** Execution names that cannot be used again; AWS keeps them for 90 days. */
const KEPT_NAMES = 200_000;

/** Executions of all regions, bounded in memory. EXPRESS ones are held only while they run, as in AWS. */
export class Records {
  readonly #running = new Map<string, Execution>();
  /** STANDARD executions, running or finished, in the order of their start. */
  readonly #standard = new Map<string, Execution>();
  readonly #finished: string[] = [];
  readonly #names = new Set<string>();

  add(execution: Execution): void {
    this.#running.set(execution.arn, execution);
    if (execution.machine.type === "EXPRESS") return;
    this.#standard.set(execution.arn, execution);
    this.#names.add(execution.arn);
    if (this.#names.size > KEPT_NAMES)
      for (const oldest of this.#names) return void this.#names.delete(oldest);
  }

  finish(execution: Execution): void {
    this.#running.delete(execution.arn);
    delete execution.abort;
    if (execution.machine.type === "EXPRESS") return;
    this.#finished.push(execution.arn);
    const old = this.#finished.at(-1 - KEPT_HISTORIES);
    const aged = old === undefined ? undefined : this.#standard.get(old);
    if (aged) delete aged.history;
    if (this.#finished.length > KEPT_EXECUTIONS) this.#standard.delete(this.#finished.shift() ?? "");
  }

  /** A STANDARD execution by its ARN. */
  find(arn: string): Execution | undefined {
    return this.#standard.get(arn);
  }

  isNameTaken(arn: string): boolean {
    return this.#names.has(arn);
  }

  /** STANDARD executions of a state machine, the newest first. */
  of(machineArn: string): Execution[] {
    return [...this.#standard.values()].filter((each) => each.machine.arn === machineArn).reverse();
  }

  running(region?: string): Execution[] {
    const all = [...this.#running.values()];
    return region === undefined ? all : all.filter((each) => each.machine.region === region);
  }

  countRunning(region?: string): number {
    return region === undefined ? this.#running.size : this.running(region).length;
  }
}
