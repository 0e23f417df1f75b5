import { createHash, randomUUID } from "node:crypto";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type CompiledDefinition, compile, executionSeconds } from "./compile.ts";
import { isObject } from "./paths.ts";

/** A state machine as it stands; an execution keeps the one that it started with. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly type: "STANDARD" | "EXPRESS";
  readonly roleArn: string;
  readonly definitionText: string;
  readonly plans: CompiledDefinition["plans"];
  readonly interpreter: StateMachine;
  readonly loggingConfiguration: Json;
  readonly tracingConfiguration: Json;
  readonly tags: unknown;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly updated: number;
  readonly revisionId: string;
}

/** Parts of a request that every change of a state machine takes. */
const CHANGEABLE = ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"];
const CREATION = [...CHANGEABLE, "name", "type", "tags", "publish", "versionDescription"];

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
  if (input.publish === true)
    throw new ServiceError("ValidationException", "publish is true; the local cloud keeps no versions");
  const base = {
    arn: `arn:aws:states:${region}:${account}:stateMachine:${name}`,
    ...({ name, region, type, tags: input.tags ?? [], created: now } as const),
  };
  return { ...base, ...changes(base.type, { ...DEFAULTS, ...input }, now), updated: now };
}

const DEFAULTS: Json = { loggingConfiguration: { level: "OFF" }, tracingConfiguration: { enabled: false } };

/** The state machine after UpdateStateMachine. */
export function changedMachine(machine: Machine, input: Json, now: number): Machine {
  refuseOthers(input, [...CHANGEABLE, "stateMachineArn", "publish", "versionDescription"]);
  const current = {
    ...{ definition: machine.definitionText, roleArn: machine.roleArn },
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
  };
  return { ...machine, ...changes(machine.type, { ...current, ...input }, now, machine), updated: now };
}

function refuseOthers(input: Json, known: readonly string[]): void {
  for (const field of Object.keys(input))
    if (!known.includes(field) && input[field] !== undefined)
      throw new ServiceError(
        "ValidationException",
        `${field} is not carried out here; allowed: ${known.join(", ")}`,
      );
}

function changes(type: string, input: Json, _now: number, before?: Machine) {
  if (typeof input.roleArn !== "string" || !/^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(input.roleArn))
    throw new ServiceError("InvalidArn", `Invalid Role Arn: ${JSON.stringify(input.roleArn)}`);
  if (typeof input.definition !== "string")
    throw new ServiceError(
      "InvalidDefinition",
      "definition must be the text of an Amazon States Language object",
    );
  const same = before?.definitionText === input.definition ? before : undefined;
  return {
    roleArn: input.roleArn,
    definitionText: input.definition,
    ...(same ? { plans: same.plans, interpreter: same.interpreter } : interpret(input.definition, type)),
    loggingConfiguration: isObject(input.loggingConfiguration) ? input.loggingConfiguration : {},
    tracingConfiguration: isObject(input.tracingConfiguration) ? input.tracingConfiguration : {},
    revisionId: before
      ? randomUUID()
      : createHash("sha256").update(input.definition).digest("hex").slice(0, 32),
  };
}

/** Checks the definition and prepares the interpreter, once for all executions: that takes some 60 ms. */
function interpret(text: string, type: string): Pick<Machine, "plans" | "interpreter"> {
  try {
    const definition: unknown = JSON.parse(text);
    if (!isObject(definition)) throw new Error("the definition is not an object");
    const compiled = compile(definition, executionSeconds(type));
    new StateMachine(definition as unknown as StateMachineDefinition);
    const flow = compiled.definition as unknown as StateMachineDefinition;
    const interpreter = new StateMachine(flow, { validationOptions: { noValidate: true } });
    return { plans: compiled.plans, interpreter };
  } catch (error) {
    throw new ServiceError(
      "InvalidDefinition",
      `Invalid State Machine Definition: ${(error as Error).message}`,
    );
  }
}
