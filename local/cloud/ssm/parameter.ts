import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** One version of a parameter. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly tier: string;
  readonly dataType: string;
  readonly description: string | undefined;
  readonly allowedPattern: string | undefined;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly modifiedBy: string;
  readonly tags: Record<string, string>;
}

const MAXIMUM_NAME_LENGTH = 1011;
const MAXIMUM_LEVELS = 15;

/** Checks a name as PutParameter does (AWS Systems Manager API Reference, PutParameter, "Name"). */
export function checkName(name: string): string {
  const refuse = (reason: string): ServiceError =>
    new ServiceError("ValidationException", `Parameter name "${name.slice(0, 100)}" is invalid: ${reason}`);
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name))
    throw refuse("only letters, digits and the symbols . - _ / are allowed.");
  if (name.length > MAXIMUM_NAME_LENGTH) throw refuse(`it has more than ${MAXIMUM_NAME_LENGTH} characters.`);
  if (name.includes("/") && !name.startsWith("/"))
    throw refuse("it must be a fully qualified name, starting with /.");
  if (name.endsWith("/")) throw refuse("it must not end with /.");
  if (name.split("/").length - 1 > MAXIMUM_LEVELS)
    throw new ServiceError(
      "HierarchyLevelLimitExceededException",
      `A hierarchy can have a maximum of ${MAXIMUM_LEVELS} levels.`,
    );
  if (/^\/?(aws|ssm)/i.test(name))
    throw refuse('it must not be prefixed with "aws" or "ssm" (case-insensitive).');
  return name;
}

/** ARN of a parameter; `prefix` is `arn:aws:ssm:<region>:<account>`. */
export function parameterArn(name: string, prefix: string): string {
  return `${prefix}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

/** A parameter as GetParameter shows it. */
export function showParameter(parameter: Parameter, prefix: string): Json {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: parameter.modifiedAt / 1000,
    ARN: parameterArn(parameter.name, prefix),
    DataType: parameter.dataType,
  };
}
