import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createEvents, type EventsOptions, type EventsService } from "../../local/cloud/events/service.ts";
import type { Json, Operation } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const REGION = "us-east-1";
export const ROLE = "arn:aws:iam::000000000000:role/deliver";
export const MACHINE = `arn:aws:states:${REGION}:000000000000:stateMachine:trades`;
export const RULE = `arn:aws:events:${REGION}:000000000000:rule/rule`;
export const FUNCTION = `arn:aws:lambda:${REGION}:000000000000:function:f`;
export const TOPIC = `arn:aws:sns:${REGION}:000000000000:topic`;
export const queueArn = (name: string) => `arn:aws:sqs:${REGION}:000000000000:${name}`;

export function settle(): Promise<void> {
  return new Promise((done) => setImmediate(() => setImmediate(done)));
}

/** A local cloud with EventBridge, and state machines, queues, functions and topics that keep what they get. */
export class EventsBench {
  readonly clock = new DrivenClock({ start: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  readonly cloud: Cloud;
  readonly metrics = new RecordedMetrics();
  readonly started: Json[] = [];
  readonly sent: Json[] = [];
  readonly invoked: Json[] = [];
  readonly published: Json[] = [];
  readonly events: EventsService;

  constructor(options: EventsOptions = {}, random: () => number = () => 0.5) {
    this.cloud = new Cloud({ clock: this.clock, random });
    const keep =
      (list: Json[]): Operation =>
      (input, { principal, sourceArn }) =>
        void list.push({ ...input, by: principal, ...(sourceArn === undefined ? {} : { sourceArn }) });
    this.cloud.add(() => ({ name: "states", operations: { StartExecution: keep(this.started) } }));
    this.cloud.add(() => ({ name: "sqs", operations: { SendMessage: keep(this.sent) } }));
    this.cloud.add(() => ({ name: "lambda", operations: { Invoke: keep(this.invoked) } }));
    this.cloud.add(() => ({ name: "sns", operations: { Publish: keep(this.published) } }));
    this.events = this.cloud.add((surroundings) =>
      createEvents(surroundings, { metrics: this.metrics }, options),
    );
  }

  call(operation: string, input: Json, region = REGION): Promise<Json> {
    return this.cloud.call({ service: "events", operation, region, principal: "tester" }, input);
  }

  /** A rule with one target; the pattern takes every event of `trading.system1`. */
  async rule(target: Json, more: Json = {}): Promise<void> {
    const EventPattern = JSON.stringify({ source: ["trading.system1"] });
    await this.call("PutRule", { Name: "rule", EventPattern, ...more });
    const { EventBusName } = more;
    const Targets = [{ Id: "target", ...target }];
    await this.call("PutTargets", { Rule: "rule", ...(EventBusName ? { EventBusName } : {}), Targets });
  }

  async put(entry: Json = {}): Promise<Json> {
    const Entries = [{ Source: "trading.system1", DetailType: "Trade Event", Detail: '{"a":1}', ...entry }];
    const response = await this.call("PutEvents", { Entries });
    await settle();
    return response;
  }

  /** Calls of a service fail with an error before they have an effect. */
  fault(service: string, code: string, status: number, times?: number): void {
    const effect = { kind: "error" as const, code, status };
    this.cloud.faults.add({ service, effect, when: "before", ...(times === undefined ? {} : { times }) });
  }

  /** The bodies of the messages that were sent, decoded. */
  bodies(): Json[] {
    return this.sent.map(({ MessageBody }) => JSON.parse(String(MessageBody)));
  }

  /** Sum of a metric with exactly these dimensions. */
  sum(name: string, dimensions: Record<string, string> = { RuleName: "rule" }): number {
    const wanted = JSON.stringify(dimensions);
    return this.metrics.points
      .filter((each) => each.name === name && JSON.stringify(each.dimensions) === wanted)
      .reduce((total, { value }) => total + value, 0);
  }

  /** The values of a dead letter's message attributes. */
  attributes(index = 0): Record<string, string> {
    const attributes = this.sent[index]?.MessageAttributes as Record<string, { StringValue: string }>;
    return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, value.StringValue]));
  }
}
