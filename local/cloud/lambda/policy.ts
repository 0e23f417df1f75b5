import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type FunctionRecord, referenceOf, versionOf } from "./functions.ts";
import { checkRevision, finder, invalid, type ManageNeeds } from "./manage.ts";

const MEMBERS = [
  ...["FunctionName", "StatementId", "Action", "Principal", "SourceArn", "SourceAccount", "Qualifier"],
  ...["PrincipalOrgID", "RevisionId"],
];

/** The operations on resource policies, on tags and on the account. */
export function policyOperations(needs: ManageNeeds): Record<string, Operation> {
  const find = finder(needs);

  /** The statements for the qualifier that a request names; versions, aliases and the function have their own. */
  function statementsOf(
    input: Json,
    call: Call,
  ): { record: FunctionRecord; key: string; statements: Json[] } {
    const record = find(input, call);
    const { qualifier } = referenceOf(input);
    if (qualifier !== undefined) versionOf(record, qualifier);
    const key = qualifier ?? "";
    return { record, key, statements: record.policies.get(key) ?? [] };
  }

  function add(input: Json, call: Call): Json {
    const unknown = Object.keys(input).find((name) => input[name] !== undefined && !MEMBERS.includes(name));
    if (unknown) throw invalid(`${unknown} is not carried out here; allowed: ${MEMBERS.join(", ")}`);
    const { record, key, statements } = statementsOf(input, call);
    checkRevision(input, record.latest.revisionId);
    const { StatementId, Action, Principal } = input;
    if (typeof StatementId !== "string" || !/^[\w-]{1,100}$/.test(StatementId))
      throw invalid(`StatementId is ${JSON.stringify(StatementId)}; allowed: ([a-zA-Z0-9-_]+)`);
    if (typeof Action !== "string" || !/^(lambda:[*]|lambda:[a-zA-Z]+|[*])$/.test(Action))
      throw invalid(`Action is ${JSON.stringify(Action)}; allowed: (lambda:[*]|lambda:[a-zA-Z]+|[*])`);
    if (typeof Principal !== "string" || Principal === "")
      throw invalid(`Principal is ${JSON.stringify(Principal)}; allowed: a service, an account, a role or *`);
    if (statements.some(({ Sid }) => Sid === StatementId))
      throw new ServiceError(
        "ResourceConflictException",
        `The statement id (${StatementId}) provided already exists. Please provide a new statement id, or remove ` +
          "the existing statement.",
        409,
      );
    const Condition = {
      ...(input.SourceArn ? { ArnLike: { "AWS:SourceArn": input.SourceArn } } : {}),
      ...(input.SourceAccount || input.PrincipalOrgID
        ? {
            StringEquals: {
              ...(input.SourceAccount ? { "AWS:SourceAccount": input.SourceAccount } : {}),
              ...(input.PrincipalOrgID ? { "aws:PrincipalOrgID": input.PrincipalOrgID } : {}),
            },
          }
        : {}),
    };
    const statement: Json = {
      Sid: StatementId,
      Effect: "Allow",
      Principal: principalOf(Principal),
      Action,
      Resource: key === "" ? record.arn : `${record.arn}:${key}`,
      ...(Object.keys(Condition).length > 0 ? { Condition } : {}),
    };
    record.policies.set(key, [...statements, statement]);
    return { Statement: JSON.stringify(statement) };
  }

  const tagged = (input: Json, call: Call): FunctionRecord => find({ FunctionName: input.Resource }, call);

  return {
    AddPermission: add,
    GetPolicy(input, call) {
      const { record, key } = statementsOf(input, call);
      const Policy = policyText(record, key);
      if (Policy === undefined) throw notFound("The resource you requested does not exist.");
      return { Policy, RevisionId: record.latest.revisionId };
    },
    RemovePermission(input, call) {
      const { record, key, statements } = statementsOf(input, call);
      checkRevision(input, record.latest.revisionId);
      const left = statements.filter(({ Sid }) => Sid !== input.StatementId);
      if (left.length === statements.length)
        throw notFound(`Statement ${String(input.StatementId)} is not found in resource policy.`);
      record.policies.set(key, left);
    },
    ListTags: (input, call) => ({ Tags: tagged(input, call).tags }),
    TagResource(input, call) {
      Object.assign(tagged(input, call).tags, input.Tags);
    },
    UntagResource(input, call) {
      const { tags } = tagged(input, call);
      for (const key of (input.TagKeys ?? []) as string[]) delete tags[key];
    },
  };
}

/** The resource policy of a function (qualifier ""), a version or an alias, as JSON text. */
export function policyText(record: FunctionRecord, qualifier: string): string | undefined {
  const Statement = record.policies.get(qualifier) ?? [];
  return Statement.length === 0
    ? undefined
    : JSON.stringify({ Version: "2012-10-17", Id: "default", Statement });
}

function principalOf(principal: string): unknown {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  return principal.startsWith("arn:") ? { AWS: principal } : { Service: principal };
}

function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message, 404, { Type: "User" });
}
