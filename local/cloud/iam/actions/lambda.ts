import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, passed, regional, rows } from "./table.ts";

/** AWS Lambda. A function may be given by name, by partial or by whole ARN, with or without a qualifier. */
function parts(input: Json): { name: string; qualifier: string } {
  const given = member(input, "FunctionName").split(":");
  const start = given[0] === "arn" ? 6 : given[1] === "function" ? 2 : 0;
  return { name: given[start] ?? "", qualifier: given[start + 1] ?? member(input, "Qualifier") };
}

const unqualified = (input: Json, at: Place) => regional("lambda", at, `function:${parts(input).name}`);

/** With the qualifier, if there is one ("Resources and conditions for Lambda actions"). */
function qualified(input: Json, at: Place): string {
  const { name, qualifier } = parts(input);
  return regional("lambda", at, qualifier === "" ? `function:${name}` : `function:${name}:${qualifier}`);
}

const withRole = (action: string) => (input: Json, at: Place) => [
  { action, resource: unqualified(input, at) },
  ...passed(input.Role, "lambda.amazonaws.com"),
];
const mapping = (input: Json, at: Place) =>
  regional("lambda", at, `event-source-mapping:${member(input, "UUID")}`);

export const LAMBDA_ACTIONS: ActionTable = {
  Invoke: (input, at) => [{ action: "lambda:InvokeFunction", resource: qualified(input, at) }],
  CreateFunction: withRole("lambda:CreateFunction"),
  UpdateFunctionConfiguration: withRole("lambda:UpdateFunctionConfiguration"),
  ...rows("lambda", unqualified, "UpdateFunctionCode", "DeleteFunction", "PublishVersion"),
  ...rows("lambda", qualified, "GetFunction", "GetFunctionConfiguration"),
  ...rows("lambda", unqualified, "PutFunctionConcurrency", "DeleteFunctionConcurrency"),
  ...rows("lambda", unqualified, "GetFunctionConcurrency", "ListVersionsByFunction"),
  ...rows("lambda", unqualified, "CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias", "ListAliases"),
  ...rows("lambda", qualified, "PutProvisionedConcurrencyConfig", "GetProvisionedConcurrencyConfig"),
  ...rows("lambda", qualified, "DeleteProvisionedConcurrencyConfig", "ListProvisionedConcurrencyConfigs"),
  ...rows("lambda", qualified, "PutFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig"),
  ...rows("lambda", qualified, "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"),
  ...rows("lambda", qualified, "ListFunctionEventInvokeConfigs"),
  ...rows("lambda", qualified, "AddPermission", "RemovePermission", "GetPolicy"),
  ...rows("lambda", (input) => member(input, "Resource"), "TagResource", "UntagResource", "ListTags"),
  ...rows("lambda", mapping, "GetEventSourceMapping", "UpdateEventSourceMapping"),
  ...rows("lambda", mapping, "DeleteEventSourceMapping"),
  ...rows("lambda", anything, "CreateEventSourceMapping", "ListEventSourceMappings"),
  ...rows("lambda", anything, "ListFunctions", "GetAccountSettings"),
};
