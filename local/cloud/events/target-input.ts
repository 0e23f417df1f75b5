import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { parsePath, type ReferencePath, readSteps } from "../states/paths.ts";
import type { BusEvent } from "./model.ts";
import { readTemplate, type TemplateValues } from "./template.ts";

/** What a target is handed for an event of a rule, as JSON text. Throws ServiceError INVALID_JSON. */
export type TargetInput = (event: BusEvent, rule: { arn: string; name: string }) => string;

const MAXIMUM_VARIABLES = 100;
const MAXIMUM_TEMPLATE = 8_192;

/** The whole event, or what one of InputPath, Input and InputTransformer makes of it (EventBridge, "PutTargets"). */
export function targetInput(target: Input, id: string): TargetInput {
  const ways = ["Input", "InputPath", "InputTransformer"].filter((member) => target.has(member));
  if (ways.length > 1)
    throw new ServiceError(
      "ValidationException",
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    );
  switch (ways[0]) {
    case "Input":
      return constant(target);
    case "InputPath":
      return part(target);
    case "InputTransformer":
      return transformed(new Input(target.record("InputTransformer")), id);
    default:
      return (event) => event.text;
  }
}

function constant(target: Input): TargetInput {
  const text = target.text("Input", { maximum: 8_192 });
  try {
    JSON.parse(text);
  } catch {
    throw target.refuse("Input", text, "Member must be JSON text");
  }
  return () => text;
}

function part(target: Input): TargetInput {
  const text = target.text("InputPath", { maximum: 256 });
  const { steps } = eventPath(text, target, "InputPath");
  if (steps.length === 0) return (event) => event.text;
  return (event) => {
    const value = readSteps(event.envelope, steps);
    if (value === undefined) throw new ServiceError("INVALID_JSON", `InputPath ${text} leads nowhere`);
    return JSON.stringify(value);
  };
}

function transformed(input: Input, id: string): TargetInput {
  const given = input.only(["InputPathsMap", "InputTemplate"]).textMap("InputPathsMap");
  const names = Object.keys(given);
  if (names.length > MAXIMUM_VARIABLES)
    throw input.refuse("InputPathsMap", names.length, `at most ${MAXIMUM_VARIABLES} variables`);
  const reserved = names.find((name) => /^aws\./i.test(name));
  if (reserved !== undefined)
    throw input.refuse("InputPathsMap", reserved, 'names that do not start with "AWS."');
  const paths = Object.entries(given).map(
    ([name, path]) => [name, eventPath(path, input, `InputPathsMap.${name}`)] as const,
  );
  const template = readTemplate(
    input.text("InputTemplate", { minimum: 1, maximum: MAXIMUM_TEMPLATE }),
    names,
    id,
  );
  return (event, rule) => {
    const values: Record<string, unknown> = {};
    for (const [name, { steps }] of paths) values[name] = readSteps(event.envelope, steps);
    return template({ ...values, ...reservedValues(event, rule) });
  };
}

/** EventBridge, "Amazon EventBridge input transformation", "Predefined variables". */
function reservedValues(event: BusEvent, rule: { arn: string; name: string }): TemplateValues {
  const { detail: _detail, ...withoutDetail } = event.envelope;
  return {
    "aws.events.rule-arn": rule.arn,
    "aws.events.rule-name": rule.name,
    "aws.events.event.ingestion-time": new Date(event.accepted).toISOString(),
    "aws.events.event": withoutDetail,
    "aws.events.event.json": event.envelope as Json,
  };
}

function eventPath(text: string, input: Input, member: string): ReferencePath {
  try {
    const path = parsePath(text, member);
    if (path.root === "context") throw new Error(`${member} starts with a single $`);
    return path;
  } catch (error) {
    throw input.refuse(member, text, (error as Error).message);
  }
}
