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
  | { kind: "crash" };

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

const THROTTLING_CODE: Readonly<Record<string, string>> = {
  dynamodb: "ProvisionedThroughputExceededException",
  lambda: "TooManyRequestsException",
  sqs: "RequestThrottled",
};

/** The one fault hook: tests add faults, the dispatcher and the function service apply them. */
export class Faults {
  readonly #active: { fault: Fault; left: number; skip: number }[] = [];

  /** Adds a fault; the result removes it. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY, skip: fault.skip ?? 0 };
    this.#active.push(entry);
    return () => {
      const index = this.#active.indexOf(entry);
      if (index >= 0) this.#active.splice(index, 1);
    };
  }

  clear(): void {
    this.#active.length = 0;
  }

  /** Whether the function's process is to die at this point of an invocation; counts as one application. */
  crashes(site: FaultSite, when: "before" | "after"): boolean {
    return this.#take(site, when, (effect) => effect.kind === "crash").length > 0;
  }

  #take(site: FaultSite, when: "before" | "after", wanted: (effect: FaultEffect) => boolean): FaultEffect[] {
    if (this.#active.length === 0) return [];
    const effects: FaultEffect[] = [];
    for (const entry of this.#active) {
      if (entry.left <= 0 || entry.fault.when !== when) continue;
      if (!wanted(entry.fault.effect) || !matches(entry.fault, site)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      effects.push(entry.fault.effect);
    }
    return effects;
  }

  /** Applies what applies to a call: waits for delays, throws errors. Crashes are left to `crashes`. */
  async apply(site: FaultSite, when: "before" | "after", clock: Clock): Promise<void> {
    for (const effect of this.#take(site, when, (each) => each.kind !== "crash")) {
      if (effect.kind === "delay") await new Promise<void>((done) => clock.after(effect.milliseconds, done));
      if (effect.kind === "error")
        throw new ServiceError(effect.code, effect.message ?? "Injected fault", effect.status ?? 500);
      if (effect.kind === "throttle") {
        const code = THROTTLING_CODE[site.service] ?? "ThrottlingException";
        throw new ServiceError(code, "Rate exceeded (injected fault)", site.service === "lambda" ? 429 : 400);
      }
    }
  }
}

function matches(target: FaultTarget, site: FaultSite): boolean {
  return (
    (target.service === undefined || target.service === site.service) &&
    (target.operation === undefined || target.operation === site.operation) &&
    (target.region === undefined || target.region === site.region) &&
    (target.function === undefined || target.function === site.function)
  );
}
