import { ServiceError } from "../service.ts";
import type { Archive } from "./archive.ts";
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

  /** The buses of every region. */
  all(): Bus[] {
    return [...this.#regions.values()].flatMap((buses) => [...buses.values()]);
  }

  make(region: string, name: string, given: Record<string, unknown>): Bus {
    const arn = `arn:aws:events:${region}:${this.#account}:event-bus/${name}`;
    const created = this.#now();
    return {
      ...{ name, arn, region, given, created, modified: created },
      ...{ rules: new Map(), archives: new Map(), policy: undefined },
      ...{ acceptedEvents: 0, forwardedEvents: 0, taken: new Map() },
    };
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

  /** The archives of a region, of all its buses. */
  archives(region: string): Archive[] {
    return [...this.of(region).values()].flatMap(({ archives }) => [...archives.values()]);
  }

  archive(region: string, nameOrArn: string): Archive {
    const archive = this.archives(region).find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
    if (!archive) throw notFound(`Archive ${nameOrArn.split("/").at(-1)} does not exist.`);
    return archive;
  }

  /** The customer key of a bus or an archive. */
  encryptionKey(arn: string): string | undefined {
    const region = arn.split(":")[3] ?? "";
    const archive = this.archives(region).find((each) => each.arn === arn);
    const key = archive?.settings.kmsKeyIdentifier ?? this.find(region, arn)?.given.KmsKeyIdentifier;
    return typeof key === "string" && key !== "" ? key : undefined;
  }

  /** Whether an ARN is that of a bus or a rule: what can have tags. */
  hasTaggable(region: string, arn: string): boolean {
    return [...this.of(region).values()].some(
      (bus) => bus.arn === arn || [...bus.rules.values()].some((rule) => rule.arn === arn),
    );
  }
}

export function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}
