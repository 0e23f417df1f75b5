import { Input } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { Copies, type EventReplication } from "./endpoint-copies.ts";
import { ROUTING_DELAY_MILLISECONDS, Routing } from "./endpoint-routing.ts";
import {
  describeSettings,
  type EndpointSettings,
  endpointIdOf,
  endpointUrlOf,
  healthCheckId,
  readEndpoint,
  type SettingsNeeds,
} from "./endpoint-settings.ts";
import type { BusEvent, Rule } from "./model.ts";
import { page } from "./page.ts";
import { type BusStore, notFound } from "./store.ts";

/** Route 53 as global endpoints need it. */
export interface HealthPort {
  /** Undefined if there is no health check of this id. */
  isHealthy(id: string): boolean | undefined;
  onChange(listener: (report: { id: string; isHealthy: boolean; isByHand: boolean }) => void): () => void;
}

/** A global endpoint. */
export interface GlobalEndpoint {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly region: string;
  readonly created: number;
  readonly routing: Routing;
  settings: EndpointSettings;
  modified: number;
}

/** What can be seen and steered of global endpoints besides the API. */
export interface GlobalEndpointControl {
  /** The region that an endpoint leads to now; undefined if there is none of that id. */
  activeRegion(endpointId: string): string | undefined;
  /** How long producers go on reaching the former region from the next change of health on. Default: 60 s. */
  setRoutingDelay(milliseconds?: number): void;
  readonly replication: EventReplication;
}

export interface GlobalEndpointNeeds {
  readonly store: BusStore;
  readonly surroundings: Surroundings;
  readonly health: HealthPort;
  /** Told of an endpoint's copy that the other bus refused for good, under the name of the managed rule. */
  readonly onRefused: (rule: Pick<Rule, "name" | "bus" | "region">) => void;
}

/**
 * Global endpoints: PutEvents with EndpointId goes to the bus of the primary region while its health check is healthy,
 * else to that of the secondary one, and with replication also to the other. The managed rules that replicate on AWS are
 * not made, and their permissions not asked for. (EventBridge User Guide, "Making applications Regional-fault tolerant
 * with global endpoints and event replication".)
 */
export class GlobalEndpoints implements GlobalEndpointControl {
  readonly replication: Copies;
  readonly #needs: GlobalEndpointNeeds;
  readonly #regions = new RegionState(() => new Map<string, GlobalEndpoint>());
  readonly #byId = new Map<string, GlobalEndpoint>();
  readonly #stopListening: () => void;
  #routingDelay = ROUTING_DELAY_MILLISECONDS;

  constructor(needs: GlobalEndpointNeeds) {
    this.#needs = needs;
    this.replication = new Copies(needs.surroundings, ({ endpointArn, from }) => {
      const [, name = ""] = endpointArn.split(":endpoint/");
      const bus = this.#byId.get(endpointIdOf(endpointArn))?.settings.busName ?? "";
      needs.onRefused({ name: `GlobalEndpointManagedRule-${name}`, bus, region: from });
    });
    this.#stopListening = needs.health.onChange(({ id, isHealthy, isByHand }) => {
      for (const { settings, routing } of this.#byId.values())
        if (healthCheckId(settings.healthCheck) === id)
          routing.follow(isHealthy, { isReplicated: settings.isReplicated, isByHand });
    });
  }

  /** The endpoint that PutEvents names; undefined if it names none. Throws ResourceNotFoundException. */
  named(id: unknown): GlobalEndpoint | undefined {
    if (id === undefined || id === null) return undefined;
    const endpoint = this.#byId.get(String(id));
    if (!endpoint) throw notFound(`Endpoint with id ${String(id)} does not exist.`);
    return endpoint;
  }

  activeRegion(id: string): string | undefined {
    const endpoint = this.#byId.get(id);
    return endpoint && activeRegionOf(endpoint);
  }

  setRoutingDelay(milliseconds = ROUTING_DELAY_MILLISECONDS): void {
    if (!(milliseconds >= 0))
      throw new RangeError(`routing delay is ${milliseconds}; allowed is a number of milliseconds from 0`);
    this.#routingDelay = milliseconds;
  }

  /**
   * An entry as the endpoint puts it: the endpoint is among its resources ("Replicated event payload"). Throws
   * ValidationException if it is for another bus.
   */
  entryOf({ arn, settings }: GlobalEndpoint, entry: Json): Json {
    const { busName } = settings;
    if (entry.EventBusName !== busName)
      throw new Input(entry).refuse(
        "EventBusName",
        entry.EventBusName,
        `The endpoint's event buses are ${busName}`,
      );
    const resources = entry.Resources ?? [];
    return Array.isArray(resources) ? { ...entry, Resources: [...resources, arn] } : entry;
  }

  /** Sends an event that was put in a region on its way to the other one, if the endpoint replicates. */
  replicate(endpoint: GlobalEndpoint, event: BusEvent, from: string): void {
    const { isReplicated, busArns } = endpoint.settings;
    if (!isReplicated) return;
    const busArn = from === endpoint.region ? busArns[1] : busArns[0];
    const roleArn = () => endpoint.settings.roleArn;
    this.replication.add({ event, from, busArn, endpointArn: endpoint.arn, roleArn });
  }

  close(): void {
    this.#stopListening();
    this.replication.close();
    for (const { routing } of this.#byId.values()) routing.close();
  }

  get operations(): Record<string, Operation> {
    const homeOf = (json: Json, region: string) => new Input(json).optionalText("HomeRegion") ?? region;
    return {
      CreateEndpoint: (json, { region }) => answer(this.#create(json, region)),
      UpdateEndpoint: (json, { region }) => this.#update(json, region),
      DescribeEndpoint: (json, { region }) => {
        const input = new Input(json).only(["Name", "HomeRegion"]);
        return describe(this.#find(homeOf(json, region), input.text("Name")));
      },
      ListEndpoints: (json, { region }) => {
        const input = new Input(json).only(["NamePrefix", "HomeRegion", "NextToken", "MaxResults"]);
        const prefix = input.optionalText("NamePrefix") ?? "";
        const all = [...this.#regions.of(homeOf(json, region)).values()];
        const found = all.filter(({ name }) => name.startsWith(prefix)).map(describe);
        return page("Endpoints", found, new Input({ ...json, Limit: json.MaxResults }));
      },
      DeleteEndpoint: (json, { region }) => {
        const endpoint = this.#find(region, new Input(json).only(["Name"]).text("Name"));
        endpoint.routing.close();
        this.#regions.of(region).delete(endpoint.name);
        this.#byId.delete(endpoint.id);
      },
    };
  }

  get #settingsNeeds(): SettingsNeeds {
    const { store, health } = this.#needs;
    return { store, hasHealthCheck: (id) => health.isHealthy(id) !== undefined };
  }

  #create(json: Json, region: string): GlobalEndpoint {
    const name = new Input(json).text("Name", { minimum: 1, maximum: 64, pattern: /^[.\-_A-Za-z0-9]+$/ });
    if (this.#regions.of(region).has(name))
      throw new ServiceError("ResourceAlreadyExistsException", `Endpoint ${name} already exists.`);
    const { account, clock } = this.#needs.surroundings;
    const arn = `arn:aws:events:${region}:${account}:endpoint/${name}`;
    const now = clock.now();
    const endpoint: GlobalEndpoint = {
      ...{ name, arn, region, id: endpointIdOf(arn), created: now, modified: now },
      settings: readEndpoint(json, region, this.#settingsNeeds),
      routing: new Routing({ clock, delayMilliseconds: () => this.#routingDelay }),
    };
    this.#regions.of(region).set(name, endpoint);
    this.#byId.set(endpoint.id, endpoint);
    this.#follow(endpoint);
    return endpoint;
  }

  #update(json: Json, region: string): Json {
    const endpoint = this.#find(region, new Input(json).text("Name"));
    endpoint.settings = readEndpoint(json, region, this.#settingsNeeds, endpoint.settings);
    endpoint.modified = this.#needs.surroundings.clock.now();
    this.#follow(endpoint);
    return { ...answer(endpoint), EndpointId: endpoint.id, EndpointUrl: endpointUrlOf(endpoint.id) };
  }

  /** What its health check says now; one that is gone says nothing. */
  #follow({ settings, routing }: GlobalEndpoint): void {
    const isHealthy = this.#needs.health.isHealthy(healthCheckId(settings.healthCheck));
    const { isReplicated } = settings;
    if (isHealthy !== undefined) routing.follow(isHealthy, { isReplicated, isByHand: false });
  }

  #find(region: string, name: string): GlobalEndpoint {
    const endpoint = this.#regions.of(region).get(name);
    if (!endpoint) throw notFound(`Endpoint ${name} does not exist.`);
    return endpoint;
  }
}

function activeRegionOf({ routing, region, settings }: GlobalEndpoint): string {
  return routing.isPrimary ? region : settings.secondaryRegion;
}

function answer({ name, arn, settings }: GlobalEndpoint): Json {
  return { Name: name, Arn: arn, ...describeSettings(settings), State: "ACTIVE" };
}

function describe(endpoint: GlobalEndpoint): Json {
  return {
    ...answer(endpoint),
    ...{ EndpointId: endpoint.id, EndpointUrl: endpointUrlOf(endpoint.id) },
    ...{ CreationTime: endpoint.created / 1_000, LastModifiedTime: endpoint.modified / 1_000 },
  };
}
