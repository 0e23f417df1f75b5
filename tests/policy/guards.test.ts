import { expect } from "chai";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import type { Properties, Value } from "../../local/program/wire.ts";
import { isRecord } from "../../local/program/wire.ts";
import { analyze } from "../../policy/analyze.ts";
import { PACK_NAME, policiesOf } from "../../policy/pack.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { evaluatedStack } from "../components/support/stacks.ts";

const FUNCTION = "aws:lambda/function:Function";
const TABLE = "aws:dynamodb/table:Table";
const SCHEDULE = "aws:scheduler/schedule:Schedule";
const EVENT_SOURCE = "aws:lambda/eventSourceMapping:EventSourceMapping";
const OPEN_POLICY = JSON.stringify({
  Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
});
const BROAD_POLICY = JSON.stringify({
  Statement: [{ Effect: "Allow", Action: "dynamodb:*", Resource: "arn:aws:dynamodb:*:*:table/x" }],
});
const ALL_RESOURCES = JSON.stringify({
  Statement: [{ Effect: "Allow", Action: "dynamodb:PutItem", Resource: "*" }],
});
const everyEndpoint = JSON.stringify({
  Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
});

/** What each rule guards: on every resource of the type, the property is taken away or given the value. */
const GUARDS: readonly [rule: string, type: string, property: string, value?: Value][] = [
  ["dead-letter-retention", "aws:sqs/queue:Queue", "messageRetentionSeconds"],
  ["destroyable", "aws:ecr/repository:Repository", "forceDelete"],
  ["destroyable", TABLE, "deletionProtectionEnabled", true],
  ["arm64-images", FUNCTION, "packageType"],
  ["arm64-images", FUNCTION, "architectures"],
  ["arm64-images", FUNCTION, "architectures", ["x86_64"]],
  ["arm64-images", FUNCTION, "imageUri", "repository:latest"],
  ["reserved-concurrency", FUNCTION, "reservedConcurrentExecutions"],
  ["reserved-concurrency", FUNCTION, "reservedConcurrentExecutions", -1],
  ["function-dead-letters", FUNCTION, "deadLetterConfig"],
  ["schedule-dead-letters", SCHEDULE, "target", { arn: "arn:aws:lambda:us-east-1:111122223333:function:f" }],
  ["kept-stream-records", EVENT_SOURCE, "maximumRetryAttempts", 3],
  ["kept-stream-records", EVENT_SOURCE, "maximumRecordAgeInSeconds", 3600],
  ["active-tracing", FUNCTION, "tracingConfig"],
  ["active-tracing", FUNCTION, "tracingConfig", { mode: "PassThrough" }],
  ["active-tracing", "aws:sfn/stateMachine:StateMachine", "tracingConfiguration"],
  ["private-functions", FUNCTION, "vpcConfig"],
  ["tables", TABLE, "billingMode"],
  ["tables", TABLE, "billingMode", "PROVISIONED"],
  ["tables", TABLE, "pointInTimeRecovery"],
  ["tables", TABLE, "streamEnabled"],
  ["tables", TABLE, "streamViewType", "KEYS_ONLY"],
  ["tables", TABLE, "serverSideEncryption"],
  ["table-replicas", "pulumi-nodejs:dynamic/trade-processing:TableReplica", "pointInTimeRecovery"],
  ["table-replicas", TABLE, "replicas", [{ regionName: "eu-west-1" }]],
  ["endpoint-policies", "aws:ec2/vpcEndpoint:VpcEndpoint", "policy"],
  ["endpoint-policies", "aws:ec2/vpcEndpoint:VpcEndpoint", "policy", everyEndpoint],
  ["no-public-access", "aws:sqs/queuePolicy:QueuePolicy", "policy", OPEN_POLICY],
  ["no-public-access", "aws:sns/topicPolicy:TopicPolicy", "policy", OPEN_POLICY],
  ["no-public-access", "aws:kms/key:Key", "policy", OPEN_POLICY],
  ["no-public-access", "aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", OPEN_POLICY],
  ["no-public-access", "aws:iam/role:Role", "assumeRolePolicy", OPEN_POLICY],
  [
    "no-public-access",
    "aws:ec2/securityGroup:SecurityGroup",
    "ingress",
    [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }],
  ],
  ["least-privilege", "aws:iam/rolePolicy:RolePolicy", "policy", BROAD_POLICY],
  ["least-privilege", "aws:iam/rolePolicy:RolePolicy", "policy", ALL_RESOURCES],
  ["string-parameters", "aws:ssm/parameter:Parameter", "type", "SecureString"],
  ["scanned-images", "aws:ecr/repository:Repository", "imageScanningConfiguration"],
  ["log-retention", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays"],
  ["log-retention", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 0],
  ["environment-suffix", "aws:sqs/queue:Queue", "name", "trades"],
  ["environment-suffix", TABLE, "name", "trades-development"],
  ["environment-suffix", "aws:ssm/parameter:Parameter", "name", "/trade-processing/api-endpoint"],
  ["alarm-actions", "aws:cloudwatch/metricAlarm:MetricAlarm", "alarmActions"],
  ["alarm-actions", "aws:cloudwatch/metricAlarm:MetricAlarm", "alarmActions", []],
  ["alarm-actions", "aws:cloudwatch/metricAlarm:MetricAlarm", "actionsEnabled", false],
];

function changed(properties: Properties, property: string, value: Value | undefined): Properties {
  const { [property]: _before, ...others } = properties;
  return value === undefined ? others : { ...others, [property]: value };
}

function withTag(inputs: Properties, key: string, value: Value | undefined): Properties {
  const { tags } = isRecord(inputs.defaultTags) ? inputs.defaultTags : { tags: {} };
  return { ...inputs, defaultTags: { tags: changed(isRecord(tags) ? tags : {}, key, value) } };
}

type ChangeOfProvider = (each: EvaluatedResource) => Partial<EvaluatedResource>;

const OF_PROVIDERS: readonly [rule: string, what: string, change: ChangeOfProvider][] = [
  ["explicit-provider", "a default provider", () => ({ name: "default_7_48_0" })],
  [
    "explicit-provider",
    "a region that is not allowed",
    ({ inputs }) => ({ inputs: { ...inputs, region: "us-west-1" } }),
  ],
  ["required-tags", "no tag Project", ({ inputs }) => ({ inputs: withTag(inputs, "Project", undefined) })],
  [
    "required-tags",
    "no tag ManagedBy",
    ({ inputs }) => ({ inputs: withTag(inputs, "ManagedBy", undefined) }),
  ],
  [
    "environment-suffix",
    "names of another environment",
    ({ inputs }) => ({ inputs: withTag(inputs, "Environment", "stage") }),
  ],
];

describe("what the rules guard in the program", () => {
  const pack = { name: PACK_NAME, policies: policiesOf(RULES) };
  let resources: readonly EvaluatedResource[];
  before(async () => {
    ({ resources } = await evaluatedStack("prod", { preview: true }));
  });

  async function violated(rule: string, change: (each: EvaluatedResource) => EvaluatedResource) {
    const results = await analyze(pack, resources.map(change));
    return new Set(results.filter(({ policy }) => policy === rule).map(({ urn }) => urn));
  }

  it("is some property for every rule", () => {
    const guarded = new Set([...GUARDS.map(([rule]) => rule), ...OF_PROVIDERS.map(([rule]) => rule)]);
    expect([...guarded].sort()).to.deep.equal(RULES.map(({ name }) => name).sort());
  });

  for (const [rule, type, property, value] of GUARDS) {
    const what = value === undefined ? "taken away" : JSON.stringify(value).slice(0, 60);
    it(`${rule}: ${type.split(":").at(-1)} ${property}, ${what}`, async () => {
      const isGuarded = (each: EvaluatedResource) =>
        each.type === type && (rule !== "dead-letter-retention" || /-dlq-queue$/.test(each.name));
      const guarded = resources.filter(isGuarded).map(({ urn }) => urn);
      expect(guarded, `resources of type ${type}`).not.to.have.length(0);
      const found = await violated(rule, (each) =>
        isGuarded(each)
          ? {
              ...each,
              inputs: changed(each.inputs, property, value),
              outputs: changed(each.outputs, property, value),
            }
          : each,
      );
      expect([...found]).to.have.members(guarded);
    });
  }

  for (const property of ["namespace", "metricName", "threshold", "statistic"])
    it(`function-dead-letters: the ${property} of the alarms on functions' queues`, async () => {
      const other: Record<string, Value> = {
        namespace: "AWS",
        metricName: "Depth",
        threshold: 2,
        statistic: "Average",
      };
      const found = await violated("function-dead-letters", (each) =>
        each.type.endsWith(":MetricAlarm")
          ? {
              ...each,
              inputs: changed(each.inputs, property, other[property]),
              outputs: changed(each.outputs, property, other[property]),
            }
          : each,
      );
      // Six functions in either region, two of which share a queue.
      expect(found).to.have.property("size", 12);
    });

  for (const [rule, what, change] of OF_PROVIDERS)
    it(`${rule}: ${what}`, async () => {
      const found = await violated(rule, (each) =>
        each.type === "pulumi:providers:aws" ? { ...each, ...change(each) } : each,
      );
      expect(found).to.have.property("size").above(80);
    });
});
