import { randomUUID } from "node:crypto";
import { Input } from "../input.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { archiveOperations, busOperations } from "./buses.ts";
import { FORWARDED } from "./deliver.ts";
import { Deliveries, ruleDimensions } from "./deliveries.ts";
import { acceptEntry, checkRequest } from "./entry.ts";
import type { Bus, BusEvent } from "./model.ts";
import { ruleOperations } from "./rules.ts";
import { BusStore } from "./store.ts";

export interface EventsPorts {
  readonly metrics: MetricsPort;
  /** The URL of a queue for SendMessage; by default in AWS's form. */
  readonly queueUrl?: (arn: string) => string;
}

export interface EventsOptions {
  /** First pause before a retry; doubles each time. Default: 100 ms. */
  readonly retryMilliseconds?: number;
  /** Longest pause before a retry. Default: 30 s. */
  readonly longestRetryMilliseconds?: number;
}

export interface EventsService extends Service {
  /** Deliveries in progress or waiting for a retry, in one region or in all. */
  pendingDeliveries(region?: string): number;
  /** The same, one by one: which event (`<region>#<id>`), and for which rule. */
  openDeliveries(region: string): { event: string; rule: string }[];
}

/** EventBridge: buses, rules with event patterns, targets with retries and dead-letter queues, archives. */
export function createEvents(
  surroundings: Surroundings,
  ports: EventsPorts,
  options: EventsOptions = {},
): EventsService {
  const { account, clock } = surroundings;
  const { metrics } = ports;
  const store = new BusStore(account, () => clock.now());
  const deliveries = new Deliveries({
    ...{ surroundings, metrics },
    queueUrl: ports.queueUrl ?? queueUrlOf,
    retryMilliseconds: options.retryMilliseconds ?? 100,
    longestRetryMilliseconds: options.longestRetryMilliseconds ?? 30_000,
  });

  function publish(bus: Bus, event: BusEvent): void {
    for (const archive of bus.archives.values()) archive.take(event);
    for (const rule of bus.rules.values()) {
      if (!rule.isEnabled || !rule.pattern(event.envelope)) continue;
      for (const name of ["MatchedEvents", "TriggeredRules"])
        metrics.record(bus.region, "AWS/Events", name, ruleDimensions(rule), 1, "Count");
      for (const target of rule.targets.values()) deliveries.add(event, rule, target);
    }
  }

  function putEvents(input: Json & { [FORWARDED]?: BusEvent }, { region }: Call): Json {
    const entries = new Input(input).only(["Entries"]).records("Entries");
    checkRequest(entries);
    const forwarded = input[FORWARDED];
    if (forwarded) {
      publish(store.get(region, entries[0]?.EventBusName), forwarded);
      return { FailedEntryCount: 0, Entries: [{ EventId: forwarded.id }] };
    }
    const results = entries.map((entry) => putEntry(entry, region));
    return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
  }

  /** A bus that does not exist swallows the event, as in AWS, where the entry counts as accepted all the same. */
  function putEntry(entry: Json, region: string): Json {
    const bus = store.find(region, entry.EventBusName);
    const event = acceptEntry(entry, { region, account, now: clock.now() });
    const isRefused = "ErrorCode" in event;
    const EventBusName = bus?.name ?? String(entry.EventBusName);
    const count = (name: string) => metrics.record(region, "AWS/Events", name, { EventBusName }, 1, "Count");
    count("PutEventsEntriesCount");
    if (isRefused) count("PutEventsFailedEntriesCount");
    if (isRefused) return { ...event };
    if (bus) publish(bus, event);
    return { EventId: bus ? event.id : randomUUID() };
  }

  return {
    name: "events",
    operations: {
      ...busOperations(store),
      ...archiveOperations(store, surroundings),
      ...ruleOperations(store, surroundings),
      PutEvents: putEvents,
    },
    pendingDeliveries: (region) => deliveries.pending(region),
    openDeliveries: (region) => deliveries.open(region),
    async close() {
      deliveries.close();
    },
  };
}
