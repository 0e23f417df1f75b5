import { Input, isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Queue } from "./queue.ts";

/** Amazon SQS API Reference, AddPermission: actions a statement, and characters of a label. */
const MAXIMUM_ACTIONS = 7;
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;

/** AddPermission: a statement of the queue's policy under a label of its own. */
export function addPermission(queue: Queue, json: Json): void {
  const input = new Input(json, "InvalidParameterValue").only([
    "QueueUrl",
    "Label",
    "AWSAccountIds",
    "Actions",
  ]);
  const label = input.text("Label", { pattern: LABEL });
  const actions = input.texts("Actions");
  const accounts = input.texts("AWSAccountIds");
  if (accounts.length === 0 || !accounts.every((account) => /^\d{12}$/.test(account)))
    throw input.refuse("AWSAccountIds", accounts, "Members must be account ids of 12 digits");
  if (actions.length === 0) throw input.refuse("Actions", actions, "Member must not be empty");
  if (actions.length > MAXIMUM_ACTIONS)
    throw new ServiceError(
      "OverLimit",
      `${actions.length} Actions were found, maximum is ${MAXIMUM_ACTIONS}.`,
    );
  const statements = statementsOf(queue);
  if (statements.some(({ Sid }) => Sid === label))
    throw new ServiceError(
      "InvalidParameterValue",
      `Value ${label} for parameter Label is invalid. Reason: Already exists.`,
    );
  write(queue, [
    ...statements,
    {
      Sid: label,
      Effect: "Allow",
      Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },
      Action: actions.map((action) => `SQS:${action}`),
      Resource: queue.arn,
    },
  ]);
}

/** RemovePermission: takes the statement of a label away. */
export function removePermission(queue: Queue, json: Json): void {
  const label = new Input(json, "InvalidParameterValue").only(["QueueUrl", "Label"]).text("Label");
  const statements = statementsOf(queue);
  const rest = statements.filter(({ Sid }) => Sid !== label);
  if (rest.length === statements.length)
    throw new ServiceError(
      "InvalidParameterValue",
      `Value ${label} for parameter Label is invalid. Reason: can't find label on existing policy.`,
    );
  write(queue, rest);
}

function policyOf(queue: Queue): Json {
  const policy: unknown = JSON.parse(queue.attributes.Policy ?? "null");
  return isJson(policy) ? policy : { Version: "2008-10-17", Id: `${queue.arn}/SQSDefaultPolicy` };
}

function statementsOf(queue: Queue): Json[] {
  const { Statement = [] } = policyOf(queue);
  return (Array.isArray(Statement) ? Statement : [Statement]).filter(isJson);
}

function write(queue: Queue, statements: readonly Json[]): void {
  const { Policy, ...others } = queue.attributes;
  queue.attributes =
    statements.length > 0
      ? { ...others, Policy: JSON.stringify({ ...policyOf(queue), Statement: statements }) }
      : others;
}
