import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createScheduler } from "../../local/cloud/scheduler/service.ts";
import type { Json, Operation } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const REGION = "us-east-1";
export const ROLE = "arn:aws:iam::000000000000:role/schedule";
export const FUNCTION = `arn:aws:lambda:${REGION}:000000000000:function:sweep:live`;
export const BUS = `arn:aws:events:${REGION}:000000000000:event-bus/trades`;
export const DEAD_LETTERS = `arn:aws:sqs:${REGION}:000000000000:dead`;
export const START = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
export const MINUTE = 60_000;

/** A request as CreateSchedule takes it: every five minutes, a function. */
export function schedule(target: Json = {}, more: Json = {}): Json {
  return {
    ...{ Name: "sweep", ScheduleExpression: "rate(5 minutes)", FlexibleTimeWindow: { Mode: "OFF" } },
    Target: { Arn: FUNCTION, RoleArn: ROLE, Input: "{}", ...target },
    ...more,
  };
}

/** A local cloud with EventBridge Scheduler, and functions, buses and queues that keep what they get. */
export class SchedulerBench {
  readonly clock = new DrivenClock({ start: START });
  readonly cloud = new Cloud({ clock: this.clock, random: () => 1 });
  readonly metrics = new RecordedMetrics();
  /** Calls of targets and dead-letter queues, with the time and by whom. */
  readonly calls: { at: number; operation: string; input: Json; by: string; region: string }[] = [];
  /** What a target answers, in the order of the calls; nothing, once they are used up. */
  readonly answers: (Json | Error)[] = [];

  constructor() {
    const keep: Operation = (input, { operation, principal, assumedBy, region }) => {
      const by = assumedBy === undefined ? principal : `${principal} for ${assumedBy}`;
      this.calls.push({ at: this.clock.now() - START, operation, input, by, region });
      const answer = operation === "SendMessage" ? undefined : this.answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    this.cloud.add(() => ({ name: "lambda", operations: { Invoke: keep } }));
    this.cloud.add(() => ({ name: "events", operations: { PutEvents: keep } }));
    this.cloud.add(() => ({ name: "sqs", operations: { SendMessage: keep } }));
    this.cloud.add((surroundings) => createScheduler(surroundings, { metrics: this.metrics }));
  }

  call(operation: string, input: Json, region = REGION): Promise<Json> {
    return this.cloud.call({ service: "scheduler", operation, region, principal: "tester" }, input);
  }

  /** Times of the runs since the start, in milliseconds. */
  get times(): number[] {
    return this.calls.map(({ at }) => at);
  }

  /** How often a metric of the group was recorded. */
  count(name: string): number {
    return this.metrics.points
      .filter((point) => point.name === name && point.namespace === "AWS/Scheduler")
      .filter(({ dimensions }) => JSON.stringify(dimensions) === '{"ScheduleGroup":"default"}')
      .reduce((sum, { value }) => sum + value, 0);
  }
}
