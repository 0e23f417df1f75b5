import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { actionTables } from "../../local/cloud/iam/actions/index.ts";
import type { Json } from "../../local/cloud/service.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const AT = { account: "000000000000", region: "us-east-1" };
const TABLES = actionTables((id) => `arn:aws:kms:us-east-1:000000000000:key/${id}`);

/** What an operation needs, as `action on resource`. */
function needs(service: string, operation: string, input: Json): string[] {
  const row = TABLES[service]?.[operation];
  if (!row) throw new Error(`no row for ${service}:${operation}`);
  return row(input, AT).map(({ action, resource }) => `${action} on ${resource}`);
}

describe("the permissions that operations need", () => {
  describe("of every service", () => {
    let directory: string;
    let services: LocalServices;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "actions-"));
      services = await startServices({ cacheDirectory: directory });
    });
    after(async () => {
      await services.close();
      await rm(directory, { recursive: true });
    });

    it("are known for every operation that is carried out", () => {
      const unknown = [...services.cloud.services.values()].flatMap(({ name, operations }) =>
        Object.keys(operations)
          .filter((operation) => !TABLES[name]?.[operation])
          .map((operation) => `${name}:${operation}`),
      );
      expect(unknown).to.deep.equal([]);
    });
  });

  // Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
  const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:000000000000:${rest}`;
  const QueueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/jobs";
  const cases: readonly [string, string, Json, string[]][] = [
    ["sqs", "SendMessageBatch", { QueueUrl }, [`sqs:SendMessage on ${arn("sqs", "jobs")}`]],
    ["sqs", "CreateQueue", { QueueName: "jobs" }, [`sqs:CreateQueue on ${arn("sqs", "jobs")}`]],
    ["sqs", "ListQueues", {}, ["sqs:ListQueues on *"]],
    [
      "lambda",
      "Invoke",
      { FunctionName: "work", Qualifier: "live" },
      [`lambda:InvokeFunction on ${arn("lambda", "function:work:live")}`],
    ],
    [
      "lambda",
      "Invoke",
      { FunctionName: arn("lambda", "function:work:live") },
      [`lambda:InvokeFunction on ${arn("lambda", "function:work:live")}`],
    ],
    [
      "lambda",
      "Invoke",
      { FunctionName: "work" },
      [`lambda:InvokeFunction on ${arn("lambda", "function:work")}`],
    ],
    [
      "lambda",
      "CreateFunction",
      { FunctionName: "work", Role: "arn:aws:iam::000000000000:role/r" },
      [
        `lambda:CreateFunction on ${arn("lambda", "function:work")}`,
        "iam:PassRole on arn:aws:iam::000000000000:role/r",
      ],
    ],
    [
      "dynamodb",
      "Query",
      { TableName: "trades", IndexName: "bySource" },
      [`dynamodb:Query on ${arn("dynamodb", "table/trades/index/bySource")}`],
    ],
    [
      "dynamodb",
      "PutItem",
      { TableName: "trades" },
      [`dynamodb:PutItem on ${arn("dynamodb", "table/trades")}`],
    ],
    [
      "dynamodb",
      "BatchWriteItem",
      { RequestItems: { one: [], two: [] } },
      [
        `dynamodb:BatchWriteItem on ${arn("dynamodb", "table/one")}`,
        `dynamodb:BatchWriteItem on ${arn("dynamodb", "table/two")}`,
      ],
    ],
    [
      "dynamodb",
      "UpdateTable",
      { TableName: "trades", ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }] },
      [
        `dynamodb:UpdateTable on ${arn("dynamodb", "table/trades")}`,
        `dynamodb:CreateTableReplica on ${arn("dynamodb", "table/trades")}`,
      ],
    ],
    [
      "events",
      "PutEvents",
      {
        Entries: [
          { EventBusName: "trades", Source: "a", DetailType: "b" },
          { EventBusName: "trades", Source: "a", DetailType: "b" },
          { Source: "a", DetailType: "b" },
        ],
      },
      [
        `events:PutEvents on ${arn("events", "event-bus/trades")}`,
        `events:PutEvents on ${arn("events", "event-bus/default")}`,
      ],
    ],
    ["events", "PutRule", { Name: "r" }, [`events:PutRule on ${arn("events", "rule/r")}`]],
    [
      "events",
      "PutRule",
      { Name: "r", EventBusName: "trades" },
      [`events:PutRule on ${arn("events", "rule/trades/r")}`],
    ],
    [
      "states",
      "StartExecution",
      { stateMachineArn: arn("states", "stateMachine:m") },
      [`states:StartExecution on ${arn("states", "stateMachine:m")}`],
    ],
    [
      "logs",
      "PutLogEvents",
      { logGroupName: "/aws/lambda/f", logStreamName: "s" },
      [`logs:PutLogEvents on ${arn("logs", "log-group:/aws/lambda/f:log-stream:s")}`],
    ],
    [
      "ssm",
      "GetParameters",
      { Names: ["/a/b", "plain"] },
      [
        `ssm:GetParameters on ${arn("ssm", "parameter/a/b")}`,
        `ssm:GetParameters on ${arn("ssm", "parameter/plain")}`,
      ],
    ],
    ["ssm", "GetParameter", { Name: "/a/b:3" }, [`ssm:GetParameter on ${arn("ssm", "parameter/a/b")}`]],
    ["monitoring", "PutMetricData", { Namespace: "N" }, ["cloudwatch:PutMetricData on *"]],
    ["kms", "Decrypt", { KeyId: "k" }, [`kms:Decrypt on ${arn("kms", "key/k")}`]],
    ["sts", "GetCallerIdentity", {}, []],
  ];
  for (const [service, operation, input, expected] of cases)
    it(`of ${service} ${operation} with ${JSON.stringify(input).slice(0, 90)}`, () => {
      expect(needs(service, operation, input)).to.deep.equal(expected);
    });
});
