import { expect } from "chai";
import { arnsOf } from "../../components/arns.ts";
import { permissionsOf } from "../../components/iam.ts";
import type { Principal } from "../../components/naming.ts";
import { namesOf } from "../../components/naming.ts";
import { endpointPolicy, INTERFACE_ENDPOINTS } from "../../components/network/endpoint-policies.ts";
import { keyPolicy } from "../../components/storage/key-policy.ts";
import { FUNCTION_NAMES, WORKFLOW_FUNCTIONS } from "../../functions/contract.ts";

const account = "111122223333";
const region = "eu-west-1";
const keyArn = `arn:aws:kms:${region}:${account}:key/1234`;
const arns = arnsOf({ account, region, names: namesOf("dev"), sources: ["system1"] });
const permissions = permissionsOf({ region, arns, keyArn });

const of = (principal: Principal, service: RegExp, effect?: "Deny") =>
  permissions.filter(
    (each) =>
      each.principal === principal &&
      each.effect === effect &&
      each.actions.some((action) => service.test(action)),
  );
const actionsOf = (...matching: Parameters<typeof of>) =>
  new Set(of(...matching).flatMap(({ actions }) => actions));

/** Actions on the key that each service's guide names for callers. */
const KEY_USES: Readonly<Record<string, string[]>> = {
  dynamodb: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
  lambda: ["kms:Decrypt"],
  sqs: ["kms:Decrypt", "kms:GenerateDataKey*"],
};

/** What AWS documents that something takes, spelt out here a second time: a role without it fails only in AWS. */
describe("the IAM table gives what AWS asks for", () => {
  it("the key to whoever writes to an encrypted queue or table or decrypts its environment, through that service", () => {
    const expected: Record<Principal, string[]> = {
      "trade-validator": ["lambda", "sqs"],
      "metadata-enricher": ["lambda", "sqs"],
      "compliance-recorder": ["dynamodb", "lambda", "sqs"],
      "enrichment-completer": ["dynamodb", "lambda", "sqs"],
      "replacement-recorder": ["dynamodb", "lambda", "sqs"],
      "trade-census": ["dynamodb", "lambda", "sqs"],
      workflow: ["dynamodb", "sqs"],
      routing: [],
      forwarding: [],
      scheduling: ["sqs"],
      replication: [],
    };
    for (const [principal, services] of Object.entries(expected)) {
      const uses = of(principal as Principal, /^kms:/);
      const through = uses.map(({ conditions }) => conditions?.StringEquals?.["kms:ViaService"]).sort();
      expect(through, principal).to.deep.equal(services.map((each) => `${each}.${region}.amazonaws.com`));
      for (const { resources, actions, conditions } of uses) {
        expect(resources, principal).to.deep.equal([keyArn]);
        const [service = ""] = String(conditions?.StringEquals?.["kms:ViaService"]).split(".");
        expect(actions, `${principal} through ${service}`).to.deep.equal(KEY_USES[service]);
      }
    }
  });

  it("network interfaces to Lambda, which places functions in the VPC, and not to their code", () => {
    // AWSLambdaVPCAccessExecutionRole, without its logs.
    const actions = new Set([
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ]);
    for (const name of FUNCTION_NAMES) {
      expect(actionsOf(name, /^ec2:/), name).to.deep.equal(actions);
      expect(actionsOf(name, /^ec2:/, "Deny"), name).to.deep.equal(actions);
      const ownCode = `arn:aws:lambda:${region}:${account}:function:${name}-dev`;
      expect(of(name, /^ec2:/, "Deny").map(({ conditions }) => conditions)).to.deep.equal([
        { ArnEquals: { "lambda:SourceFunctionArn": [ownCode] } },
      ]);
    }
  });

  it("log delivery and tracing to the workflow", () => {
    // Step Functions Developer Guide, "Using CloudWatch Logs" and "Trace requests with X-Ray".
    expect(actionsOf("workflow", /^logs:/)).to.deep.equal(
      new Set([
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
      ]),
    );
    expect(actionsOf("workflow", /^xray:/)).to.deep.equal(
      new Set([
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
      ]),
    );
  });

  it("the queues that the workflow sends to, and to each function its own", () => {
    const queue = (name: string) => `arn:aws:sqs:${region}:${account}:${name}-dev`;
    const reached = (principal: Principal) =>
      of(principal, /^sqs:SendMessage$/).flatMap(({ resources }) => resources);
    expect(reached("workflow")).to.have.members(
      ["trade-rejects", "trade-validator-dlq", "compliance-recorder-dlq"].map(queue),
    );
    for (const name of WORKFLOW_FUNCTIONS) expect(reached(name)).to.deep.equal([queue(`${name}-dlq`)]);
    // What the completer leaves behind is the enricher's: one queue to look at, and to redrive.
    expect(reached("enrichment-completer")).to.deep.equal([queue("metadata-enricher-dlq")]);
    expect(reached("replacement-recorder")).to.deep.equal([queue("replacement-recorder-dlq")]);
    expect(reached("trade-census")).to.have.members([queue("trade-census-dlq"), queue("unaccounted-events")]);
  });

  it("a stream's records to Lambda, which reads them in the function's name", () => {
    // AWSLambdaDynamoDBExecutionRole, without its logs and its wildcard.
    const [reading, ...more] = of("replacement-recorder", /^dynamodb:GetRecords$/);
    expect(more).to.deep.equal([]);
    expect(reading?.actions).to.have.members([
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    ]);
    const table = `arn:aws:dynamodb:${region}:${account}:table/trades-dev`;
    expect(reading?.resources).to.deep.equal([`${table}/stream/*`]);
  });
});

describe("policies of shared ways in", () => {
  it("let no more actions through an interface endpoint than the functions call", () => {
    const allowed = INTERFACE_ENDPOINTS.flatMap((service) =>
      endpointPolicy(service, { account, region, suffix: "dev", arns }).Statement.flatMap(
        ({ Action }) => Action,
      ),
    );
    expect(allowed).to.have.members([
      "ssm:GetParameters",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "events:StartReplay",
      "events:DescribeArchive",
      "events:DescribeReplay",
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]);
  });

  it("let each function reach every table and queue that its role may, through the endpoint", () => {
    for (const service of ["dynamodb", "events", "sqs"] as const) {
      const [statement] = endpointPolicy(service, { account, region, suffix: "dev", arns }).Statement;
      // Lambda itself reads streams and sends dead letters, from outside the VPC.
      const byCode = permissions.filter(
        ({ principal, actions, resources }) =>
          FUNCTION_NAMES.some((name) => name === principal) &&
          actions.some((action) => action.startsWith(`${service}:`)) &&
          !resources.some((resource) => /\/stream\/|-dlq-/.test(resource)),
      );
      expect(byCode, service).not.to.deep.equal([]);
      for (const { actions, resources } of byCode) {
        expect(statement?.Action, service).to.include.members([...actions]);
        expect(statement?.Resource, service).to.include.members([...resources]);
      }
    }
  });

  it("let EventBridge use the key as an encrypted archive and encrypted queues take it", () => {
    const granted = keyPolicy({ account, region, arns })
      .Statement.filter(
        ({ Principal }) => typeof Principal === "object" && Principal.Service === "events.amazonaws.com",
      )
      .map(({ Action, Condition }) => ({ Action, Condition }));
    expect(granted).to.deep.equal([
      { Action: ["kms:DescribeKey"], Condition: undefined },
      {
        Action: ["kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        Condition: { ArnEquals: { "kms:EncryptionContext:aws:events:event-bus:arn": arns.bus } },
      },
      // A condition here would stop every dead letter: EventBridge sends no source account with it.
      { Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Condition: undefined },
    ]);
  });
});
