import { checkPolicy } from "../iam/policy.ts";
import { isJson } from "../input.ts";
import { ServiceError } from "../service.ts";

/** Bounds of the numeric attributes (Amazon SQS API Reference, SetQueueAttributes; sizes up to 1 MiB). */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};

const OTHERS = ["KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled"];

/** Amazon SQS API Reference, SetQueueAttributes, RedriveAllowPolicy. */
const MAXIMUM_REDRIVE_SOURCES = 10;

/** What a queue has if it is not said otherwise. */
export const DEFAULT_ATTRIBUTES: Readonly<Record<string, string>> = {
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  VisibilityTimeout: "30",
};

/** Where messages go that were received too often. */
export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

/** Checks attributes to be set. An empty text takes a policy or key away. FIFO queues are refused. */
export function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const range = RANGES[name];
    if (range) {
      const [minimum, maximum] = range;
      if (!/^\d+$/.test(value) || Number(value) < minimum || Number(value) > maximum)
        throw refusal(name, value, `Must be an integer from ${minimum} to ${maximum}.`);
    } else if (!OTHERS.includes(name))
      throw new ServiceError(
        "InvalidAttributeName",
        `Unknown Attribute ${name}. The local cloud carries out standard queues with: ` +
          [...Object.keys(RANGES), ...OTHERS].join(", "),
      );
    if (name === "SqsManagedSseEnabled" && !["true", "false"].includes(value))
      throw refusal(name, value, "Must be true or false.");
    if (/Policy$/.test(name) && value !== "") parsePolicy(name, value);
    if (name === "Policy" && value !== "") checkPolicy(value, "resource", "InvalidAttributeValue");
  }
  redrivePolicy(attributes.RedrivePolicy);
  redriveAllowPolicy(attributes.RedriveAllowPolicy);
}

/**
 * Whether a queue's RedriveAllowPolicy lets another name it as its dead-letter queue. (Amazon SQS API Reference,
 * SetQueueAttributes: all may by default.)
 */
export function allowsRedriveFrom(text: string | undefined, sourceArn: string): boolean {
  const policy = redriveAllowPolicy(text);
  return (
    policy === undefined ||
    policy.permission === "allowAll" ||
    (policy.permission === "byQueue" && policy.sources.includes(sourceArn))
  );
}

function redriveAllowPolicy(text: string | undefined): { permission: string; sources: string[] } | undefined {
  if (!text) return undefined;
  const { redrivePermission, sourceQueueArns } = parsePolicy("RedriveAllowPolicy", text);
  if (!["allowAll", "denyAll", "byQueue"].includes(String(redrivePermission)))
    throw refusal("RedriveAllowPolicy", text, "redrivePermission must be allowAll, denyAll or byQueue.");
  const isByQueue = redrivePermission === "byQueue";
  const isList = Array.isArray(sourceQueueArns) && sourceQueueArns.length > 0;
  if (isByQueue !== (sourceQueueArns !== undefined) || (isByQueue && !isList))
    throw refusal("RedriveAllowPolicy", text, "sourceQueueArns must be given with byQueue, and only then.");
  const sources = (isList ? sourceQueueArns : []).map(String);
  if (sources.length > MAXIMUM_REDRIVE_SOURCES)
    throw refusal("RedriveAllowPolicy", text, `at most ${MAXIMUM_REDRIVE_SOURCES} sourceQueueArns.`);
  return { permission: String(redrivePermission), sources };
}

/** The redrive policy of an attribute's text; undefined if there is none. */
export function redrivePolicy(text: string | undefined): RedrivePolicy | undefined {
  if (!text) return undefined;
  const policy = parsePolicy("RedrivePolicy", text);
  const deadLetterTargetArn = policy.deadLetterTargetArn;
  const maxReceiveCount = Number(policy.maxReceiveCount);
  if (typeof deadLetterTargetArn !== "string")
    throw refusal(
      "RedrivePolicy",
      text,
      "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
    );
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000)
    throw refusal("RedrivePolicy", text, "maxReceiveCount must be an integer from 1 to 1000.");
  return { deadLetterTargetArn, maxReceiveCount };
}

function parsePolicy(name: string, text: string): Record<string, unknown> {
  try {
    const policy: unknown = JSON.parse(text);
    if (isJson(policy)) return policy;
  } catch {
    // Refused below, as any other text that is not a JSON object.
  }
  throw refusal(name, text, "Policy is not valid JSON.");
}

function refusal(name: string, value: string, reason: string): ServiceError {
  return new ServiceError(
    name === "RedrivePolicy" ? "InvalidParameterValue" : "InvalidAttributeValue",
    `Value ${value.slice(0, 200)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}
