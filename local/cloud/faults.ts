import type { Call, Clock } from "./service.ts";
import { ServiceError } from "./service.ts";

/** Which calls a fault applies to; what is left out matches everything. */
export interface FaultTarget {
  service?: string;
  operation?: string;
  region?: string;
  /** Function name; only invocations of it match. */
  function?: string;
}

export type FaultEffect =
  /** The call fails with this error code. */
  | { kind: "error"; code: string; message?: string; status?: number }
  /** The call fails as the service throttles. */
  | { kind: "throttle" }
  /** The call takes this much longer. */
  | { kind: "delay"; milliseconds: number }
  /** The function's process dies; for invocations only. */
  | { kind: "crash" }
  /** The fault's region is lost: nothing in it answers or works until the fault is removed. */
  | { kind: "outage" };

export interface Fault extends FaultTarget {
  effect: FaultEffect;
  /** Before the effect of the call (nothing happened), or after it (it happened, but the caller does not know). */
  when: "before" | "after";
  /** How often it applies; unlimited if left out. */
  times?: number;
  /** Calls that it lets pass first. */
  skip?: number;
}

/** A call as faults see it: for `lambda` `Invoke`, `function` is the function's name. */
export type FaultSite = Call & { function?: string };

/** A fault that was added and not removed, with what it has done. */
export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  readonly applied: number;
}

/** What happens to faults, for the log. */
export type FaultReport =
  | { event: "added" | "removed"; active: ActiveFault }
  | { event: "applied"; active: ActiveFault; site: FaultSite };

const THROTTLING_CODE: Readonly<Record<string, string>> = {
  dynamodb: "ProvisionedThroughputExceededException",
  lambda: "TooManyRequestsException",
  sqs: "RequestThrottled",
};

interface Entry {
  readonly id: string;
  readonly fault: Fault;
  applied: number;
  skip: number;
}

/** The one fault hook: tests and commands add faults, the dispatcher and the function service apply them. */
export class Faults {
  /** Told of every fault that is added, applied or removed. */
  onReport: (report: FaultReport) => void = () => {};
  readonly #entries = new Map<string, Entry>();
  #waiting: { region: string; done: () => void }[] = [];
  #count = 0;

  /** Adds a fault; the result removes it. */
  add(fault: Fault): () => void {
    const { id } = this.start(fault);
    return () => void this.remove(id);
  }

  /** Adds a fault under an id of its own. */
  start(fault: Fault): ActiveFault {
    this.#count += 1;
    const entry: Entry = { id: `fault-${this.#count}`, fault, applied: 0, skip: fault.skip ?? 0 };
    this.#entries.set(entry.id, entry);
    this.onReport({ event: "added", active: entry });
    return entry;
  }

  /** Removes a fault; false if there is none of that id. */
  remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    this.#entries.delete(id);
    this.onReport({ event: "removed", active: entry });
    this.#release();
    return true;
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }

  /** Faults that were added and not removed, also those that have applied as often as they may. */
  list(): ActiveFault[] {
    return [...this.#entries.values()].map(({ id, fault, applied }) => ({ id, fault, applied }));
  }

  /** Makes a whole region unreachable; the result brings it back. */
  loseRegion(region: string): () => void {
    return this.add({ region, effect: { kind: "outage" }, when: "before" });
  }

  isLost(region: string): boolean {
    for (const { fault } of this.#entries.values())
      if (fault.effect.kind === "outage" && fault.region === region) return true;
    return false;
  }

  /** Resolves once the region is not lost any more; for work of that region, which stands still meanwhile. */
  whileLost(region: string): Promise<void> {
    if (!this.isLost(region)) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ region, done }));
  }

  /** Throws if a lost region is called, or called from. */
  requireRegions({
    region,
    sourceArn,
    sourceFunctionArn,
  }: Pick<Call, "region" | "sourceArn" | "sourceFunctionArn">): void {
    if (this.#entries.size === 0) return;
    const homes = [sourceArn, sourceFunctionArn].map((arn) => arn?.split(":", 4)[3] ?? "");
    const lost = [region, ...homes].find((each) => this.isLost(each));
    if (lost !== undefined)
      throw new ServiceError("ServiceUnavailable", `Region ${lost} is lost (injected fault)`, 503);
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ region }) => this.isLost(region));
    for (const { region, done } of waiting) if (!this.isLost(region)) done();
  }

  /** Whether the function's process is to die at this point of an invocation; counts as one application. */
  crashes(site: FaultSite, when: "before" | "after"): boolean {
    return this.#take(site, when, (effect) => effect.kind === "crash").length > 0;
  }

  #take(site: FaultSite, when: "before" | "after", wanted: (effect: FaultEffect) => boolean): FaultEffect[] {
    if (this.#entries.size === 0) return [];
    const effects: FaultEffect[] = [];
    for (const entry of this.#entries.values()) {
      const { fault } = entry;
      if (entry.applied >= (fault.times ?? Number.POSITIVE_INFINITY) || fault.when !== when) continue;
      if (!wanted(fault.effect) || !matches(fault, site)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.applied += 1;
      this.onReport({ event: "applied", active: entry, site });
      effects.push(fault.effect);
    }
    return effects;
  }

  /** Applies what applies to a call: waits for delays, throws errors. Crashes are left to `crashes`, lost regions to `requireRegions`. */
  async apply(site: FaultSite, when: "before" | "after", clock: Clock): Promise<void> {
    for (const effect of this.#take(site, when, ({ kind }) => kind !== "crash" && kind !== "outage")) {
      if (effect.kind === "delay") await pause(effect.milliseconds, clock);
      if (effect.kind === "error")
        throw new ServiceError(effect.code, effect.message ?? "Injected fault", effect.status ?? 500);
      if (effect.kind === "throttle") {
        const code = THROTTLING_CODE[site.service] ?? "ThrottlingException";
        throw new ServiceError(code, "Rate exceeded (injected fault)", site.service === "lambda" ? 429 : 400);
      }
    }
  }
}

async function pause(milliseconds: number, clock: Clock): Promise<void> {
  const resume = clock.wait();
  await new Promise<void>((done) => clock.after(milliseconds, done));
  resume();
}

function matches(target: FaultTarget, site: FaultSite): boolean {
  return (
    (target.service === undefined || target.service === site.service) &&
    (target.operation === undefined || target.operation === site.operation) &&
    (target.region === undefined || target.region === site.region) &&
    (target.function === undefined || target.function === site.function)
  );
}
