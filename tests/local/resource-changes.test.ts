import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import { type Properties, UNKNOWN } from "../../local/program/wire.ts";
import { Lifecycle } from "../../local/providers/lifecycle.ts";
import { resourceType } from "../../local/providers/resource-provider.ts";

const OFFLINE = { call: async () => ({}), pushImage: async () => {} };

function requestFor(type: string, inputs: Properties, outputs: Properties = {}) {
  return {
    ...{ type, name: "thing", region: "us-east-1", account: LOCAL_ACCOUNT, id: "thing", inputs, outputs },
    urn: `urn:pulumi:test::test::${type}::thing`,
  };
}

/**
 * What a change of an input does, by type: "Forces new resource" and "Changing this creates a new resource" in the
 * documentation of the provider (Pulumi Registry, AWS Classic; docker-build: no input replaces).
 */
const CHANGES: readonly (readonly [
  type: string,
  replacing: readonly string[],
  inPlace: readonly string[],
])[] = [
  ["aws:cloudwatch/eventBus:EventBus", ["name"], ["description", "kmsKeyIdentifier", "tags"]],
  ["aws:cloudwatch/eventBusPolicy:EventBusPolicy", ["eventBusName"], ["policy"]],
  ["aws:cloudwatch/eventRule:EventRule", ["name", "eventBusName"], ["eventPattern", "state", "description"]],
  [
    "aws:cloudwatch/eventTarget:EventTarget",
    ["rule", "eventBusName", "targetId"],
    ["arn", "roleArn", "retryPolicy"],
  ],
  ["aws:cloudwatch/eventArchive:EventArchive", ["name", "eventSourceArn"], ["retentionDays", "eventPattern"]],
  [
    "aws:sqs/queue:Queue",
    ["name", "fifoQueue"],
    ["messageRetentionSeconds", "kmsMasterKeyId", "policy", "tags"],
  ],
  ["aws:sqs/queuePolicy:QueuePolicy", ["queueUrl"], ["policy"]],
  ["aws:sns/topic:Topic", ["name", "fifoTopic"], ["displayName", "kmsMasterKeyId"]],
  ["aws:sns/topicPolicy:TopicPolicy", ["arn"], ["policy"]],
  ["aws:sns/topicSubscription:TopicSubscription", ["topic", "protocol", "endpoint"], ["redrivePolicy"]],
  ["aws:cloudwatch/logGroup:LogGroup", ["name"], ["retentionInDays", "kmsKeyId"]],
  ["aws:cloudwatch/logResourcePolicy:LogResourcePolicy", ["policyName"], ["policyDocument"]],
  ["aws:cloudwatch/metricAlarm:MetricAlarm", ["name"], ["threshold", "metricName", "alarmActions", "period"]],
  ["aws:ec2/vpc:Vpc", ["cidrBlock"], ["enableDnsSupport", "tags"]],
  ["aws:ec2/subnet:Subnet", ["vpcId", "cidrBlock", "availabilityZone"], ["mapPublicIpOnLaunch", "tags"]],
  ["aws:ec2/routeTable:RouteTable", ["vpcId"], ["tags"]],
  ["aws:ec2/route:Route", ["routeTableId", "destinationCidrBlock"], ["natGatewayId", "gatewayId"]],
  ["aws:ec2/natGateway:NatGateway", ["subnetId", "allocationId"], ["tags"]],
  ["aws:ec2/internetGateway:InternetGateway", [], ["vpcId", "tags"]],
  ["aws:ec2/eip:Eip", ["networkBorderGroup"], ["tags"]],
  ["aws:ec2/vpcEndpoint:VpcEndpoint", ["vpcId", "serviceName", "vpcEndpointType"], ["policy", "subnetIds"]],
  ["aws:ec2/securityGroup:SecurityGroup", ["name", "description", "vpcId"], ["ingress", "tags"]],
  ["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", ["securityGroupId"], ["cidrIpv4", "fromPort"]],
  [
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ["securityGroupId"],
    ["cidrIpv4", "description"],
  ],
  ["aws:lambda/function:Function", ["name", "packageType"], ["imageUri", "memorySize", "role", "vpcConfig"]],
  ["aws:lambda/alias:Alias", ["name", "functionName"], ["functionVersion", "description"]],
  [
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    ["functionName", "qualifier"],
    ["provisionedConcurrentExecutions"],
  ],
  [
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    ["eventSourceArn", "startingPosition"],
    ["functionName", "batchSize", "enabled", "filterCriteria", "maximumRetryAttempts"],
  ],
  [
    "aws:scheduler/schedule:Schedule",
    ["name", "groupName"],
    ["scheduleExpression", "state", "description", "target", "flexibleTimeWindow"],
  ],
  ["aws:sfn/stateMachine:StateMachine", ["name", "type"], ["definition", "roleArn", "loggingConfiguration"]],
  [
    "aws:ecr/repository:Repository",
    ["name", "encryptionConfigurations"],
    ["imageTagMutability", "forceDelete"],
  ],
  ["aws:ecr/lifecyclePolicy:LifecyclePolicy", ["repository"], ["policy"]],
  ["aws:ecr/repositoryPolicy:RepositoryPolicy", ["repository"], ["policy"]],
  ["aws:ecr/replicationConfiguration:ReplicationConfiguration", [], ["replicationConfiguration"]],
  ["docker-build:index:Image", [], ["tags", "platforms", "buildArgs"]],
];

describe("a change of an input", () => {
  const lifecycle = new Lifecycle(resourceType, OFFLINE);
  const replaces = async (type: string, input: string): Promise<boolean> => {
    const before = { [input]: "before" };
    const { details } = await lifecycle.diff(requestFor(type, { [input]: "after" }), before, []);
    return details.get(input)?.isReplacing === true;
  };

  for (const [type, replacing, inPlace] of CHANGES)
    it(`of ${type} makes another one, or does not, as the provider documents`, async () => {
      for (const input of [...replacing, "region"]) expect(await replaces(type, input), input).to.equal(true);
      for (const input of inPlace) expect(await replaces(type, input), input).to.equal(false);
    });

  it("under the same name deletes first, under another name afterwards", async () => {
    const type = "aws:sfn/stateMachine:StateMachine";
    const before = { name: "machine", type: "STANDARD" };
    const order = async (inputs: Properties) =>
      (await lifecycle.diff(requestFor(type, inputs), before, [])).deleteBeforeReplace;
    expect(await order({ name: "machine", type: "EXPRESS" })).to.equal(true);
    expect(await order({ name: "other", type: "EXPRESS" })).to.equal(false);
  });

  it("of what has no behaviour makes another id beside the former one, which goes by itself", async () => {
    const kept = new Map<string, Properties>();
    const own = new Lifecycle(resourceType, OFFLINE, kept);
    const request = requestFor("aws:ec2/securityGroup:SecurityGroup", { name: "one", vpcId: "vpc-1" });
    const first = await own.create(request);
    const second = await own.create({ ...request, inputs: { ...request.inputs, name: "two" } });
    expect(second.id).to.not.equal(first.id);
    await own.delete({ ...request, id: first.id });
    expect(own.kept.map((key) => key.split("|").at(-1))).to.deep.equal([second.id]);
  });
});

describe("the image of a build context", () => {
  let directory: string;
  const lifecycle = new Lifecycle(resourceType, OFFLINE);
  const TYPE = "docker-build:index:Image";
  const inputs = (more: Properties = {}): Properties => ({
    ...{ context: { location: directory }, dockerfile: { location: join(directory, "Dockerfile") } },
    ...{ tags: ["000000000000.dkr.ecr.us-east-1.amazonaws.com/images:one"], ...more },
  });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "image-context-"));
    await writeFile(join(directory, "Dockerfile"), 'FROM scratch\nCMD ["index.handler"]\n');
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it("is to be pushed again when only a file of it has changed", async () => {
    const request = requestFor(TYPE, inputs({ push: true }));
    const { outputs } = await lifecycle.create(request);
    const changes = async () => [
      ...(await lifecycle.diff({ ...request, outputs }, request.inputs, [])).details.keys(),
    ];
    expect(await changes()).to.deep.equal([]);
    await writeFile(join(directory, "index.mjs"), "export {};\n");
    expect(await changes()).to.have.members(["contextHash", "digest", "ref"]);
  });

  // docker-build, "buildOnPreview": without a build only the hash of the context is known.
  it("is known in a preview by its digest if that builds, and by the hash of its context if not", async () => {
    const { digest, contextHash } = await lifecycle.preview(
      requestFor(TYPE, inputs({ buildOnPreview: true })),
    );
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    const unbuilt = await lifecycle.preview(requestFor(TYPE, inputs({ buildOnPreview: false })));
    expect(unbuilt.contextHash).to.equal(contextHash);
    expect(unbuilt).to.not.have.property("digest");
  });
});

const POLICY_WITHOUT_EFFECT = '{"Statement":[{"Action":"*","Resource":"*","Principal":"*"}]}';

const SCHEDULE = {
  ...{ scheduleExpression: "rate(5 minutes)", flexibleTimeWindow: { mode: "OFF" } },
  target: { arn: UNKNOWN, roleArn: UNKNOWN, input: "{}" },
};

/** Values that the service refuses, each in its documented range or form. */
const REFUSED: readonly (readonly [type: string, property: string, inputs: Properties])[] = [
  ["aws:sqs/queue:Queue", "messageRetentionSeconds", { messageRetentionSeconds: 59 }],
  ["aws:sqs/queue:Queue", "redrivePolicy", { redrivePolicy: "{}" }],
  ["aws:sqs/queue:Queue", "name", { name: "no spaces" }],
  ["aws:sqs/queuePolicy:QueuePolicy", "policy", { queueUrl: "u", policy: "{" }],
  ["aws:sns/topicPolicy:TopicPolicy", "policy", { arn: "a", policy: POLICY_WITHOUT_EFFECT }],
  ["aws:sns/topicSubscription:TopicSubscription", "protocol", { topic: "t", protocol: "fax", endpoint: "1" }],
  ["aws:cloudwatch/logGroup:LogGroup", "retentionInDays", { retentionInDays: 2 }],
  [
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "policyDocument",
    { policyName: "p", policyDocument: "[]" },
  ],
  ["aws:cloudwatch/eventRule:EventRule", "eventPattern", { eventPattern: '{"source":"a"}' }],
  ["aws:cloudwatch/eventRule:EventRule", "state", { eventPattern: UNKNOWN, state: "PAUSED" }],
  [
    "aws:cloudwatch/eventTarget:EventTarget",
    "retryPolicy",
    { rule: "r", arn: UNKNOWN, retryPolicy: { maximumRetryAttempts: 186 } },
  ],
  ["aws:cloudwatch/eventTarget:EventTarget", "arn", { rule: "r", arn: "arn:aws:s3:::bucket" }],
  ["aws:cloudwatch/eventArchive:EventArchive", "name", { name: "a".repeat(49), eventSourceArn: UNKNOWN }],
  ["aws:lambda/function:Function", "memorySize", { role: UNKNOWN, memorySize: 127 }],
  ["aws:lambda/function:Function", "timeout", { role: UNKNOWN, timeout: 901 }],
  [
    "aws:lambda/function:Function",
    "environment",
    { role: UNKNOWN, environment: { variables: { AWS_REGION: "x" } } },
  ],
  ["aws:lambda/function:Function", "packageType", { role: UNKNOWN, packageType: "Zip" }],
  [
    "aws:sfn/stateMachine:StateMachine",
    "definition",
    { roleArn: UNKNOWN, definition: '{"StartAt":"None","States":{}}' },
  ],
  [
    ...(["aws:lambda/eventSourceMapping:EventSourceMapping", "batchSize"] as const),
    { functionName: "f", batchSize: 10_001 },
  ],
  [
    ...(["aws:lambda/eventSourceMapping:EventSourceMapping", "filterCriteria"] as const),
    { functionName: "f", eventSourceArn: UNKNOWN, filterCriteria: { filters: [{ pattern: "{" }] } },
  ],
  [
    ...(["aws:lambda/eventSourceMapping:EventSourceMapping", "topics"] as const),
    { functionName: "f", topics: ["trades"] },
  ],
  [
    "aws:scheduler/schedule:Schedule",
    "scheduleExpression",
    { ...SCHEDULE, scheduleExpression: "rate(1 week)" },
  ],
  [
    "aws:scheduler/schedule:Schedule",
    "flexibleTimeWindow",
    { ...SCHEDULE, flexibleTimeWindow: { mode: "ON" } },
  ],
  ["aws:scheduler/schedule:Schedule", "target", { ...SCHEDULE, target: { arn: "a", roleArn: "r" } }],
  ["aws:scheduler/schedule:Schedule", "endDate", { ...SCHEDULE, endDate: "2027-01-01T00:00:00Z" }],
  ["aws:ecr/repository:Repository", "name", { name: "Upper" }],
  ["docker-build:index:Image", "tags", { tags: ["images:latest"], push: true }],
  ["aws:ec2/vpc:Vpc", "cidrBlock", { cidrBlock: "10.0.0.0" }],
];
const ALARM = {
  ...{ metricName: "M", namespace: "N", statistic: "Sum", period: 60, evaluationPeriods: 1, threshold: 1 },
  ...{ comparisonOperator: "GreaterThanThreshold", alarmActions: [UNKNOWN] },
};

describe("a preview", () => {
  const lifecycle = new Lifecycle(resourceType, OFFLINE);
  const failures = (type: string, inputs: Properties) =>
    lifecycle.check(requestFor(type, inputs), undefined).failures.map(({ property }) => property);

  for (const [type, property, inputs] of REFUSED)
    it(`refuses ${property} of ${type} that the service would refuse: ${JSON.stringify(inputs[property])}`, () => {
      expect(failures(type, inputs)).to.deep.equal([property]);
    });

  it("lets pass what is not known yet", () => {
    for (const [type, property, inputs] of REFUSED)
      expect(failures(type, { ...inputs, [property]: UNKNOWN }), `${type} ${property}`).to.deep.equal([]);
  });

  it("refuses what alarms cannot be, by the input that is wrong", () => {
    const type = "aws:cloudwatch/metricAlarm:MetricAlarm";
    expect(failures(type, ALARM)).to.deep.equal([]);
    expect(failures(type, { ...ALARM, period: 61 })).to.deep.equal(["period"]);
    expect(failures(type, { ...ALARM, comparisonOperator: "Equals" })).to.deep.equal(["comparisonOperator"]);
    expect(failures(type, { ...ALARM, datapointsToAlarm: 2 })).to.deep.equal(["datapointsToAlarm"]);
  });
});
