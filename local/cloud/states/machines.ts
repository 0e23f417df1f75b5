import { createHash, randomUUID } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { compile } from "./compile.ts";
import type { Definition } from "./definition.ts";
import { isObject } from "./paths.ts";
import { seconds } from "./requests.ts";

/** A state machine as it stands; an execution keeps the one that it started with. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly type: "STANDARD" | "EXPRESS";
  readonly roleArn: string;
  readonly definitionText: string;
  readonly definition: Definition;
  readonly loggingConfiguration: Json;
  readonly tracingConfiguration: Json;
  readonly tags: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly updated: number;
  readonly revisionId: string;
}

/** Parts of a request that every change of a state machine takes. */
const CHANGEABLE = ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"];
const CREATION = [...CHANGEABLE, "name", "type", "tags", "publish", "versionDescription"];

const LEVELS = ["ALL", "ERROR", "FATAL", "OFF"];

/** The state machine that CreateStateMachine describes. Throws the ServiceError that AWS would answer. */
export function newMachine(input: Json, region: string, account: string, now: number): Machine {
  refuseOthers(input, CREATION);
  const name = input.name;
  if (typeof name !== "string" || !/^[\w-]{1,80}$/.test(name))
    throw new ServiceError(
      "InvalidName",
      `Invalid Name: ${JSON.stringify(name)}; allowed: ^[A-Za-z0-9_-]{1,80}$`,
    );
  const type = input.type ?? "STANDARD";
  if (type !== "STANDARD" && type !== "EXPRESS")
    throw new ServiceError(
      "ValidationException",
      `type is ${JSON.stringify(type)}; allowed: STANDARD, EXPRESS`,
    );
  refusePublishing(input);
  const base = {
    arn: `arn:aws:states:${region}:${account}:stateMachine:${name}`,
    ...({ name, region, type, tags: tagsOf(input.tags), created: now, updated: now } as const),
  };
  return { ...base, ...changes({ ...DEFAULTS, ...input }) };
}

const DEFAULTS: Json = {
  loggingConfiguration: { level: "OFF", includeExecutionData: false },
  tracingConfiguration: { enabled: false },
};

/** The state machine after UpdateStateMachine, which executions that run do not see. */
export function changedMachine(machine: Machine, input: Json, now: number): Machine {
  refuseOthers(input, [...CHANGEABLE, "stateMachineArn", "publish", "versionDescription"]);
  refusePublishing(input);
  if (!CHANGEABLE.some((field) => input[field] !== undefined))
    throw new ServiceError(
      "MissingRequiredParameter",
      `Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified`,
    );
  const current = {
    ...{ definition: machine.definitionText, roleArn: machine.roleArn },
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
  };
  return { ...machine, ...changes({ ...current, ...input }, machine), updated: now };
}

/** A state machine as DescribeStateMachine shows it. */
export function describeMachine(machine: Machine): Json {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: "ACTIVE",
    definition: machine.definitionText,
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: seconds(machine.created),
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
    revisionId: machine.revisionId,
  };
}

/** Tags of a request, which are a list of keys and values in lower case. */
export function tagsOf(tags: unknown): Map<string, string> {
  if (tags === undefined) return new Map();
  if (!Array.isArray(tags)) throw new ServiceError("ValidationException", "tags must be a list");
  return new Map(
    tags.map((tag: unknown) => {
      const { key, value = "" } = isObject(tag) ? tag : {};
      if (typeof key !== "string" || typeof value !== "string")
        throw new ServiceError(
          "ValidationException",
          `A tag is ${JSON.stringify(tag)}; it has key and value`,
        );
      return [key, value];
    }),
  );
}

function refusePublishing(input: Json): void {
  if (input.publish === true || input.versionDescription !== undefined)
    throw new ServiceError("ValidationException", "publish is set; the local cloud keeps no versions");
}

function refuseOthers(input: Json, known: readonly string[]): void {
  for (const field of Object.keys(input))
    if (!known.includes(field) && input[field] !== undefined)
      throw new ServiceError(
        "ValidationException",
        `${field} is not carried out here; allowed: ${known.join(", ")}`,
      );
}

function changes(input: Json, before?: Machine) {
  if (typeof input.roleArn !== "string" || !/^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(input.roleArn))
    throw new ServiceError("InvalidArn", `Invalid Role Arn: ${JSON.stringify(input.roleArn)}`);
  if (typeof input.definition !== "string")
    throw new ServiceError(
      "InvalidDefinition",
      "Invalid State Machine Definition: it must be the text of an Amazon States Language object",
    );
  const isSame = before?.definitionText === input.definition;
  return {
    roleArn: input.roleArn,
    definitionText: input.definition,
    definition: isSame && before ? before.definition : definitionOf(input.definition),
    loggingConfiguration: loggingOf(input.loggingConfiguration),
    tracingConfiguration: isObject(input.tracingConfiguration) ? input.tracingConfiguration : {},
    revisionId: before
      ? randomUUID()
      : createHash("sha256").update(input.definition).digest("hex").slice(0, 32),
  };
}

function loggingOf(value: unknown): Json {
  const configuration = isObject(value) ? value : {};
  const { level = "OFF", destinations = [] } = configuration;
  const refuse = (why: string) =>
    new ServiceError("InvalidLoggingConfiguration", `Invalid Logging Configuration: ${why}`);
  if (!LEVELS.includes(String(level)))
    throw refuse(`level is ${JSON.stringify(level)}; allowed are ${LEVELS.join(", ")}`);
  if (level !== "OFF" && (!Array.isArray(destinations) || destinations.length !== 1))
    throw refuse("Must specify exactly one Log Destination.");
  return configuration;
}

/** Throws InvalidDefinition with everything that is wrong with it. */
function definitionOf(text: string): Definition {
  try {
    return compile(text);
  } catch (error) {
    throw new ServiceError(
      "InvalidDefinition",
      `Invalid State Machine Definition: '${(error as Error).message}'`,
    );
  }
}
