import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createEvents, type EventsService } from "../../local/cloud/events/service.ts";
import type { Call, Json } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const PRIMARY = "us-east-1";
export const SECONDARY = "eu-west-1";
export const ROLE = "arn:aws:iam::000000000000:role/replicate";
export const HEALTH_CHECK = "01234567-89ab-cdef-0123-456789abcdef";
export const HEALTH_CHECK_ARN = `arn:aws:route53:::healthcheck/${HEALTH_CHECK}`;
export const ENDPOINT_ARN = `arn:aws:events:${PRIMARY}:000000000000:endpoint/trades`;
export const busArn = (region: string, name = "trades") =>
  `arn:aws:events:${region}:000000000000:event-bus/${name}`;

export const ENDPOINT = {
  Name: "trades",
  RoutingConfig: {
    FailoverConfig: { Primary: { HealthCheck: HEALTH_CHECK_ARN }, Secondary: { Route: SECONDARY } },
  },
  EventBuses: [{ EventBusArn: busArn(PRIMARY) }, { EventBusArn: busArn(SECONDARY) }],
  RoleArn: ROLE,
};

/** Two buses, each with a rule that takes all to a queue and an archive; health is what the test says. */
export class EndpointBench {
  readonly clock = new DrivenClock({ start: Date.UTC(2026, 0, 2, 3, 4, 5) });
  readonly cloud = new Cloud({ clock: this.clock, random: () => 0.5 });
  readonly metrics = new RecordedMetrics();
  readonly events: EventsService;
  /** Events that reached the queue of a region. */
  readonly received: Record<string, Json[]> = { [PRIMARY]: [], [SECONDARY]: [] };
  /** Calls to PutEvents that a bus was handed copies by. */
  readonly calls: Call[] = [];
  #isHealthy = true;
  #listeners: ((report: { id: string; isHealthy: boolean; isByHand: boolean }) => void)[] = [];

  constructor() {
    this.cloud.add(() => ({
      name: "sqs",
      operations: {
        SendMessage: ({ MessageBody }, { region }) =>
          void this.received[region]?.push(JSON.parse(String(MessageBody)) as Json),
      },
    }));
    const health = {
      isHealthy: (id: string) => (id === HEALTH_CHECK ? this.#isHealthy : undefined),
      onChange: (listener: (report: { id: string; isHealthy: boolean; isByHand: boolean }) => void) => {
        this.#listeners.push(listener);
        return () => {};
      },
    };
    this.events = this.cloud.add((surroundings) =>
      createEvents(surroundings, { metrics: this.metrics, health }),
    );
    this.cloud.authorize = (call) => void this.calls.push(call);
  }

  /** Both buses, and the endpoint. Gives the endpoint's id. */
  async build(more: Json = {}): Promise<string> {
    for (const region of [PRIMARY, SECONDARY]) {
      await this.call("CreateEventBus", { Name: "trades" }, region);
      const EventPattern = JSON.stringify({ source: ["trading.system1"], region: [region] });
      await this.call("PutRule", { Name: "own", EventBusName: "trades", EventPattern }, region);
      await this.call(
        "PutRule",
        { Name: "all", EventBusName: "trades", EventPattern: '{"source":[{"prefix":""}]}' },
        region,
      );
      const Targets = [{ Id: "q", Arn: `arn:aws:sqs:${region}:000000000000:q` }];
      await this.call("PutTargets", { Rule: "all", EventBusName: "trades", Targets }, region);
      await this.call("CreateArchive", { ArchiveName: "archive", EventSourceArn: busArn(region) }, region);
    }
    await this.call("CreateEndpoint", { ...ENDPOINT, ...more });
    const { EndpointId } = await this.call("DescribeEndpoint", { Name: more.Name ?? "trades" });
    return String(EndpointId);
  }

  call(operation: string, input: Json, region = PRIMARY): Promise<Json> {
    return this.cloud.call({ service: "events", operation, region, principal: "tester" }, input);
  }

  /** Puts an event through an endpoint; the region that the request names does not matter. */
  put(EndpointId: string | undefined, entry: Json = {}, region = PRIMARY): Promise<Json> {
    const Entries = [
      {
        ...{ Source: "trading.system1", DetailType: "Trade Event", Detail: '{"amount":1.10}' },
        ...{ EventBusName: "trades", ...entry },
      },
    ];
    return this.call("PutEvents", { Entries, ...(EndpointId === undefined ? {} : { EndpointId }) }, region);
  }

  /** The health check changes. */
  health(isHealthy: boolean, isByHand = false): void {
    this.#isHealthy = isHealthy;
    for (const listener of this.#listeners) listener({ id: HEALTH_CHECK, isHealthy, isByHand });
  }

  accepted(): number[] {
    return [PRIMARY, SECONDARY].map((region) => this.events.acceptedEvents(region, "trades"));
  }

  arrived(): number[] {
    return [PRIMARY, SECONDARY].map((region) => this.received[region]?.length ?? 0);
  }

  async archived(): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const region of [PRIMARY, SECONDARY])
      found.push((await this.call("DescribeArchive", { ArchiveName: "archive" }, region)).EventCount);
    return found;
  }
}
