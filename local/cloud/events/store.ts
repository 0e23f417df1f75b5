import { ServiceError } from "../service.ts";
import type { Bus, Rule } from "./model.ts";

/** The buses of all regions; each region has its default bus from the start. */
export class BusStore {
  readonly #account: string;
  readonly #now: () => number;
  readonly #regions = new Map<string, Map<string, Bus>>();

  constructor(account: string, now: () => number) {
    this.#account = account;
    this.#now = now;
  }

  /** The buses of a region by name. */
  of(region: string): Map<string, Bus> {
    let buses = this.#regions.get(region);
    if (!buses) {
      buses = new Map([["default", this.make(region, "default", {})]]);
      this.#regions.set(region, buses);
    }
    return buses;
  }

  make(region: string, name: string, given: Record<string, unknown>): Bus {
    const arn = `arn:aws:events:${region}:${this.#account}:event-bus/${name}`;
    return { name, arn, region, given, rules: new Map(), archives: new Map(), created: this.#now() };
  }

  /** The bus that a name or ARN means; the default bus if there is neither. Undefined if it does not exist. */
  find(region: string, nameOrArn: unknown): Bus | undefined {
    const given = nameOrArn ?? "default";
    if (typeof given !== "string") return undefined;
    if (!given.startsWith("arn:")) return this.of(region).get(given);
    const bus = this.of(region).get(given.split(":event-bus/")[1] ?? "");
    return bus?.arn === given ? bus : undefined;
  }

  /** The same; throws ResourceNotFoundException. */
  get(region: string, nameOrArn: unknown): Bus {
    const bus = this.find(region, nameOrArn);
    if (!bus) throw notFound(`Event bus ${String(nameOrArn)} does not exist.`);
    return bus;
  }

  rule(region: string, nameOrArn: unknown, name: string): Rule {
    const bus = this.get(region, nameOrArn);
    const rule = bus.rules.get(name);
    if (!rule) throw notFound(`Rule ${name} does not exist on EventBus ${bus.name}.`);
    return rule;
  }
}

export function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}
