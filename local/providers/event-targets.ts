import { parseTarget } from "../cloud/events/target.ts";
import { isJson } from "../cloud/input.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isKnown, matching, refused } from "./checks.ts";
import { drift, taken } from "./drift.ts";
import type { ExistingRequest, ProviderPorts, ResourceType } from "./resource-type.ts";
import { deployer, given, optionalText, record, text, unlessGone } from "./resource-type.ts";

const TARGET_SETTINGS = { arn: "Arn", roleArn: "RoleArn", inputPath: "InputPath", input: "Input" } as const;
const RETRY_SETTINGS = {
  maximumRetryAttempts: "MaximumRetryAttempts",
  maximumEventAgeInSeconds: "MaximumEventAgeInSeconds",
} as const;
const TRANSFORMER_SETTINGS = { inputPaths: "InputPathsMap", inputTemplate: "InputTemplate" } as const;
const ANY_QUEUE = "arn:aws:sqs:us-east-1:000000000000:any";
const ANY_ROLE = "arn:aws:iam::000000000000:role/any";

/** The bus that inputs name, or the default one. */
export function busName(inputs: Properties): string {
  return optionalText(inputs.eventBusName) ?? "default";
}

/** A target as PutTargets takes it. */
function target(inputs: Properties, id: string): Properties {
  const deadLetter = given(record(inputs.deadLetterConfig), { arn: "Arn" });
  return {
    Id: id,
    ...given(inputs, TARGET_SETTINGS),
    ...(inputs.inputTransformer
      ? { InputTransformer: given(record(inputs.inputTransformer), TRANSFORMER_SETTINGS) }
      : {}),
    ...(deadLetter.Arn ? { DeadLetterConfig: deadLetter } : {}),
    ...(inputs.retryPolicy ? { RetryPolicy: given(record(inputs.retryPolicy), RETRY_SETTINGS) } : {}),
  };
}

function targetOf({ inputs, name }: { inputs: Properties; name: string }): string {
  return optionalText(inputs.targetId) ?? name;
}

async function putTarget(
  request: Pick<ExistingRequest, "inputs" | "name" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const { inputs } = request;
  const of = { Rule: text(inputs, "rule"), EventBusName: busName(inputs) };
  const input = { ...of, Targets: [target(inputs, targetOf(request))] };
  const answer = await call("events", "PutTargets", input, deployer(request));
  if (Number(answer.FailedEntryCount) > 0)
    throw new Error(`PutTargets failed: ${JSON.stringify(answer.FailedEntries)}`);
}

/** What PutTargets would refuse; each ARN is taken to be in the right region. */
function checkTarget(inputs: Properties): { property: string; reason: string }[] {
  const regionOf = (value: Value | undefined) => String(value).split(":")[3] ?? "";
  const alone = (settings: Properties, region = regionOf(ANY_QUEUE)) =>
    parseTarget(target({ arn: ANY_QUEUE, ...settings }, "any"), region);
  const roleArn = isKnown(inputs.roleArn) ? (inputs.roleArn ?? null) : ANY_ROLE;
  return refused(inputs, {
    targetId: matching(/^[.\-_A-Za-z0-9]{1,64}$/),
    arn: (targetArn) => alone({ arn: targetArn, roleArn }, regionOf(targetArn)),
    deadLetterConfig: (value) => {
      const queue = optionalText(record(value).arn) ?? ANY_QUEUE;
      alone({ arn: queue, deadLetterConfig: value }, regionOf(queue));
    },
    retryPolicy: (retryPolicy) => alone({ retryPolicy }),
    inputTransformer: (inputTransformer) => alone({ inputTransformer }),
  });
}

/** A target of a rule. */
export const TARGET: ResourceType = {
  describe: (request) => ({ id: `${text(request.inputs, "rule")}-${targetOf(request)}`, outputs: {} }),
  check: checkTarget,
  create: putTarget,
  replacedBy: ["rule", "eventBusName", "targetId"],
  update: putTarget,
  delete: async (request, { call }) => {
    const { inputs } = request;
    const input = {
      ...{ Rule: text(inputs, "rule"), EventBusName: busName(inputs) },
      Ids: [targetOf(request)],
    };
    await unlessGone(call("events", "RemoveTargets", input, deployer(request)));
  },
  read: async (request, { call }) => {
    const { inputs } = request;
    const of = { Rule: text(inputs, "rule"), EventBusName: busName(inputs) };
    const listed = await unlessGone(call("events", "ListTargetsByRule", of, deployer(request)));
    const all = Array.isArray(listed?.Targets) ? listed.Targets.filter(isJson) : [];
    const found = all.find(({ Id }) => Id === targetOf(request));
    return (
      found && {
        inputs: drift(inputs, {
          ...Object.fromEntries(Object.keys(TARGET_SETTINGS).map((input) => [input, undefined])),
          ...taken(found, TARGET_SETTINGS),
          deadLetterConfig: structure(taken(found.DeadLetterConfig, { arn: "Arn" })),
          retryPolicy: structure(taken(found.RetryPolicy, RETRY_SETTINGS)),
          inputTransformer: structure(taken(found.InputTransformer, TRANSFORMER_SETTINGS)),
        }),
      }
    );
  },
};

function structure(members: Properties): Properties | undefined {
  return Object.keys(members).length > 0 ? members : undefined;
}
