import { isJson } from "../../input.ts";
import type { Json } from "../../service.ts";

const EXPRESSIONS = [
  "UpdateExpression",
  "ConditionExpression",
  "ProjectionExpression",
  "KeyConditionExpression",
];

/** Words of the expression language that are no attribute names (DynamoDB Developer Guide, "Expressions"). */
const KEYWORDS = new Set([
  ...["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"],
  ...["ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS", "ATTRIBUTE_TYPE", "BEGINS_WITH", "CONTAINS", "SIZE"],
  ...["IF_NOT_EXISTS", "LIST_APPEND"],
]);

/**
 * What fine-grained access control sees of a request for one item: the top-level attributes that it names
 * (`dynamodb:Attributes`) and what it wants back (`dynamodb:ReturnValues`) (DynamoDB Developer Guide, "Using IAM policy
 * conditions for fine-grained access control").
 */
export function itemContext(input: Json): Record<string, string | readonly string[]> {
  const names = new Set<string>();
  for (const part of ["Key", "Item"]) for (const name of keysOf(input[part])) names.add(name);
  const aliases = isJson(input.ExpressionAttributeNames) ? input.ExpressionAttributeNames : {};
  for (const expression of EXPRESSIONS)
    for (const name of namesIn(String(input[expression] ?? ""))) names.add(String(aliases[name] ?? name));
  return {
    "dynamodb:Attributes": [...names],
    ...(typeof input.ReturnValues === "string" && { "dynamodb:ReturnValues": input.ReturnValues }),
  };
}

function keysOf(value: unknown): string[] {
  return isJson(value) ? Object.keys(value) : [];
}

/** Names at the top level: what follows a dot is a part of them, and what follows a colon a value. */
function namesIn(expression: string): string[] {
  const found = expression.match(/(?<![.\w:#])#?[A-Za-z_]\w*/g) ?? [];
  return found.filter((word) => !KEYWORDS.has(word.toUpperCase()));
}
