import type { Json } from "../service.ts";
import type { Failure } from "./failure.ts";
import type { BusEvent, Rule, Target } from "./model.ts";

/** Which bound of the retry policy was reached. */
export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

/**
 * An event that could not be delivered, as the message that EventBridge sends to a dead-letter queue ("Using
 * dead-letter queues to process undelivered events"): the event as it was put, and why in message attributes.
 */
export function deadLetter(of: {
  readonly event: BusEvent;
  readonly rule: Rule;
  readonly target: Target;
  readonly failure: Failure;
  readonly retries: number;
  readonly exhausted: Exhausted | undefined;
}): Json {
  const { rule, target, failure } = of;
  const values = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message === "" ? failure.code : failure.message,
    RETRY_ATTEMPTS: String(of.retries),
    ...(of.exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: of.exhausted }),
  };
  return {
    MessageBody: of.event.text,
    MessageAttributes: Object.fromEntries(
      Object.entries(values).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    ),
  };
}
