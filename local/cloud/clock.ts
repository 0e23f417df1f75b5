import type { Clock } from "./service.ts";

/** The longest that a timer of Node can run; a longer one would fire at once. */
const LONGEST_TIMER = 2_147_483_647;

/** Wall-clock time. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(milliseconds, task) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer =
        left <= LONGEST_TIMER
          ? setTimeout(task, left)
          : setTimeout(() => wait(left - LONGEST_TIMER), LONGEST_TIMER);
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
  hold: () => () => {},
  wait: () => () => {},
};

export interface DrivenClockOptions {
  /** Where it starts, in milliseconds since the epoch. */
  start?: number;
  /** How long real work may hold time back before it is taken for waiting on the clock, in real milliseconds. */
  patience?: number;
}

export interface RunOptions {
  /** How far time may go at most, in milliseconds. Default: a day. */
  limit?: number;
}

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

const DAY = 86_400_000;
/** Turns of the event loop in which real work may end before it is waited for in milliseconds. */
const QUICK_POLLS = 1_000;

/**
 * A clock that stands still until it is driven: retries, retention, alarms and delays then take no real time. Timers
 * run in the order in which they fall due, and what follows from each happens before the next. While real work holds
 * it (a function's process, a table), time waits for the work.
 */
export class DrivenClock implements Clock {
  readonly #patience: number;
  #now: number;
  #timers: Timer[] = [];
  #holds = 0;
  #waits = 0;
  /** Counts everything that happens, so that a standstill can be told from slow work. */
  #activity = 0;

  constructor({ start = Date.UTC(2026, 0, 5, 14, 30), patience = 2_000 }: DrivenClockOptions = {}) {
    this.#now = start;
    this.#patience = patience;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, milliseconds), task };
    // Behind those that are due at the same time, so that they run in the order in which they were set.
    const place = this.#timers.findLastIndex(({ due }) => due <= timer.due) + 1;
    this.#timers.splice(place, 0, timer);
    this.#activity += 1;
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  hold(): () => void {
    return this.#counted(1, 0);
  }

  wait(): () => void {
    return this.#counted(0, 1);
  }

  /** Timers that have not fallen due. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets this much time pass, running what falls due on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.settle();
    while (this.#next(end)) await this.settle();
    this.#now = end;
  }

  /** The same, without waiting for what follows from the timers that fall due. */
  skip(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#next(end));
    this.#now = end;
  }

  /**
   * As a machine that sleeps and wakes up: what falls due meanwhile runs once, at the end, in its order. For long times
   * of which nothing matters.
   */
  async leap(milliseconds: number): Promise<void> {
    await this.settle();
    this.#now += milliseconds;
    await this.advance(0);
  }

  /** Goes to the next timer and runs it; false if there is none. */
  async step(): Promise<boolean> {
    await this.settle();
    const ran = this.#next(Number.POSITIVE_INFINITY);
    await this.settle();
    return ran;
  }

  /** Lets time pass until the condition holds. Throws if it does not within the limit, or if nothing is left to wait for. */
  async runUntil(condition: () => boolean, { limit = DAY }: RunOptions = {}): Promise<void> {
    const end = this.#now + limit;
    for (;;) {
      await this.settle();
      if (condition()) return;
      if (!this.#next(end))
        throw new Error(
          this.#timers.length === 0
            ? "Nothing is left to wait for, and the condition does not hold"
            : `The condition does not hold after ${limit} ms`,
        );
    }
  }

  /** Lets everything happen that happens at this time. */
  async settle(): Promise<void> {
    let seen: number;
    do {
      seen = this.#activity;
      await turns();
      await this.#unheld();
      // What the work has led to may itself have begun work.
    } while (this.#activity !== seen);
  }

  /** Waits for real work. */
  async #unheld(): Promise<void> {
    let seen = this.#activity;
    let since = performance.now();
    for (let polls = 0; this.#holds > this.#waits; polls += 1) {
      // A table answers within a few turns of the event loop, and a real timer would take longer; a process does not.
      await (polls < QUICK_POLLS ? turn() : new Promise((done) => setTimeout(done, 1)));
      if (this.#activity !== seen) {
        seen = this.#activity;
        since = performance.now();
      } else if (performance.now() - since > this.#patience) break;
    }
  }

  #next(end: number): boolean {
    const [timer] = this.#timers;
    if (!timer || timer.due > end) return false;
    this.#timers.shift();
    this.#now = Math.max(this.#now, timer.due);
    this.#activity += 1;
    timer.task();
    return true;
  }

  #counted(holds: number, waits: number): () => void {
    const add = (sign: number) => {
      this.#holds += sign * holds;
      this.#waits += sign * waits;
      this.#activity += 1;
    };
    add(1);
    let isOver = false;
    return () => {
      if (!isOver) add(-1);
      isOver = true;
    };
  }
}

function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** Several turns of the event loop, for chains of promises and immediates. */
async function turns(): Promise<void> {
  for (let count = 0; count < 4; count += 1) await turn();
}
