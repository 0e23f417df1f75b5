import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { parsePath } from "../states/paths.ts";
import type { Target } from "./model.ts";

const FIELDS = ["Id", "Arn", "RoleArn", "DeadLetterConfig", "RetryPolicy", "InputPath"];

const KINDS: readonly (readonly [RegExp, Target["kind"]])[] = [
  [/^arn:aws:states:[\w-]+:\d{12}:stateMachine:[\w-]+$/, "stateMachine"],
  [/^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+$/, "queue"],
  [/^arn:aws:events:[\w-]+:\d{12}:event-bus\/[./\-\w]+$/, "bus"],
];

/**
 * A target of PutTargets. Targets other than state machines, queues and buses, and fields without effect here, are
 * refused with a ValidationException that names them.
 */
export function parseTarget(given: Json, region: string): Target {
  const input = new Input(given).only(FIELDS);
  const arn = input.text("Arn");
  const kind = KINDS.find(([pattern]) => pattern.test(arn))?.[1];
  if (!kind) throw input.refuse("Arn", arn, "a state machine, a standard SQS queue or an event bus");
  if (kind !== "bus" && arn.split(":")[3] !== region)
    throw input.refuse("Arn", arn, `a target in the rule's region, ${region}; only buses may be elsewhere`);
  const roleArn = input.optionalText("RoleArn", { pattern: /^arn:aws:iam::\d{12}:role\/.+$/ });
  if (kind !== "queue" && roleArn === undefined)
    throw input.refuse("RoleArn", undefined, `a role is required for target ${arn}`);
  const inputPath = input.optionalText("InputPath");
  if (kind === "bus" && inputPath !== undefined)
    throw input.refuse("InputPath", inputPath, "the input of a bus cannot be modified");
  const retry = new Input(input.record("RetryPolicy")).only([
    "MaximumRetryAttempts",
    "MaximumEventAgeInSeconds",
  ]);
  return {
    ...{ arn, kind, roleArn, given },
    id: input.text("Id", { pattern: /^[.\-_A-Za-z0-9]{1,64}$/ }),
    deadLetterArn: deadLetterArn(input, region),
    maximumRetryAttempts: retry.optionalInteger("MaximumRetryAttempts", { minimum: 0, maximum: 185 }) ?? 185,
    maximumEventAgeInSeconds:
      retry.optionalInteger("MaximumEventAgeInSeconds", { minimum: 60, maximum: 86_400 }) ?? 86_400,
    inputPath: inputPath === undefined ? undefined : eventPath(inputPath, input),
  };
}

function eventPath(text: string, input: Input): Target["inputPath"] {
  try {
    const path = parsePath(text, "InputPath");
    if (path.root === "context") throw new Error("InputPath starts with a single $");
    return path;
  } catch (error) {
    throw input.refuse("InputPath", text, (error as Error).message);
  }
}

function deadLetterArn(input: Input, region: string): string | undefined {
  const config = new Input(input.record("DeadLetterConfig")).only(["Arn"]);
  const arn = config.optionalText("Arn", { pattern: /^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+$/ });
  if (arn !== undefined && arn.split(":")[3] !== region)
    throw config.refuse("Arn", arn, `a standard SQS queue in the rule's region, ${region}`);
  return arn;
}
