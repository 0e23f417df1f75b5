import { expect } from "chai";
import fc from "fast-check";
import { arnsOf } from "../../components/arns.ts";
import { identityPolicy, PRINCIPAL_SERVICES, permissionsOf } from "../../components/iam.ts";
import { namesOf, type Principal } from "../../components/naming.ts";
import { trustPolicy } from "../../components/policy-document.ts";
import { keyPolicy } from "../../components/storage/key-policy.ts";
import { decide, type Policies } from "../../local/cloud/iam/evaluate.ts";
import type { NamedPolicy, PermissionRequest } from "../../local/cloud/iam/model.ts";
import { checkPolicy, compiledPolicy } from "../../local/cloud/iam/policy.ts";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import { evaluateStack } from "../support/program.ts";

const ACCOUNT = "000000000000";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/recorder`;
const OTHER_ROLE = `arn:aws:iam::${ACCOUNT}:role/enricher`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:rejects-dev`;
const RULE = `arn:aws:events:us-east-1:${ACCOUNT}:rule/trades-dev/source-system1`;

type Statement = Record<string, unknown>;

function policy(...statements: Statement[]): NamedPolicy {
  return { name: "p", document: { Version: "2012-10-17", Statement: statements } };
}

const allow = (more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action: "sqs:SendMessage",
  Resource: QUEUE,
  ...more,
});

function request(more: Partial<PermissionRequest> = {}): PermissionRequest {
  return { principal: ROLE, action: "sqs:SendMessage", resource: QUEUE, context: {}, ...more };
}

const outcome = (policies: Policies, more: Partial<PermissionRequest> = {}) => {
  const { isAllowed, denial } = decide(request(more), policies);
  return isAllowed ? "allowed" : denial;
};

/** Whether a condition is satisfied in a context. */
function isMet(
  operator: string,
  key: string,
  value: unknown,
  context: PermissionRequest["context"],
): boolean {
  const identity = [policy(allow({ Condition: { [operator]: { [key]: value } } }))];
  return decide(request({ context }), { identity }).isAllowed;
}

// IAM User Guide, "Policy evaluation logic" and "Policy evaluation for requests within a single account".
describe("the decision about a request", () => {
  it("is an implicit deny where nothing allows it", () => {
    expect(decide(request(), { identity: [] })).to.deep.equal({
      isAllowed: false,
      denial: "implicit",
      statements: [],
    });
  });

  it("names the statements that allow it, and the one that denies it", () => {
    const identity = [policy({ Effect: "Allow", Action: "sns:*", Resource: "*" }, allow({ Sid: "Send" }))];
    expect(decide(request(), { identity }).statements).to.deep.equal([
      { policy: "p", index: 1, sid: "Send" },
    ]);
    const resource = {
      name: "queue policy",
      document: policy(allow({ Effect: "Deny", Principal: "*", Sid: "No" })).document,
    };
    expect(decide(request(), { identity, resource })).to.deep.equal({
      isAllowed: false,
      denial: "explicit",
      statements: [{ policy: "queue policy", index: 0, sid: "No" }],
    });
  });

  it("is allowed by the identity or by the resource's policy, and either one's deny wins", () => {
    const identity = [policy(allow())];
    const deny = policy(allow({ Effect: "Deny" }));
    const resource = policy(allow({ Principal: { AWS: ROLE } }));
    const denied = policy(allow({ Principal: { AWS: ROLE }, Effect: "Deny" }));
    expect(outcome({ identity })).to.equal("allowed");
    expect(outcome({ identity: [], resource })).to.equal("allowed");
    expect(outcome({ identity: [deny], resource })).to.equal("explicit");
    expect(outcome({ identity, resource: denied })).to.equal("explicit");
  });

  it("allows a service by the resource's policy only", () => {
    const principal = "events.amazonaws.com";
    const everything = policy({ Effect: "Allow", Action: "*", Resource: "*" });
    expect(outcome({ identity: [everything] }, { principal })).to.equal("implicit");
    const named = policy(allow({ Principal: { Service: principal } }));
    expect(outcome({ identity: [], resource: named }, { principal })).to.equal("allowed");
    expect(outcome({ identity: [], resource: named }, { principal: "sns.amazonaws.com" })).to.equal(
      "implicit",
    );
  });

  it("wants every boundary to allow it too", () => {
    const identity = [policy(allow())];
    const open = policy({ Effect: "Allow", Action: "sqs:*", Resource: "*" });
    const closed = policy({ Effect: "Allow", Action: "sns:*", Resource: "*" });
    expect(outcome({ identity, boundaries: [open] })).to.equal("allowed");
    expect(outcome({ identity, boundaries: [open, closed] })).to.equal("implicit");
    expect(outcome({ identity: [], boundaries: [open] })).to.equal("implicit");
  });

  // "AWS JSON policy elements: Principal", account principals: the account decides by its identity policies.
  it("leaves roles of an account that a resource's policy names to their identity policies", () => {
    const resource = policy(allow({ Principal: { AWS: ACCOUNT } }));
    expect(outcome({ identity: [], resource })).to.equal("implicit");
    expect(outcome({ identity: [], resource }, { principal: ROOT })).to.equal("allowed");
    const deny = policy(allow({ Effect: "Deny", Principal: { AWS: ROOT } }));
    expect(outcome({ identity: [policy(allow())], resource: deny })).to.equal("explicit");
  });

  // "AWS JSON policy elements: NotPrincipal".
  it("denies everybody but whom NotPrincipal names", () => {
    const resource = policy(allow({ Effect: "Deny", NotPrincipal: { AWS: [ROLE, ROOT] } }));
    const identity = [policy(allow())];
    expect(outcome({ identity, resource })).to.equal("allowed");
    expect(outcome({ identity, resource }, { principal: OTHER_ROLE })).to.equal("explicit");
  });
});

// AWS KMS Developer Guide, "Default key policy"; IAM User Guide, "Role trust policies".
describe("a decision that the resource's own policy must make", () => {
  const delegation = "resource-policy";
  const identity = [policy(allow())];

  it("takes identity policies only through the account's root", () => {
    expect(outcome({ identity, delegation })).to.equal("implicit");
    const root = policy(allow({ Principal: { AWS: ROOT } }));
    expect(outcome({ identity, resource: root, delegation })).to.equal("allowed");
    expect(outcome({ identity: [], resource: root, delegation })).to.equal("implicit");
  });

  it("needs no identity policy for who is named", () => {
    const resource = policy(allow({ Principal: { AWS: ROLE } }));
    expect(outcome({ identity: [], resource, delegation })).to.equal("allowed");
    expect(outcome({ identity, resource, delegation }, { principal: OTHER_ROLE })).to.equal("implicit");
  });

  it("reads the program's trust policies", () => {
    const assume = { action: "sts:AssumeRole", resource: ROLE };
    const resource = { name: "trust", document: trustPolicy("states.amazonaws.com", ACCOUNT) };
    const context = { "aws:SourceAccount": ACCOUNT };
    const principal = "states.amazonaws.com";
    const policies = { identity: [], resource, delegation } as const;
    expect(outcome(policies, { ...assume, principal, context })).to.equal("allowed");
    expect(outcome(policies, { ...assume, principal })).to.equal("implicit");
    expect(outcome(policies, { ...assume, principal: "lambda.amazonaws.com", context })).to.equal("implicit");
    expect(
      outcome({ ...policies, identity: [policy({ Effect: "Allow", Action: "*", Resource: "*" })] }, assume),
    ).to.equal("implicit");
  });
});

// IAM User Guide, "IAM JSON policy elements: Action", "… NotAction", "… Resource", "… NotResource".
describe("actions and resources of a statement", () => {
  const matches = (statement: Statement, more: Partial<PermissionRequest>) =>
    decide(request(more), {
      identity: [policy({ Effect: "Allow", Resource: "*", Action: "*", ...statement })],
    }).isAllowed;
  const onResource = (Resource: string, resource: string) => matches({ Resource }, { resource });

  it("compare actions without regard to case", () => {
    expect(matches({ Action: "SQS:sendmessage" }, {})).to.equal(true);
    expect(matches({ Action: ["sns:Publish", "sqs:Send*"] }, {})).to.equal(true);
    expect(matches({ Action: "sqs:SendMessag?" }, {})).to.equal(true);
    expect(matches({ Action: "sqs:Send" }, {})).to.equal(false);
  });

  it("compare ARNs with regard to case", () => {
    expect(onResource(QUEUE, QUEUE)).to.equal(true);
    expect(onResource(QUEUE.toUpperCase().replace("ARN:", "arn:"), QUEUE)).to.equal(false);
  });

  it("let NotAction and NotResource cover all but what they name", () => {
    const notAction: Statement = { NotAction: "sqs:Send*" };
    const document = { Effect: "Allow", Resource: "*", ...notAction };
    const decided = (action: string) =>
      decide(request({ action }), { identity: [policy(document)] }).isAllowed;
    expect([decided("sqs:SendMessage"), decided("sqs:ReceiveMessage")]).to.deep.equal([false, true]);
    const notResource = policy({ Effect: "Allow", Action: "*", NotResource: QUEUE });
    expect(decide(request(), { identity: [notResource] }).isAllowed).to.equal(false);
    expect(decide(request({ resource: `${QUEUE}x` }), { identity: [notResource] }).isAllowed).to.equal(true);
  });

  it("let a wildcard cover slashes, and colons only where it ends a part of the ARN", () => {
    expect(onResource("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/o.jpg")).to.equal(true);
    expect(onResource("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1-test/o.jpg")).to.equal(false);
    expect(onResource("arn:aws:sqs:us-*", QUEUE)).to.equal(true);
    expect(onResource("arn:aws:sqs:u*t-1:*:rejects-dev", QUEUE)).to.equal(true);
    expect(onResource("arn:aws:sqs:u*v", QUEUE)).to.equal(false);
  });

  it("cover a log group and its streams as two resources", () => {
    const group = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/recorder`;
    expect(onResource(`${group}:*`, `${group}:log-stream:one`)).to.equal(true);
    expect(onResource(`${group}:*`, group)).to.equal(false);
  });

  it("do not let a policy for a resource cover an action that knows none", () => {
    expect(onResource(QUEUE, "*")).to.equal(false);
    expect(onResource("*", "*")).to.equal(true);
  });

  // "IAM policy elements: Variables and tags".
  it("replace variables, whose values are taken as they are", () => {
    const Resource = `arn:aws:sqs:us-east-1:\${aws:PrincipalAccount}:rejects-\${aws:PrincipalTag/stage, 'dev'}`;
    const context = { "aws:principalaccount": ACCOUNT };
    expect(matches({ Resource }, { context })).to.equal(true);
    expect(matches({ Resource }, {})).to.equal(false);
    expect(matches({ Resource }, { context: { ...context, "aws:PrincipalTag/stage": "*" } })).to.equal(false);
    const old = { Version: "2008-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource }] };
    const decision = decide(request({ context }), { identity: [{ name: "old", document: old }] });
    expect(decision.isAllowed).to.equal(false);
  });
});

// IAM User Guide, "IAM JSON policy elements: Condition operators". Each row: operator, the policy's value, a value that
// satisfies it, one that does not, and whether a missing key does.
const OPERATORS: [string, unknown, string, string, boolean][] = [
  ["StringEquals", ["a", "b"], "b", "B", false],
  ["StringNotEquals", ["a", "b"], "B", "b", true],
  ["StringEqualsIgnoreCase", "Trade", "tRADE", "trad", false],
  ["StringNotEqualsIgnoreCase", "Trade", "trad", "tRADE", true],
  ["StringLike", "a*c?", "a:b/cd", "abc", false],
  ["StringNotLike", "a*c?", "abc", "a:b/cd", true],
  ["ArnEquals", RULE, RULE, `${RULE}2`, false],
  ["ArnEquals", "arn:aws:events:*:*:rule/*", RULE, QUEUE, false],
  ["ArnLike", "arn:aws:events:us-*:*:rule/*/source-?ystem1", RULE, `${RULE}2`, false],
  ["ArnNotEquals", RULE, QUEUE, RULE, true],
  ["ArnNotLike", "arn:aws:events:*:*:rule/*", QUEUE, RULE, true],
  ["Bool", false, "false", "true", false],
  ["Bool", "true", "TRUE", "false", false],
  ["NumericEquals", "10", "10.0", "11", false],
  ["NumericNotEquals", 10, "11", "10", true],
  ["NumericLessThan", "10", "9", "10", false],
  ["NumericLessThanEquals", "10", "10", "10.5", false],
  ["NumericGreaterThan", "10", "11", "10", false],
  ["NumericGreaterThanEquals", "10", "10", "9", false],
  ["DateEquals", "2026-01-05T14:30:00Z", "1767623400", "2026-01-05T14:30:01Z", false],
  ["DateNotEquals", "2026-01-05T14:30:00Z", "2026-01-05T14:30:01Z", "2026-01-05T14:30:00Z", true],
  ["DateLessThan", "2026-01-05", "2026-01-04T23:59:59Z", "2026-01-05T00:00:00Z", false],
  ["DateLessThanEquals", "2026-01-05", "2026-01-05T00:00:00Z", "2026-01-05T00:00:01Z", false],
  ["DateGreaterThan", "2026-01-05", "2026-01-05T00:00:01Z", "2026-01-05T00:00:00Z", false],
  ["DateGreaterThanEquals", "2026-01-05", "2026-01-05T00:00:00Z", "2026-01-04T23:59:59Z", false],
];

describe("conditions", () => {
  for (const [operator, value, met, unmet, whenMissing] of OPERATORS)
    it(`${operator} ${JSON.stringify(value)} takes ${met} and not ${unmet}`, () => {
      expect(isMet(operator, "aws:Key", value, { "aws:Key": met }), met).to.equal(true);
      expect(isMet(operator, "aws:Key", value, { "aws:Key": unmet }), unmet).to.equal(false);
      expect(isMet(operator, "aws:Key", value, {}), "missing").to.equal(whenMissing);
      expect(isMet(`${operator}IfExists`, "aws:Key", value, {}), "missing, IfExists").to.equal(true);
      expect(isMet(`${operator}IfExists`, "aws:Key", value, { "aws:Key": unmet })).to.equal(false);
    });

  it("compare each part of an ARN on its own", () => {
    const like = (pattern: string) => isMet("ArnLike", "aws:SourceArn", pattern, { "aws:SourceArn": RULE });
    expect(like("arn:aws:*:us-east-1:*:rule/*")).to.equal(true);
    expect(like("arn:*:us-east-1:000000000000:rule/trades-dev/source-system1:*")).to.equal(false);
    expect(like("*")).to.equal(true);
    const nested = { "aws:SourceArn": `arn:aws:events:us-east-1:${ACCOUNT}:rule/a:rule/b` };
    expect(isMet("ArnLike", "aws:SourceArn", "arn:aws:events:us-east-1:*:rule/b", nested)).to.equal(false);
    expect(isMet("ArnLike", "aws:SourceArn", "arn:aws:events:us-east-1:*:rule/*b", nested)).to.equal(true);
    const stream = "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s";
    const group = "arn:aws:logs:*:*:log-group:*";
    expect(isMet("ArnLike", "aws:SourceArn", group, { "aws:SourceArn": stream })).to.equal(true);
  });

  it("Null tells whether the key is missing", () => {
    expect(isMet("Null", "aws:Key", "true", {})).to.equal(true);
    expect(isMet("Null", "aws:Key", "true", { "aws:Key": "x" })).to.equal(false);
    expect(isMet("Null", "aws:Key", false, { "aws:Key": "x" })).to.equal(true);
    expect(isMet("Null", "aws:Key", false, {})).to.equal(false);
  });

  it("find their keys without regard to case", () => {
    expect(isMet("StringEquals", "AWS:sourceaccount", "1", { "aws:SourceAccount": "1" })).to.equal(true);
  });

  it("must all be met", () => {
    const Condition = { StringEquals: { "aws:A": "1", "aws:B": "2" }, Bool: { "aws:C": "true" } };
    const decided = (context: PermissionRequest["context"]) =>
      decide(request({ context }), { identity: [policy(allow({ Condition }))] }).isAllowed;
    expect(decided({ "aws:A": "1", "aws:B": "2", "aws:C": "true" })).to.equal(true);
    expect(decided({ "aws:A": "1", "aws:B": "x", "aws:C": "true" })).to.equal(false);
    expect(decided({ "aws:A": "1", "aws:B": "2", "aws:C": "false" })).to.equal(false);
  });

  it("take variables in their values", () => {
    const own = `\${aws:PrincipalAccount}`;
    const context = { "aws:PrincipalAccount": ACCOUNT, "aws:SourceAccount": ACCOUNT };
    expect(isMet("StringEquals", "aws:SourceAccount", own, context)).to.equal(true);
    expect(isMet("StringEqualsIgnoreCase", "aws:SourceAccount", own, context)).to.equal(true);
    expect(
      isMet("StringEquals", "aws:SourceAccount", own, { ...context, "aws:PrincipalAccount": "1" }),
    ).to.equal(false);
  });

  it("take the characters of wildcards as themselves where they are written as variables", () => {
    const escaped = `a\${*}b\${?}\${$}*`;
    expect(isMet("StringLike", "aws:Key", escaped, { "aws:Key": "a*b?$c" })).to.equal(true);
    expect(isMet("StringLike", "aws:Key", escaped, { "aws:Key": "axb?$c" })).to.equal(false);
    expect(isMet("StringLike", "aws:Key", escaped, { "aws:Key": "a*bx$c" })).to.equal(false);
  });

  // "Set operators for multivalued context keys".
  it("ForAllValues wants every value, ForAnyValue one", () => {
    const keys = (operator: string, value: unknown, values?: string[]) =>
      isMet(operator, "dynamodb:Attributes", value, values ? { "dynamodb:Attributes": values } : {});
    expect(keys("ForAllValues:StringEquals", ["a", "b"], ["a", "b"])).to.equal(true);
    expect(keys("ForAllValues:StringEquals", ["a", "b"], ["a", "c"])).to.equal(false);
    expect(keys("ForAllValues:StringEquals", ["a", "b"])).to.equal(true);
    expect(keys("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"])).to.equal(true);
    expect(keys("ForAnyValue:StringEquals", ["a", "b"], ["c"])).to.equal(false);
    expect(keys("ForAnyValue:StringEquals", ["a", "b"])).to.equal(false);
    expect(keys("ForAllValues:StringNotLike", ["a*"], ["b", "c"])).to.equal(true);
    expect(keys("ForAllValues:StringNotLike", ["a*"], ["b", "ab"])).to.equal(false);
    expect(keys("ForAnyValue:StringNotEquals", ["a"], ["a", "b"])).to.equal(true);
    expect(keys("ForAnyValue:StringNotEquals", ["a"], ["a"])).to.equal(false);
  });
});

// IAM User Guide, "The confused deputy problem"; Lambda Developer Guide, "Using lambda:SourceFunctionArn".
describe("conditions that the program relies on", () => {
  it("keep a service from acting for another account or another resource", () => {
    const principal = "events.amazonaws.com";
    const resource = policy(
      allow({
        Principal: { Service: principal },
        Condition: {
          ArnEquals: { "aws:SourceArn": [RULE] },
          StringEquals: { "aws:SourceAccount": ACCOUNT },
        },
      }),
    );
    const decided = (context: PermissionRequest["context"]) =>
      outcome({ identity: [], resource }, { principal, context });
    expect(decided({ "aws:SourceArn": RULE, "aws:SourceAccount": ACCOUNT })).to.equal("allowed");
    expect(decided({ "aws:SourceArn": `${RULE}-2`, "aws:SourceAccount": ACCOUNT })).to.equal("implicit");
    expect(decided({ "aws:SourceArn": RULE, "aws:SourceAccount": "111111111111" })).to.equal("implicit");
    expect(decided({})).to.equal("implicit");
  });

  const place = { region: "us-east-1", account: ACCOUNT };
  const arns = arnsOf({ ...place, names: namesOf("dev"), sources: ["system1"] });
  const keyArn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234`;
  const identityOf = (principal: Principal) => [
    { name: principal, document: identityPolicy(principal, { region: "us-east-1", arns, keyArn }) },
  ];
  const key = { name: "key policy", document: keyPolicy({ ...place, arns }) };

  it("let the recorder use the key through DynamoDB only", () => {
    const policies = {
      identity: identityOf("compliance-recorder"),
      resource: key,
      delegation: "resource-policy",
    } as const;
    const decided = (context: PermissionRequest["context"], action = "kms:GenerateDataKeyWithoutPlaintext") =>
      outcome(policies, { action, resource: keyArn, context });
    expect(decided({ "kms:ViaService": "dynamodb.us-east-1.amazonaws.com" })).to.equal("allowed");
    expect(decided({ "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com" })).to.equal("implicit");
    expect(decided({})).to.equal("implicit");
    expect(decided({ "kms:ViaService": "dynamodb.us-east-1.amazonaws.com" }, "kms:PutKeyPolicy")).to.equal(
      "implicit",
    );
  });

  it("keep a function's code from what its service does for it", () => {
    const identity = identityOf("trade-validator");
    const action = "ec2:CreateNetworkInterface";
    const decided = (context: PermissionRequest["context"]) =>
      outcome({ identity }, { action, resource: "*", context });
    expect(decided({})).to.equal("allowed");
    expect(decided({ "lambda:SourceFunctionArn": arns.functions["trade-validator"] })).to.equal("explicit");
    expect(decided({ "lambda:SourceFunctionArn": arns.functions["metadata-enricher"] })).to.equal("allowed");
  });

  it("are understood for every permission of the table and in every policy of the program", async () => {
    for (const { principal, effect, actions, resources } of permissionsOf({
      region: "us-east-1",
      arns,
      keyArn,
    }))
      expect(actions.length * resources.length, `${principal} ${effect}`).to.be.above(0);
    for (const principal of Object.keys(PRINCIPAL_SERVICES) as Principal[])
      checkPolicy(
        JSON.stringify(identityPolicy(principal, { region: "us-east-1", arns, keyArn })),
        "identity",
      );
    const { resources } = await evaluateStack("prod");
    const found = resources.flatMap(policiesIn);
    for (const { document, kind } of found) checkPolicy(document, kind);
    expect(new Set(found.map(({ type }) => type.split(":")[2]))).to.include.all.keys(
      "Role",
      "RolePolicy",
      "Key",
      "QueuePolicy",
      "TopicPolicy",
      "RepositoryPolicy",
      "VpcEndpoint",
    );
  });
});

/** The policies that a resource of the program is made with. */
function policiesIn({ type, inputs }: EvaluatedResource) {
  const { policy: other, assumeRolePolicy, policyDocument, resourcePolicy } = inputs;
  const kind = type.endsWith(":RolePolicy") ? ("identity" as const) : ("resource" as const);
  const isPolicy = (document: unknown): document is string =>
    typeof document === "string" && document.includes('"Statement"');
  return [
    ...(isPolicy(assumeRolePolicy) ? [{ type, document: assumeRolePolicy, kind: "trust" as const }] : []),
    ...[other, policyDocument, resourcePolicy].filter(isPolicy).map((document) => ({ type, document, kind })),
  ];
}

// IAM User Guide, "IAM JSON policy element reference".
describe("a policy that is put", () => {
  const refused = (document: unknown, kind: "identity" | "resource" | "trust" = "identity") => {
    try {
      checkPolicy(document, kind);
    } catch (error) {
      const { name, message } = error as Error;
      return `${name}: ${message}`;
    }
    return undefined;
  };
  const statement = (more: Statement) => policy(allow(more)).document;

  it("is refused by name for what is not understood", () => {
    const refusals: [unknown, RegExp][] = [
      ["{", /Syntax errors in policy: it is not JSON/],
      ["[]", /must be a JSON object/],
      [{ Version: "2012-10-17" }, /Statement 0 must be an object/],
      [{ Version: "2012-10-17", Statement: [] }, /has no Statement/],
      [{ Version: "2020-01-01", Statement: [allow()] }, /Version must be one of .*"2020-01-01"/],
      [{ Version: "2012-10-17", Statement: [allow()], Comment: "x" }, /no element "Comment"/],
      [statement({ Actions: "x" }), /Statement 0 has no element "Actions"/],
      [statement({ Effect: "allow" }), /Effect of Statement 0 .*"allow"/],
      [statement({ Action: undefined }), /must contain actions/],
      [statement({ Action: "SendMessage" }), /Action "SendMessage"/],
      [statement({ NotAction: "sqs:*" }), /both Action and NotAction/],
      [statement({ Resource: undefined }), /must contain resources/],
      [statement({ Resource: "rejects-dev" }), /Resource rejects-dev must be in ARN format/],
      [statement({ Condition: { StringMatches: { "aws:A": "b" } } }), /operator "StringMatches"/],
      [statement({ Condition: { "ForSomeValues:StringEquals": { "aws:A": "b" } } }), /ForSomeValues/],
      [statement({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }), /operator "IpAddress"/],
      [statement({ Condition: { NumericEquals: { "aws:A": "ten" } } }), /"ten" must be a number/],
      [statement({ Condition: { Bool: { "aws:A": "yes" } } }), /"yes" of Bool/],
      [statement({ Condition: { ArnLike: { "aws:SourceArn": "rule/x" } } }), /"rule\/x" must be an ARN/],
      [policy(allow({ Sid: "A" }), allow({ Sid: "A" })).document, /must be unique/],
    ];
    for (const [document, message] of refusals)
      expect(refused(document), String(message))
        .to.match(/^MalformedPolicyDocument: /)
        .and.to.match(message);
  });

  it("is refused for principals that do not exist here", () => {
    for (const Principal of [
      { AWS: `arn:aws:iam::${ACCOUNT}:role/*` },
      { AWS: "someone" },
      { Service: "*.amazonaws.com" },
      { Federated: "cognito-identity.amazonaws.com" },
    ])
      expect(refused(statement({ Principal }), "resource")).to.match(/Invalid principal in policy/);
    expect(refused(statement({ NotPrincipal: { AWS: ROLE } }), "resource")).to.match(/Effect Deny/);
  });

  it("has a principal where it is a resource's, none where it is a role's, and no resource in a trust policy", () => {
    const Principal = { Service: "lambda.amazonaws.com" };
    expect(refused(statement({ Principal }))).to.match(/should not specify a principal/);
    expect(refused(statement({}), "resource")).to.match(/Missing required field Principal/);
    const trust = { Effect: "Allow", Principal, Action: "sts:AssumeRole" };
    expect(refused(policy(trust).document, "trust")).to.equal(undefined);
    expect(refused(statement({ Principal }), "trust")).to.match(/Has prohibited field Resource/);
  });

  it("is compiled once", () => {
    const text = JSON.stringify(statement({}));
    expect(compiledPolicy(text)).to.equal(compiledPolicy(JSON.parse(JSON.stringify(text))));
    const { document } = policy(allow());
    expect(compiledPolicy(document)).to.equal(compiledPolicy(document));
  });
});

/** What `*` and `?` mean, read character by character. */
function matchesGlob(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text === "";
  if (first === "*")
    return matchesGlob(rest.join(""), text) || (text !== "" && matchesGlob(pattern, text.slice(1)));
  return text !== "" && (first === "?" || first === text[0]) && matchesGlob(rest.join(""), text.slice(1));
}

describe("for any policies", () => {
  const actions = ["sqs:SendMessage", "sqs:ReceiveMessage", "sns:Publish"];
  const statements = fc.record({
    Effect: fc.constantFrom("Allow", "Deny"),
    Action: fc.constantFrom(...actions, "sqs:*", "*"),
    Resource: fc.constantFrom(QUEUE, `${QUEUE}-2`, "arn:aws:sqs:*", "*"),
    Condition: fc.constantFrom({}, { StringEquals: { "aws:A": "1" } }, { Null: { "aws:A": "true" } }),
  });
  const requests = fc.record({
    principal: fc.constant(ROLE),
    action: fc.constantFrom(...actions),
    resource: fc.constantFrom(QUEUE, `${QUEUE}-2`, "*"),
    context: fc.constantFrom({}, { "aws:A": "1" }),
  });
  const lists = fc.array(statements, { minLength: 1, maxLength: 6 });

  it("the order of statements does not matter", () => {
    const shuffled = lists.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, requests, ([list, other], asked) => {
        const { isAllowed, denial } = decide(asked, { identity: [policy(...list)] });
        const again = decide(asked, { identity: [policy(...other)] });
        expect({ isAllowed: again.isAllowed, denial: again.denial }).to.deep.equal({ isAllowed, denial });
      }),
    );
  });

  it("an added deny never allows more, and one that covers everything denies all", () => {
    fc.assert(
      fc.property(lists, statements, requests, (list, added, asked) => {
        const before = decide(asked, { identity: [policy(...list)] }).isAllowed;
        const deny = policy({ ...added, Effect: "Deny" });
        expect(!before && decide(asked, { identity: [policy(...list), deny] }).isAllowed).to.equal(false);
        const all = policy({ Effect: "Deny", Action: "*", Resource: "*" });
        expect(decide(asked, { identity: [policy(...list), all] }).denial).to.equal("explicit");
      }),
    );
  });

  it("wildcards mean what a plain matcher reads in them", () => {
    const characters = fc.constantFrom("a", "b", "*", "?", "/", ".", "$", "{");
    const patterns = fc.array(characters, { maxLength: 7 }).map((each) => each.join(""));
    const texts = fc.array(fc.constantFrom("a", "b", "/", ".", "$", "{"), { maxLength: 7 });
    fc.assert(
      fc.property(patterns, texts, (pattern, characters) => {
        const text = characters.join("");
        expect(isMet("StringLike", "aws:A", pattern, { "aws:A": text })).to.equal(matchesGlob(pattern, text));
        const resource = `arn:aws:sqs:::${text}`;
        const identity = [policy({ Effect: "Allow", Action: "*", Resource: `arn:aws:sqs:::${pattern}` })];
        expect(decide(request({ resource }), { identity }).isAllowed).to.equal(matchesGlob(pattern, text));
      }),
      { numRuns: 500 },
    );
  });
});
