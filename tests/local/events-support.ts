import { Cloud } from "../../local/cloud/cloud.ts";
import { createEvents, type EventsService } from "../../local/cloud/events/service.ts";
import type { Clock, Json, Operation } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const REGION = "us-east-1";
export const ROLE = "arn:aws:iam::000000000000:role/deliver";
export const MACHINE = `arn:aws:states:${REGION}:000000000000:stateMachine:trades`;
export const queueArn = (name: string) => `arn:aws:sqs:${REGION}:000000000000:${name}`;

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  #timers: { at: number; task: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.#now + milliseconds, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }
  /** Moves on to the next timer, or as far as given, letting everything that follows from it happen. */
  async advance(milliseconds = Number.POSITIVE_INFINITY): Promise<void> {
    await settle();
    const next = this.#timers.toSorted((one, other) => one.at - other.at)[0];
    if (!next || next.at > this.#now + milliseconds) {
      this.#now += Number.isFinite(milliseconds) ? milliseconds : 0;
      return;
    }
    this.#now = next.at;
    this.#timers = this.#timers.filter((each) => each !== next);
    next.task();
    await settle();
  }
}

export function settle(): Promise<void> {
  return new Promise((done) => setImmediate(() => setImmediate(done)));
}

/** A local cloud with EventBridge, and state machines and queues that keep what they get. */
export class EventsBench {
  readonly clock = new ManualClock();
  readonly cloud = new Cloud({ clock: this.clock, random: () => 0.5 });
  readonly metrics = new RecordedMetrics();
  readonly started: Json[] = [];
  readonly sent: Json[] = [];
  readonly events: EventsService;

  constructor() {
    const StartExecution: Operation = (input, call) =>
      void this.started.push({ ...input, by: call.principal });
    const SendMessage: Operation = (input, call) => void this.sent.push({ ...input, by: call.principal });
    this.cloud.add(() => ({ name: "states", operations: { StartExecution } }));
    this.cloud.add(() => ({ name: "sqs", operations: { SendMessage } }));
    this.events = this.cloud.add((surroundings) => createEvents(surroundings, { metrics: this.metrics }));
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

  /** The values of a dead letter's message attributes. */
  attributes(index = 0): Record<string, string> {
    const attributes = this.sent[index]?.MessageAttributes as Record<string, { StringValue: string }>;
    return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, value.StringValue]));
  }
}
