import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout } from "node:timers";
import type { Disturbance } from "./plan.ts";

const CHANNEL = "child_process";
const RUNTIME = /runtime-client\.mjs$/;

/** The processes of this one's local cloud that run functions. */
export class FunctionProcesses {
  readonly #started = new Set<ChildProcess>();
  readonly #paused = new Set<ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  killed = 0;
  paused = 0;

  constructor() {
    subscribe(CHANNEL, this.#note);
  }

  /** Kills and pauses processes when it is time. */
  disturb(disturbances: readonly Disturbance[]): void {
    for (const disturbance of disturbances) this.#later(disturbance.after, () => this.#apply(disturbance));
  }

  /** Does nothing that was not done yet, and lets go on what is paused. */
  calm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const process of this.#paused) process.kill("SIGCONT");
    this.#paused.clear();
  }

  close(): void {
    this.calm();
    unsubscribe(CHANNEL, this.#note);
  }

  readonly #note = (message: unknown): void => {
    const { process } = message as { process: ChildProcess };
    this.#started.add(process);
    process.once("exit", () => {
      this.#started.delete(process);
      this.#paused.delete(process);
    });
  };

  #apply({ pause, which }: Disturbance): void {
    const running = [...this.#started].filter(({ spawnargs }) =>
      spawnargs?.some((each) => RUNTIME.test(each)),
    );
    const process = running[Math.floor(which * running.length)];
    if (!process) return;
    if (pause === "killed") {
      this.killed += 1;
      process.kill("SIGKILL");
      return;
    }
    this.paused += 1;
    this.#paused.add(process);
    process.kill("SIGSTOP");
    this.#later(pause, () => {
      process.kill("SIGCONT");
      this.#paused.delete(process);
    });
  }

  #later(milliseconds: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
