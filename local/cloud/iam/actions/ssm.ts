import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, regional, rows, texts } from "./table.ts";

/** AWS Systems Manager Parameter Store. A version behind the name is no part of the parameter's ARN. */
function parameterArn(nameAndVersion: string, at: Place): string {
  const name = nameAndVersion.replace(/:\d+$/, "");
  if (name.startsWith("arn:")) return name;
  return regional("ssm", at, `parameter${name.startsWith("/") ? "" : "/"}${name}`);
}

const parameter = (input: Json, at: Place) => parameterArn(member(input, "Name"), at);
const tagged = (input: Json, at: Place) => parameterArn(member(input, "ResourceId"), at);
const each = (action: string) => (input: Json, at: Place) =>
  texts(input.Names).map((name) => ({ action, resource: parameterArn(name, at) }));

export const SSM_ACTIONS: ActionTable = {
  ...rows("ssm", parameter, "PutParameter", "GetParameter", "DeleteParameter", "GetParameterHistory"),
  ...rows("ssm", (input, at) => parameterArn(member(input, "Path"), at), "GetParametersByPath"),
  GetParameters: each("ssm:GetParameters"),
  DeleteParameters: each("ssm:DeleteParameters"),
  ...rows("ssm", tagged, "AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"),
  ...rows("ssm", anything, "DescribeParameters"),
};
