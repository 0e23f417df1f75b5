import { FieldError } from "./definition-problem.ts";
import { runtimeError } from "./errors.ts";
import { isObject, parsePath, readSteps, type Steps } from "./paths.ts";
import type { Catcher, Retrier } from "./retry.ts";
import { compileExpression, compileTemplate, type Evaluate } from "./template.ts";

export type Fields = Record<string, unknown>;

const COMMON = ["Type", "Comment", "QueryLanguage", "Next", "End"];
const SELECTING = ["InputPath", "OutputPath"];
const HANDLING = ["ResultSelector", "ResultPath", "Retry", "Catch"];

/** Fields of each state type in JSONPath (Step Functions, "Amazon States Language", and its state types' pages). */
export const STATE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: [
    ...COMMON,
    ...SELECTING,
    ...HANDLING,
    ...["Resource", "Parameters", "TimeoutSeconds", "TimeoutSecondsPath"],
  ],
  Pass: [...COMMON, ...SELECTING, "Result", "Parameters", "ResultPath"],
  Choice: ["Type", "Comment", "QueryLanguage", ...SELECTING, "Choices", "Default"],
  Wait: [...COMMON, ...SELECTING, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
  Parallel: [...COMMON, ...SELECTING, ...HANDLING, "Branches", "Parameters"],
  Map: [
    ...[...COMMON, ...SELECTING, ...HANDLING],
    ...["ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency"],
  ],
  Succeed: ["Type", "Comment", "QueryLanguage", ...SELECTING],
  Fail: ["Type", "Comment", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"],
};

/** What AWS has and the local cloud has not. */
const NOT_CARRIED_OUT = [
  ...["Assign", "Arguments", "Output", "Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath"],
  // Of Map: what distributed mode has, and former names of ItemProcessor.
  ...["ItemReader", "ItemBatcher", "ResultWriter", "Label", "Iterator", "MaxConcurrencyPath"],
  ...["ToleratedFailureCount", "ToleratedFailurePercentage"],
];

const MAXIMUM_SECONDS = 99_999_999;
const MAXIMUM_DELAY_SECONDS = 31_622_399;

/** Reads the fields of one state. Whatever is missing or malformed is refused with a FieldError. */
export class StateFields {
  readonly name: string;
  readonly fields: Fields;

  constructor(name: string, fields: Fields) {
    this.name = name;
    this.fields = fields;
    const type = fields.Type;
    const known = typeof type === "string" && Object.hasOwn(STATE_FIELDS, type) ? STATE_FIELDS[type] : null;
    if (!known)
      throw new FieldError(
        "Type",
        `Type is ${JSON.stringify(type)}; carried out are ${Object.keys(STATE_FIELDS).join(", ")}`,
      );
    for (const field of Object.keys(fields)) {
      if (NOT_CARRIED_OUT.includes(field))
        throw new FieldError(field, `${name}.${field} is not carried out by the local cloud`);
      if (!known.includes(field)) throw new FieldError(field, `Field is not supported: ${field}`);
    }
    if (fields.QueryLanguage !== undefined && fields.QueryLanguage !== "JSONPath")
      throw new FieldError(
        "QueryLanguage",
        `QueryLanguage is ${JSON.stringify(fields.QueryLanguage)}; carried out is JSONPath`,
      );
  }

  has(field: string): boolean {
    return Object.hasOwn(this.fields, field);
  }

  text(field: string): string {
    const value = this.fields[field];
    if (typeof value !== "string" || value === "")
      throw new FieldError(field, `${field} is ${JSON.stringify(value)}; allowed is a string`);
    return value;
  }

  list(field: string): unknown[] {
    const value = this.fields[field];
    if (!Array.isArray(value) || value.length === 0)
      throw new FieldError(field, `${field} must be a list that is not empty`);
    return value;
  }

  template(field: string): Evaluate | undefined {
    return this.has(field)
      ? this.#in(field, () => compileTemplate(this.fields[field], `${this.name}.${field}`))
      : undefined;
  }

  /** A path or an intrinsic function. */
  expression(field: string): Evaluate | undefined {
    return this.has(field)
      ? this.#in(field, () => compileExpression(this.fields[field], `${this.name}.${field}`, field))
      : undefined;
  }

  /** InputPath or OutputPath; null gives an empty object. */
  selection(field: string): Evaluate | null {
    const value = this.has(field) ? this.fields[field] : "$";
    if (value === null) return null;
    if (typeof value !== "string" || !value.startsWith("$"))
      throw new FieldError(field, `${field} is ${JSON.stringify(value)}; allowed is a path`);
    const { root, steps } = this.#in(field, () => parsePath(value, `${this.name}.${field}`));
    if (root === "data" && steps.length === 0) return (data) => data;
    return (data, given) => {
      const found = readSteps(root === "data" ? data : given.context, steps);
      if (found !== undefined) return found;
      const places = steps.map((step) => (typeof step === "number" ? `[${step}]` : `['${step}']`)).join("");
      throw runtimeError(`Invalid path '${value}' : No results for path: $${places}`);
    };
  }

  /** Where a result goes: a path into the state's input. */
  resultPath(): Steps | null {
    return resultPath(this.fields, "ResultPath", `${this.name}.ResultPath`);
  }

  /** Where a state leads; undefined ends its block. */
  next(): string | undefined {
    if (this.fields.End === true && !this.has("Next")) return undefined;
    if (this.has("End") && this.fields.End !== false)
      throw new FieldError("End", "allowed is either Next or End, and End as true");
    return this.text("Next");
  }

  seconds(field: string, minimum: number): number {
    return integer(this.fields, field, minimum, MAXIMUM_SECONDS) ?? minimum;
  }

  retriers(): Retrier[] {
    return this.#rules("Retry").map((rule, index) => {
      const jitter = rule.JitterStrategy ?? "NONE";
      if (jitter !== "FULL" && jitter !== "NONE")
        throw new FieldError(
          `Retry[${index}]/JitterStrategy`,
          `JitterStrategy is ${JSON.stringify(jitter)}; allowed are FULL and NONE`,
        );
      const rate = rule.BackoffRate ?? 2;
      if (typeof rate !== "number" || rate < 1)
        throw new FieldError(
          `Retry[${index}]/BackoffRate`,
          `BackoffRate is ${JSON.stringify(rate)}; allowed is a number of at least 1`,
        );
      return {
        errors: rule.ErrorEquals as string[],
        intervalSeconds: integer(rule, "IntervalSeconds", 1, MAXIMUM_SECONDS) ?? 1,
        backoffRate: rate,
        maximumAttempts: integer(rule, "MaxAttempts", 0, MAXIMUM_SECONDS) ?? 3,
        maximumDelaySeconds:
          integer(rule, "MaxDelaySeconds", 1, MAXIMUM_DELAY_SECONDS) ?? Number.POSITIVE_INFINITY,
        hasFullJitter: jitter === "FULL",
      };
    });
  }

  catchers(): Catcher[] {
    return this.#rules("Catch").map((rule, index) => {
      if (typeof rule.Next !== "string")
        throw new FieldError(`Catch[${index}]/Next`, "These fields are required: [Next]");
      return {
        errors: rule.ErrorEquals as string[],
        next: rule.Next,
        resultPath: resultPath(rule, "ResultPath", `${this.name}.Catch[${index}].ResultPath`),
      };
    });
  }

  /** Retriers or catchers: States.ALL stands alone and last (Step Functions, "Handling errors in workflows"). */
  #rules(field: string): Fields[] {
    if (!this.has(field)) return [];
    const rules = this.fields[field];
    if (!Array.isArray(rules)) throw new FieldError(field, `${field} must be a list`);
    rules.forEach((rule: unknown, index) => {
      const names: unknown = isObject(rule) ? rule.ErrorEquals : undefined;
      const where = `${field}[${index}]/ErrorEquals`;
      if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string"))
        throw new FieldError(where, "ErrorEquals must be a list of error names that is not empty");
      if (names.includes("States.ALL") && (names.length > 1 || index < rules.length - 1))
        throw new FieldError(where, "States.ALL must appear alone, and in the last rule");
    });
    return rules as Fields[];
  }

  #in<T>(field: string, carryOut: () => T): T {
    try {
      return carryOut();
    } catch (error) {
      throw error instanceof FieldError ? error : new FieldError(field, (error as Error).message);
    }
  }
}

function resultPath(fields: Fields, field: string, where: string): Steps | null {
  const value = Object.hasOwn(fields, field) ? fields[field] : "$";
  if (value === null) return null;
  const path = parsePath(String(value), where);
  if (path.root === "context") throw new FieldError(field, `${where} may not lead into the context`);
  return path.steps;
}

function integer(fields: Fields, field: string, minimum: number, maximum: number): number | undefined {
  const value = fields[field];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < minimum || value > maximum)
    throw new FieldError(
      field,
      `${field} is ${JSON.stringify(value)}; allowed is an integer from ${minimum} to ${maximum}`,
    );
  return value;
}
