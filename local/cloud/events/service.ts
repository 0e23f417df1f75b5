import { randomUUID } from "node:crypto";
import { Input } from "../input.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { Call, Json, PublishServiceEvent, Service, Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { archiveOperations } from "./archives.ts";
import { busOperations } from "./buses.ts";
import { FORWARDED } from "./deliver.ts";
import { Deliveries } from "./deliveries.ts";
import { EventDurability } from "./durable.ts";
import {
  type GlobalEndpoint,
  type GlobalEndpointControl,
  GlobalEndpoints,
  type HealthPort,
} from "./endpoints.ts";
import { acceptEntry, entryBytes, makeEvent, readEntries } from "./entry.ts";
import { EventMetrics } from "./metrics.ts";
import type { Bus, BusEvent } from "./model.ts";
import { permissionOperations } from "./permissions.ts";
import { Replays } from "./replays.ts";
import { ruleOperations } from "./rules.ts";
import { BusStore } from "./store.ts";
import { Tags } from "./tags.ts";
import { noteTaken, type Taken } from "./taken.ts";

export interface EventsPorts {
  readonly metrics: MetricsPort;
  /** The URL of a queue for SendMessage; by default in AWS's form. */
  readonly queueUrl?: (arn: string) => string;
  /** Health checks for global endpoints; there are none by default. */
  readonly health?: HealthPort;
}

export interface EventsOptions {
  /** First pause before a retry; doubles each time. Default: 100 ms. */
  readonly retryMilliseconds?: number;
  /** Longest pause before a retry. Default: 30 s. */
  readonly longestRetryMilliseconds?: number;
  /** Most bytes of events that one archive keeps. Default: 256 MiB. */
  readonly archiveBytes?: number;
}

export interface EventsService extends Service {
  /** Deliveries in progress or waiting for a retry, in one region or in all. */
  pendingDeliveries(region?: string): number;
  /** The same, one by one: which event (`<region>#<id>`), and for which rule. */
  openDeliveries(region: string): { event: string; rule: string }[];
  /** Events that PutEvents has accepted for a bus since the start; forwarded and replayed ones do not count. */
  acceptedEvents(region: string, bus: string): number;
  /** Events that came to a bus from another one since the start, each counted once. */
  forwardedEvents(region: string, bus: string): number;
  /** How many events of a bus which of its rules took since the start; a replayed event counts once, by all of them. */
  takenEvents(region: string, bus: string): readonly Readonly<Taken>[];
  /** Where global endpoints lead, and how their events reach the other region. */
  readonly globalEndpoints: GlobalEndpointControl;
  /** Puts an AWS service's event on the region's default bus. */
  readonly publishServiceEvent: PublishServiceEvent;
}

const NO_HEALTH_CHECKS: HealthPort = { isHealthy: () => undefined, onChange: () => () => {} };

/** EventBridge: buses, rules with event patterns, targets with retries and dead-letter queues, archives, replays. */
export function createEvents(
  surroundings: Surroundings,
  ports: EventsPorts,
  options: EventsOptions = {},
): EventsService {
  const { account, clock } = surroundings;
  const metrics = new EventMetrics(ports.metrics);
  const store = new BusStore(account, () => clock.now());
  const tags = new Tags(store);
  const replays = new Replays(store, surroundings, publish);
  const durable = new EventDurability(store, metrics);
  const deliveries = new Deliveries({
    ...{ surroundings, metrics },
    onLost: (rule) => durable.lost(rule),
    queueUrl: ports.queueUrl ?? queueUrlOf,
    retryMilliseconds: options.retryMilliseconds ?? 100,
    longestRetryMilliseconds: options.longestRetryMilliseconds ?? 30_000,
  });

  const globalEndpoints = new GlobalEndpoints({
    ...{ store, surroundings, health: ports.health ?? NO_HEALTH_CHECKS },
    onRefused: (rule) => metrics.count(rule, "FailedInvocations"),
  });

  /** Gives the event to the archives and to the rules that match, of which only some may be meant. */
  function publish(bus: Bus, event: BusEvent, only?: readonly string[], isPut = false): void {
    if (isPut) bus.acceptedEvents += 1;
    const archives = [...bus.archives.values()].filter((archive) => archive.take(event));
    const rules = [...bus.rules.values()].filter(
      (rule) => rule.isEnabled && (only?.includes(rule.arn) ?? true) && rule.pattern(event.envelope),
    );
    noteTaken(bus, event, rules);
    durable.published(bus, event, { isPut, rules, archives });
    if (rules.length > 0) metrics.matched(bus.region, bus.name);
    for (const rule of rules) {
      metrics.count(rule, "MatchedEvents");
      metrics.count(rule, "TriggeredRules");
      for (const target of rule.targets.values()) deliveries.add(event, rule, target);
    }
  }

  function putEvents(input: Json & { [FORWARDED]?: BusEvent }, { region }: Call): Json {
    const forwarded = input[FORWARDED];
    if (forwarded) {
      const [entry] = new Input(input).records("Entries");
      publish(store.get(region, entry?.EventBusName), forwarded);
      return { FailedEntryCount: 0, Entries: [{ EventId: forwarded.id }] };
    }
    metrics.put(region, "PutEventsApproximateCallCount", 1);
    try {
      const endpoint = globalEndpoints.named(input.EndpointId);
      const given = readEntries(input);
      const entries = endpoint ? given.map((entry) => globalEndpoints.entryOf(endpoint, entry)) : given;
      const bytes = given.reduce((sum, entry) => sum + entryBytes(entry), 0);
      metrics.put(region, "PutEventsRequestSize", bytes, "Bytes");
      const results = entries.map((entry) => putEntry(entry, region, endpoint));
      metrics.put(region, "PutEventsApproximateSuccessCount", 1);
      return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
    } catch (error) {
      metrics.put(region, "PutEventsApproximateFailedCount", 1);
      throw error;
    }
  }

  /** A bus that does not exist swallows the event, as in AWS, where the entry counts as accepted all the same. */
  function putEntry(entry: Json, region: string, endpoint?: GlobalEndpoint): Json {
    const event = acceptEntry(entry, { region, account, now: clock.now() });
    metrics.put(region, "PutEventsEntriesCount", 1);
    if ("ErrorCode" in event) {
      metrics.put(region, "PutEventsFailedEntriesCount", 1);
      return { ...event };
    }
    const bus = store.find(region, entry.EventBusName);
    if (!bus) return { EventId: randomUUID() };
    publish(bus, event, undefined, true);
    if (endpoint) globalEndpoints.replicate(endpoint, event, region);
    return { EventId: event.id };
  }

  return {
    name: "events",
    durable,
    regionOf({ operation, region }, { EndpointId }) {
      const isNamed = operation === "PutEvents" && typeof EndpointId === "string";
      return (isNamed && globalEndpoints.activeRegion(EndpointId)) || region;
    },
    globalEndpoints,
    operations: {
      ...busOperations(store, tags, surroundings),
      ...permissionOperations(store, surroundings),
      ...archiveOperations(store, surroundings, options.archiveBytes),
      ...replays.operations,
      ...ruleOperations(store, tags, surroundings),
      ...globalEndpoints.operations,
      ...tags.operations,
      PutEvents: putEvents,
    },
    resourcePolicy: (arn) => store.find(arn.split(":")[3] ?? "", arn)?.policy,
    encryptionKey: (arn) => store.encryptionKey(arn),
    pendingDeliveries: (region) => deliveries.pending(region),
    openDeliveries: (region) => deliveries.open(region),
    acceptedEvents: (region, bus) => store.find(region, bus)?.acceptedEvents ?? 0,
    forwardedEvents: (region, bus) => store.find(region, bus)?.forwardedEvents ?? 0,
    takenEvents: (region, bus) => [...(store.find(region, bus)?.taken.values() ?? [])],
    publishServiceEvent(region, { detail, ...head }) {
      const event = makeEvent(
        head,
        { text: JSON.stringify(detail), value: detail },
        { region, account, now: clock.now() },
      );
      publish(store.get(region, "default"), event);
    },
    async close() {
      globalEndpoints.close();
      replays.close();
      deliveries.close();
    },
  };
}
