import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import type { Target } from "./model.ts";
import { targetInput } from "./target-input.ts";

const FIELDS = [
  ...["Id", "Arn", "RoleArn", "DeadLetterConfig", "RetryPolicy"],
  ...["Input", "InputPath", "InputTransformer"],
];

const KINDS: readonly (readonly [RegExp, Target["kind"]])[] = [
  [/^arn:aws:states:[\w-]+:\d{12}:stateMachine:[\w-]+$/, "stateMachine"],
  [/^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+$/, "queue"],
  [/^arn:aws:events:[\w-]+:\d{12}:event-bus\/[./\-\w]+$/, "bus"],
  [/^arn:aws:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/, "function"],
  [/^arn:aws:sns:[\w-]+:\d{12}:[\w-]+$/, "topic"],
];

/** Without a role EventBridge cannot act on these; the others permit it by their own policy. */
const NEEDS_ROLE: readonly Target["kind"][] = ["stateMachine", "bus"];

/**
 * A target of PutTargets. Targets other than state machines, queues, buses, functions and topics, and fields without
 * effect here, are refused with a ValidationException that names them.
 */
export function parseTarget(given: Json, region: string): Target {
  const input = new Input(given).only(FIELDS);
  const id = input.text("Id", { pattern: /^[.\-_A-Za-z0-9]{1,64}$/ });
  const arn = input.text("Arn");
  const kind = KINDS.find(([pattern]) => pattern.test(arn))?.[1];
  if (!kind)
    throw input.refuse(
      "Arn",
      arn,
      "a state machine, a standard SQS queue, an event bus, a function or a topic",
    );
  if (kind !== "bus" && arn.split(":")[3] !== region)
    throw input.refuse("Arn", arn, `a target in the rule's region, ${region}; only buses may be elsewhere`);
  const roleArn = input.optionalText("RoleArn", { pattern: /^arn:aws:iam::\d{12}:role\/.+$/ });
  if (NEEDS_ROLE.includes(kind) && roleArn === undefined)
    throw input.refuse("RoleArn", undefined, `a role is required for target ${arn}`);
  for (const member of ["Input", "InputPath", "InputTransformer"])
    if (kind === "bus" && input.has(member))
      throw input.refuse(member, given[member], "the input of a bus cannot be modified");
  const retry = new Input(input.record("RetryPolicy")).only([
    "MaximumRetryAttempts",
    "MaximumEventAgeInSeconds",
  ]);
  return {
    ...{ id, arn, kind, roleArn, given },
    deadLetterArn: deadLetterArn(input, region),
    maximumRetryAttempts: retry.optionalInteger("MaximumRetryAttempts", { minimum: 0, maximum: 185 }) ?? 185,
    maximumEventAgeInSeconds:
      retry.optionalInteger("MaximumEventAgeInSeconds", { minimum: 60, maximum: 86_400 }) ?? 86_400,
    input: targetInput(input, id),
  };
}

function deadLetterArn(input: Input, region: string): string | undefined {
  const config = new Input(input.record("DeadLetterConfig")).only(["Arn"]);
  const arn = config.optionalText("Arn", { pattern: /^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+$/ });
  if (arn !== undefined && arn.split(":")[3] !== region)
    throw config.refuse("Arn", arn, `a standard SQS queue in the rule's region, ${region}`);
  return arn;
}
