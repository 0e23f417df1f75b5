import { member, problem, type ResourceRule, UNKNOWN } from "./rule.ts";

/** What EventBridge Scheduler does where nothing is said (Scheduler API reference, RetryPolicy). */
const SCHEDULER_DEFAULT_RETRIES = 185;

export const scheduleDeadLetters: ResourceRule = {
  name: "schedule-dead-letters",
  description:
    "Every schedule keeps what it could not hand over in a dead letter queue, or makes one attempt only, since it is worth nothing later",
  severity: "high",
  remediation:
    "Set target.deadLetterConfig.arn to a queue's ARN; where a late run has no use, target.retryPolicy.maximumRetryAttempts to 0",
  types: ["aws:scheduler/schedule:Schedule"],
  problems: ({ properties: { target } }) => {
    if (target === UNKNOWN) return [];
    const queue = member(member(target, "deadLetterConfig"), "arn");
    if (queue === UNKNOWN || (typeof queue === "string" && queue !== "")) return [];
    const attempts =
      member(member(target, "retryPolicy"), "maximumRetryAttempts") ?? SCHEDULER_DEFAULT_RETRIES;
    if (attempts === 0) return [];
    return [
      problem("target.deadLetterConfig.arn", queue, "a queue's ARN, or maximumRetryAttempts 0 in its place"),
    ];
  },
};
