import { OUTCOMES, type Outcome, type Witness } from "./ledger.ts";

/** A message as SQS gives it, as far as it says whose event it holds. */
export interface QueuedMessage {
  Body: string;
  MessageAttributes?: Record<string, { StringValue?: string }>;
}

/**
 * What a message in a dead letter or rejects queue says of an event: the workflow's own message names event and
 * outcome; what EventBridge could not deliver is the envelope itself. Undefined for a foreign message, and for an
 * event of the unmatched rule, which no source rule took.
 */
export function witnessOf(message: QueuedMessage, unmatchedRule: string): Witness | undefined {
  const rule = message.MessageAttributes?.RULE_ARN?.StringValue;
  if (rule?.endsWith(`/${unmatchedRule}`)) return undefined;
  const body = parse(message.Body);
  const { event, outcome, id, region } = body;
  if (typeof event === "string" && isOutcome(outcome)) return { event, outcome };
  if (typeof id === "string" && typeof region === "string" && "detail-type" in body)
    return { event: `${region}#${id}`, outcome: "deadLettered" };
  return undefined;
}

function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.some((outcome) => outcome === value);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
