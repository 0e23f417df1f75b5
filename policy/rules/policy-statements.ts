import { member, UNKNOWN } from "./rule.ts";

/** A statement of a policy document, with its lists always as lists. */
export interface PolicyStatement {
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  readonly hasCondition: boolean;
}

/**
 * The statements of a policy document given as JSON text or object; UNKNOWN where a preview does not know it, and
 * undefined where there is none. Throws for text that is not JSON.
 */
export function statementsOf(document: unknown): readonly PolicyStatement[] | typeof UNKNOWN | undefined {
  if (document === UNKNOWN) return UNKNOWN;
  if (document === undefined || document === null) return undefined;
  const parsed: unknown = typeof document === "string" ? JSON.parse(document) : document;
  return asList(member(parsed, "Statement")).map((statement) => ({
    effect: member(statement, "Effect"),
    actions: texts(member(statement, "Action")),
    notActions: texts(member(statement, "NotAction")),
    resources: texts(member(statement, "Resource")),
    principals: principals(member(statement, "Principal")),
    hasCondition: Object.keys(Object(member(statement, "Condition"))).length > 0,
  }));
}

/** Statements that allow something; empty where the document is unknown or absent. */
export function allowing(document: unknown): readonly PolicyStatement[] {
  const statements = statementsOf(document);
  return Array.isArray(statements) ? statements.filter(({ effect }) => effect === "Allow") : [];
}

function principals(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

function texts(value: unknown): string[] {
  return asList(value).filter((each): each is string => typeof each === "string");
}

function asList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
