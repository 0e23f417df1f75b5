import { failureOf } from "../events/failure.ts";
import type { Origin, Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import {
  attempt,
  beginInvocation,
  deadLetter,
  type Exhausted,
  groupArn,
  type Invocation,
  inputOf,
  SCHEDULER_PRINCIPAL,
} from "./invocation.ts";
import { DEFAULT_GROUP, type Schedule } from "./schedule.ts";

export interface InvocationsNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  /** First pause before a retry, in milliseconds; it doubles each time. */
  readonly retryMilliseconds: number;
  /** Longest pause, in milliseconds. */
  readonly longestRetryMilliseconds: number;
}

/** "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch", "List of metrics": all in the unit Count. */
type Metric =
  | "InvocationAttemptCount"
  | "TargetErrorCount"
  | "TargetErrorThrottledCount"
  | "InvocationDroppedCount"
  | "InvocationsSentToDeadLetterCount"
  | "InvocationsFailedToBeSentToDeadLetterCount";

/** How long a dead letter is tried to be written: as long as the event itself may be by default. */
const DEAD_LETTER_MILLISECONDS = 86_400_000;

/**
 * Carries out the runs of schedules: attempts until one succeeds or the retry policy is exhausted, then the dead-letter
 * queue. The guide exempts no error from retries, so none is: not even a missing permission.
 */
export class Invocations {
  readonly #needs: InvocationsNeeds;

  constructor(needs: InvocationsNeeds) {
    this.#needs = needs;
  }

  /** Begins a run in the background. It ends for good when the schedule's pauses are closed. */
  start(schedule: Schedule, scheduledTime: number): void {
    void this.#carryOut(beginInvocation(schedule, scheduledTime));
  }

  async #carryOut(invocation: Invocation): Promise<void> {
    const { schedule, target, scheduledTime } = invocation;
    const { clock, call } = this.#needs.surroundings;
    const end = scheduledTime + target.maximumEventAgeInSeconds * 1_000;
    for (let retries = 0; !schedule.pauses.isClosed; retries += 1) {
      const text = inputOf(invocation, retries + 1);
      this.#count(schedule, "InvocationAttemptCount");
      const error = await failure(() => attempt(call, invocation, text, this.#as(invocation)));
      if (error === undefined) return;
      this.#count(schedule, "TargetErrorCount");
      if (failureOf(error).code === "THROTTLING") this.#count(schedule, "TargetErrorThrottledCount");
      const failed = { text, error, retries };
      if (retries >= target.maximumRetryAttempts)
        return this.#drop(invocation, { ...failed, exhausted: "MaximumRetryAttempts" });
      await schedule.pauses.wait(Math.min(this.#pause(retries), Math.max(0, end - clock.now())));
      if (schedule.pauses.isClosed) return;
      if (clock.now() >= end)
        return this.#drop(invocation, { ...failed, exhausted: "MaximumEventAgeInSeconds" });
    }
  }

  async #drop(
    invocation: Invocation,
    failed: { text: string; error: unknown; retries: number; exhausted: Exhausted },
  ): Promise<void> {
    const { schedule, target } = invocation;
    const { clock, call } = this.#needs.surroundings;
    this.#count(schedule, "InvocationDroppedCount");
    const queueArn = target.deadLetterArn;
    if (queueArn === undefined) return;
    const letter = deadLetter(invocation, { ...failed, queueArn });
    const end = clock.now() + DEAD_LETTER_MILLISECONDS;
    for (let attempts = 0; !schedule.pauses.isClosed; attempts += 1) {
      const error = await failure(async () => {
        await call("sqs", "SendMessage", letter, this.#as(invocation));
      });
      if (error === undefined) return this.#count(schedule, "InvocationsSentToDeadLetterCount");
      if (!failureOf(error).isRetryable || clock.now() >= end)
        return this.#count(schedule, "InvocationsFailedToBeSentToDeadLetterCount");
      await schedule.pauses.wait(this.#pause(attempts));
    }
  }

  #as({ schedule: { region }, target }: Invocation): Origin {
    const sourceArn = groupArn(region, this.#needs.surroundings.account, DEFAULT_GROUP);
    return { region, principal: target.roleArn, assumedBy: SCHEDULER_PRINCIPAL, sourceArn };
  }

  /** Exponential back-off with jitter. */
  #pause(retries: number): number {
    const { retryMilliseconds, longestRetryMilliseconds, surroundings } = this.#needs;
    const longest = Math.min(retryMilliseconds * 2 ** retries, longestRetryMilliseconds);
    return longest * (0.5 + surroundings.random() / 2);
  }

  #count({ region }: Schedule, name: Metric): void {
    const dimensions = { ScheduleGroup: DEFAULT_GROUP };
    this.#needs.metrics.record(region, "AWS/Scheduler", name, dimensions, 1, "Count");
  }
}

/** What an action throws; undefined if nothing. */
async function failure(act: () => Promise<void>): Promise<unknown> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error ?? new Error("An unknown failure");
  }
}
