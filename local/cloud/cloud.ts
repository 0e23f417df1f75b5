import { SYSTEM_CLOCK } from "./clock.ts";
import { EndingClock } from "./ending-clock.ts";
import { Faults } from "./faults.ts";
import type { Authorizer, Call, Clock, Json, Service, Surroundings } from "./service.ts";
import { ServiceError } from "./service.ts";

/** The account that everything local lives in. */
export const LOCAL_ACCOUNT = "000000000000";

/** The principal of whoever looks at a running system or changes its parameters. */
export const OPERATOR = `arn:aws:iam::${LOCAL_ACCOUNT}:role/operator`;

export interface CloudOptions {
  clock?: Clock;
  random?: () => number;
}

/**
 * The services of the local cloud behind one dispatcher. Every call, over the wire or between services, comes
 * through `call`, so that faults, permissions and refusals are the same for all.
 */
export class Cloud {
  readonly faults = new Faults();
  readonly surroundings: Surroundings;
  /** Decides about every call; everything is permitted until it is set. */
  authorize: Authorizer = () => {};
  readonly #services = new Map<string, Service>();
  readonly #clock: EndingClock;

  constructor(options: CloudOptions = {}) {
    this.#clock = new EndingClock(options.clock ?? SYSTEM_CLOCK);
    this.surroundings = {
      account: LOCAL_ACCOUNT,
      clock: this.#clock,
      random: options.random ?? Math.random,
      faults: this.faults,
      call: (service, operation, input, from) => this.call({ service, operation, ...from }, input),
    };
  }

  /** Adds a service and gives it back. */
  add<S extends Service>(make: (surroundings: Surroundings) => S): S {
    const service = make(this.surroundings);
    this.#services.set(service.name, service);
    return service;
  }

  get services(): ReadonlyMap<string, Service> {
    return this.#services;
  }

  /**
   * Carries out one operation. Throws ServiceError: `UnknownServiceException` or `UnknownOperationException`
   * name what is not carried out here; everything else is the service's own error.
   */
  async call(sent: Call, input: Json): Promise<Json> {
    const service = this.#services.get(sent.service);
    const call = service?.regionOf ? { ...sent, region: service.regionOf(sent, input) } : sent;
    if (!service)
      throw new ServiceError(
        "UnknownServiceException",
        `The local cloud has no service "${call.service}"; it has: ${[...this.#services.keys()].join(", ")}`,
      );
    const operation = Object.hasOwn(service.operations, call.operation)
      ? service.operations[call.operation]
      : undefined;
    if (!operation)
      throw new ServiceError(
        "UnknownOperationException",
        `The local cloud does not carry out ${call.service}:${call.operation}; ` +
          `of ${call.service} it carries out: ${Object.keys(service.operations).join(", ")}`,
      );
    this.faults.requireRegions(call);
    this.authorize(call, input);
    const site = { ...call, ...functionOf(call, input) };
    await this.faults.apply(site, "before", this.surroundings.clock);
    const result = (await operation(input, call)) ?? {};
    await this.faults.apply(site, "after", this.surroundings.clock);
    return result;
  }

  /** Closes every service, the last added first, and ends what they wait for. */
  async close(): Promise<void> {
    for (const service of [...this.#services.values()].reverse()) await service.close?.();
    this.#clock.end();
  }
}

/** The function that an invocation is for: the name, from a name or an ARN with or without a qualifier. */
function functionOf(call: Call, input: Json): { function?: string } {
  if (call.service !== "lambda" || typeof input.FunctionName !== "string") return {};
  const parts = input.FunctionName.split(":");
  return { function: (parts.length >= 7 ? parts[6] : parts[0]) ?? "" };
}
