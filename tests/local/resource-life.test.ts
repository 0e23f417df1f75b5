import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import type { Properties } from "../../local/program/wire.ts";
import { differences } from "../../local/providers/differences.ts";
import { Lifecycle, Unfinished } from "../../local/providers/lifecycle.ts";
import { resourceType } from "../../local/providers/resource-provider.ts";
import type { ExistingRequest } from "../../local/providers/resource-type.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const REGION = "us-east-1";
const OWNER = `arn:aws:iam::${LOCAL_ACCOUNT}:root`;
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${LOCAL_ACCOUNT}:${rest}`;
const REPOSITORY_URL = `${LOCAL_ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/images`;
const ROLE = `arn:aws:iam::${LOCAL_ACCOUNT}:role/worker`;

function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
}
const trust = (Service: string[]) => policy({ Principal: { Service }, Action: "sts:AssumeRole" });
const everyone = (action: string, Resource: string) =>
  policy({ Principal: { AWS: OWNER }, Action: action, Resource });

/** A resource, what may be changed of it in place, and what somebody may do to it behind the engine's back. */
interface Row {
  readonly type: string;
  readonly name: string;
  readonly inputs: Properties;
  readonly change: Properties;
  /** Service, operation and input of a call. */
  readonly behind: (id: string) => readonly [service: string, operation: string, input: Json];
  /** Paths of inputs that are found other then. */
  readonly found: readonly string[];
}

const machine = (Comment: string) =>
  JSON.stringify({ Comment, StartAt: "Done", States: { Done: { Type: "Succeed" } } });
const bus = { EventBusName: "bus" };
const LIVE = arn("lambda", "function:work:live");
const POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

const ROWS: readonly Row[] = [
  {
    ...{ type: "aws:iam/role:Role", name: "role" },
    inputs: {
      name: "worker",
      assumeRolePolicy: trust([
        "lambda.amazonaws.com",
        "states.amazonaws.com",
        "events.amazonaws.com",
        "scheduler.amazonaws.com",
      ]),
    },
    change: { description: "does the work" },
    behind: () => [
      ...(["iam", "UpdateAssumeRolePolicy"] as const),
      { RoleName: "worker", PolicyDocument: trust(["lambda.amazonaws.com"]) },
    ],
    found: ["assumeRolePolicy"],
  },
  {
    ...{ type: "aws:iam/rolePolicy:RolePolicy", name: "role-policy" },
    inputs: {
      name: "work",
      role: "worker",
      policy: policy({ Action: POLLING, Resource: arn("sqs", "queue") }),
    },
    change: { policy: policy({ Action: "sqs:*", Resource: arn("sqs", "queue") }) },
    behind: () => [
      ...(["iam", "PutRolePolicy"] as const),
      {
        ...{ RoleName: "worker", PolicyName: "work" },
        PolicyDocument: policy({ Action: "sqs:*", Resource: "*" }),
      },
    ],
    found: ["policy"],
  },
  {
    ...{ type: "aws:cloudwatch/eventBus:EventBus", name: "bus" },
    ...{ inputs: { name: "bus" }, change: { description: "of trades" } },
    behind: () => ["events", "UpdateEventBus", { Name: "bus", Description: "of others" }],
    found: ["description"],
  },
  {
    ...{ type: "aws:cloudwatch/eventBusPolicy:EventBusPolicy", name: "bus-policy" },
    inputs: { eventBusName: "bus", policy: everyone("events:PutEvents", arn("events", "event-bus/bus")) },
    change: { policy: everyone("events:PutRule", arn("events", "event-bus/bus")) },
    behind: () => [
      ...(["events", "PutPermission"] as const),
      { ...bus, StatementId: "x", Action: "events:PutEvents", Principal: "*" },
    ],
    found: ["policy"],
  },
  {
    ...{ type: "aws:cloudwatch/eventRule:EventRule", name: "rule" },
    inputs: { name: "rule", eventBusName: "bus", eventPattern: '{"source": ["a"]}' },
    change: { eventPattern: '{"source": ["b"]}', description: "of b" },
    behind: () => ["events", "DisableRule", { ...bus, Name: "rule" }],
    found: ["state"],
  },
  {
    ...{ type: "aws:sqs/queue:Queue", name: "queue" },
    inputs: { name: "queue", messageRetentionSeconds: 1_209_600, tags: { Purpose: "Test" } },
    change: { visibilityTimeoutSeconds: 60, tags: { Owner: "desk" } },
    behind: (QueueUrl) => [
      ...(["sqs", "SetQueueAttributes"] as const),
      { QueueUrl, Attributes: { MessageRetentionPeriod: "60", DelaySeconds: "5" } },
    ],
    found: ["messageRetentionSeconds", "delaySeconds"],
  },
  {
    ...{ type: "aws:sqs/queuePolicy:QueuePolicy", name: "queue-policy" },
    inputs: {
      queueUrl: `http://127.0.0.1/${LOCAL_ACCOUNT}/queue`,
      policy: everyone("sqs:SendMessage", arn("sqs", "queue")),
    },
    change: { policy: everyone("sqs:*", arn("sqs", "queue")) },
    behind: (QueueUrl) => [
      ...(["sqs", "SetQueueAttributes"] as const),
      { QueueUrl, Attributes: { Policy: everyone("sqs:PurgeQueue", arn("sqs", "queue")) } },
    ],
    found: ["policy"],
  },
  {
    ...{ type: "aws:cloudwatch/eventTarget:EventTarget", name: "target" },
    inputs: {
      ...{ rule: "rule", eventBusName: "bus", arn: arn("sqs", "queue") },
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    },
    change: { retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 60 } },
    behind: () => [
      ...(["events", "PutTargets"] as const),
      { ...bus, Rule: "rule", Targets: [{ Id: "target", Arn: arn("sqs", "other") }] },
    ],
    found: ["arn", "retryPolicy"],
  },
  {
    ...{ type: "aws:cloudwatch/eventArchive:EventArchive", name: "archive" },
    inputs: { name: "archive", eventSourceArn: arn("events", "event-bus/bus"), retentionDays: 30 },
    change: { retentionDays: 60, description: "for replays" },
    behind: () => ["events", "UpdateArchive", { ArchiveName: "archive", RetentionDays: 1 }],
    found: ["retentionDays"],
  },
  {
    ...{ type: "aws:sns/topic:Topic", name: "topic" },
    ...{ inputs: { name: "topic" }, change: { displayName: "Alarms", tags: { Owner: "desk" } } },
    behind: (TopicArn) => [
      ...(["sns", "SetTopicAttributes"] as const),
      { TopicArn, AttributeName: "DisplayName", AttributeValue: "Others" },
    ],
    found: ["displayName"],
  },
  {
    ...{ type: "aws:sns/topicPolicy:TopicPolicy", name: "topic-policy" },
    inputs: { arn: arn("sns", "topic"), policy: everyone("sns:Publish", arn("sns", "topic")) },
    change: { policy: everyone("sns:Subscribe", arn("sns", "topic")) },
    behind: (TopicArn) => [
      ...(["sns", "SetTopicAttributes"] as const),
      { TopicArn, AttributeName: "Policy", AttributeValue: everyone("sns:*", arn("sns", "topic")) },
    ],
    found: ["policy"],
  },
  {
    ...{ type: "aws:sns/topicSubscription:TopicSubscription", name: "subscription" },
    inputs: { topic: arn("sns", "topic"), protocol: "sqs", endpoint: arn("sqs", "queue") },
    change: { redrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("sqs", "other") }) },
    behind: (SubscriptionArn) => [
      ...(["sns", "SetSubscriptionAttributes"] as const),
      { SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "true" },
    ],
    found: ["rawMessageDelivery"],
  },
  {
    ...{ type: "aws:cloudwatch/logGroup:LogGroup", name: "group" },
    ...{ inputs: { name: "/group", retentionInDays: 14 }, change: { retentionInDays: 30 } },
    behind: () => ["logs", "DeleteRetentionPolicy", { logGroupName: "/group" }],
    found: ["retentionInDays"],
  },
  {
    ...{ type: "aws:cloudwatch/logResourcePolicy:LogResourcePolicy", name: "log-policy" },
    inputs: { policyName: "writers", policyDocument: everyone("logs:PutLogEvents", "*") },
    change: { policyDocument: everyone("logs:CreateLogStream", "*") },
    behind: () => [
      ...(["logs", "PutResourcePolicy"] as const),
      { policyName: "writers", policyDocument: everyone("logs:*", "*") },
    ],
    found: ["policyDocument"],
  },
  {
    ...{ type: "aws:cloudwatch/metricAlarm:MetricAlarm", name: "alarm" },
    inputs: {
      ...{ name: "alarm", comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1, threshold: 1 },
      metricQueries: [
        { id: "sum", expression: "one + 1", returnData: true },
        {
          id: "one",
          metric: { metricName: "M", namespace: "N", period: 60, stat: "Sum", dimensions: { D: "d" } },
        },
      ],
    },
    change: { threshold: 2, alarmActions: [arn("sns", "topic")] },
    behind: () => [
      ...(["monitoring", "PutMetricAlarm"] as const),
      {
        ...{
          AlarmName: "alarm",
          ComparisonOperator: "LessThanThreshold",
          EvaluationPeriods: 1,
          Threshold: 1,
        },
        ...{ Namespace: "N", MetricName: "M", Period: 60, Statistic: "Sum" },
      },
    ],
    found: [
      ...["alarmActions[0]", "threshold"],
      "comparisonOperator",
      "metricName",
      "metricQueries[0]",
      "metricQueries[1]",
      "namespace",
      "period",
      "statistic",
    ],
  },
  {
    ...{ type: "aws:ecr/repository:Repository", name: "repository" },
    ...{ inputs: { name: "images", forceDelete: true }, change: { imageTagMutability: "IMMUTABLE" } },
    behind: () => [
      ...(["ecr", "PutImageScanningConfiguration"] as const),
      { repositoryName: "images", imageScanningConfiguration: { scanOnPush: true } },
    ],
    found: ["imageScanningConfiguration"],
  },
  {
    ...{ type: "aws:ecr/repositoryPolicy:RepositoryPolicy", name: "repository-policy" },
    inputs: {
      repository: "images",
      policy: policy({
        Principal: { Service: "lambda.amazonaws.com" },
        Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      }),
    },
    change: { policy: policy({ Principal: { Service: "lambda.amazonaws.com" }, Action: "ecr:*" }) },
    behind: () => ["ecr", "DeleteRepositoryPolicy", { repositoryName: "images" }],
    found: [],
  },
  {
    ...{ type: "docker-build:index:Image", name: "image" },
    inputs: {
      context: { location: "CONTEXT" },
      dockerfile: { location: "CONTEXT/Dockerfile" },
      tags: [`${REPOSITORY_URL}:one`],
      push: true,
    },
    change: { tags: [`${REPOSITORY_URL}:two`] },
    behind: () => [
      ...(["ecr", "BatchDeleteImage"] as const),
      { repositoryName: "images", imageIds: [{ imageTag: "one" }] },
    ],
    found: [],
  },
  {
    ...{ type: "aws:lambda/function:Function", name: "function" },
    inputs: {
      name: "work",
      packageType: "Image",
      imageUri: `${REPOSITORY_URL}:two`,
      role: ROLE,
      memorySize: 256,
      publish: true,
    },
    change: {
      memorySize: 512,
      environment: { variables: { MODE: "fast" } },
      reservedConcurrentExecutions: 5,
    },
    behind: () => [
      "lambda",
      "UpdateFunctionConfiguration",
      { FunctionName: "work", MemorySize: 128, Timeout: 10 },
    ],
    found: ["memorySize", "timeout"],
  },
  {
    ...{ type: "aws:lambda/alias:Alias", name: "alias" },
    inputs: { name: "live", functionName: "work", functionVersion: "1" },
    change: { functionVersion: "2" },
    behind: () => [
      "lambda",
      "UpdateAlias",
      { FunctionName: "work", Name: "live", FunctionVersion: "$LATEST" },
    ],
    found: ["functionVersion"],
  },
  {
    ...{ type: "aws:lambda/eventSourceMapping:EventSourceMapping", name: "mapping" },
    inputs: { eventSourceArn: arn("sqs", "queue"), functionName: LIVE, batchSize: 5 },
    change: {
      maximumBatchingWindowInSeconds: 5,
      functionResponseTypes: ["ReportBatchItemFailures"],
      filterCriteria: { filters: [{ pattern: '{"body":{"a":[1]}}' }] },
    },
    behind: (UUID) => [
      ...(["lambda", "UpdateEventSourceMapping"] as const),
      { UUID, BatchSize: 1, Enabled: false, FilterCriteria: {} },
    ],
    found: ["batchSize", "enabled", "filterCriteria.filters[0]"],
  },
  {
    ...{ type: "aws:scheduler/schedule:Schedule", name: "schedule" },
    inputs: {
      ...{ name: "sweep", scheduleExpression: "rate(5 minutes)", flexibleTimeWindow: { mode: "OFF" } },
      target: {
        ...{ arn: LIVE, roleArn: ROLE, input: "{}", deadLetterConfig: { arn: arn("sqs", "queue") } },
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 1 },
      },
    },
    change: { state: "DISABLED", description: "sweeps" },
    behind: () => [
      ...(["scheduler", "UpdateSchedule"] as const),
      {
        ...{ Name: "sweep", ScheduleExpression: "rate(1 hours)", FlexibleTimeWindow: { Mode: "OFF" } },
        Target: { Arn: LIVE, RoleArn: ROLE, Input: '{"by":"hand"}' },
      },
    ],
    found: [
      ...["description", "scheduleExpression", "state"],
      ...["target.deadLetterConfig", "target.input"],
      ...["target.retryPolicy.maximumEventAgeInSeconds", "target.retryPolicy.maximumRetryAttempts"],
    ],
  },
  {
    ...{ type: "aws:sfn/stateMachine:StateMachine", name: "machine" },
    inputs: { name: "machine", roleArn: ROLE, definition: machine("first") },
    change: { definition: machine("second"), tracingConfiguration: { enabled: true } },
    behind: (stateMachineArn) => [
      ...(["states", "UpdateStateMachine"] as const),
      { stateMachineArn, definition: machine("by hand") },
    ],
    found: ["definition"],
  },
];

describe("a resource of the local cloud", () => {
  let services: LocalServices;
  let lifecycle: Lifecycle;
  let directory: string;
  const made = new Map<string, ExistingRequest>();

  const call = (service: string, operation: string, input: Json) =>
    services.cloud.surroundings.call(service, operation, input, { region: REGION, principal: OWNER });
  const request = ({ type, name }: Row, inputs: Properties) => ({
    ...{ type, name, region: REGION, account: LOCAL_ACCOUNT },
    urn: `urn:pulumi:test::test::${type}::${name}`,
    inputs: JSON.parse(
      JSON.stringify(inputs).replaceAll("CONTEXT", join(directory, "context")),
    ) as Properties,
  });
  const existing = (row: Row): ExistingRequest => {
    const found = made.get(row.name);
    if (!found) throw new Error(`${row.name} has not been made`);
    return found;
  };
  /** Paths of inputs that are other than the state has them; undefined if it is gone. */
  const drift = async (of: ExistingRequest): Promise<string[] | undefined> => {
    const found = await lifecycle.read(of);
    return found && [...differences(of.inputs, found.inputs).keys()].sort();
  };
  /** Brings it to inputs, from what there is. */
  const bring = async (row: Row, inputs: Properties): Promise<void> => {
    const before = existing(row);
    const found = await lifecycle.read(before);
    if (!found) {
      const { id, outputs } = await lifecycle.create(request(row, inputs));
      made.set(row.name, { ...before, inputs, id, outputs });
      return;
    }
    const outputs = await lifecycle.update(
      { ...before, inputs, outputs: found.outputs },
      found.inputs,
      false,
    );
    made.set(row.name, { ...before, inputs, outputs });
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "resource-life-"));
    await mkdir(join(directory, "context"));
    await writeFile(join(directory, "context/Dockerfile"), 'FROM scratch\nCMD ["index.handler"]\n');
    services = await startServices({ cacheDirectory: join(directory, "cache") });
    const pushImage: ConstructorParameters<typeof Lifecycle>[1]["pushImage"] = async (image) => {
      await services.ecr.pushImage(image);
    };
    lifecycle = new Lifecycle(resourceType, { call: services.cloud.surroundings.call, pushImage });
  });

  after(async () => {
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  for (const row of ROWS) {
    it(`${row.type} is found as it was made`, async () => {
      const asked = request(row, row.inputs);
      const { inputs, failures } = lifecycle.check(asked, undefined);
      expect(failures).to.deep.equal([]);
      const { id, outputs } = await lifecycle.create({ ...asked, inputs });
      made.set(row.name, { ...asked, inputs, id, outputs });
      expect(await drift(existing(row))).to.deep.equal([]);
    });

    it(`${row.type} is changed in place`, async () => {
      const { inputs } = request(row, { ...row.inputs, ...row.change });
      const { details } = await lifecycle.diff({ ...existing(row), inputs }, existing(row).inputs, []);
      expect([...details.values()].some(({ isReplacing }) => isReplacing)).to.equal(false);
      await bring(row, inputs);
      expect(await drift(existing(row))).to.deep.equal([]);
    });
  }

  it("is imported by its id alone, but for what no service tells", async () => {
    const problems: string[] = [];
    for (const row of ROWS) {
      const { inputs, ...rest } = existing(row);
      const found = await lifecycle.read({ ...rest, inputs: {}, outputs: {} }).catch((error: Error) => error);
      if (found instanceof Error) problems.push(found.message.split(" here;")[0] ?? "");
      else if (!found) problems.push(`${row.type}: not found`);
      else {
        const paths = [...differences(found.inputs, inputs).keys()];
        if (paths.length > 0) problems.push(`${row.type}: ${paths.join(", ")}`);
      }
    }
    expect(problems).to.deep.equal([
      "aws:iam/role:Role: description",
      'type "aws:cloudwatch/eventTarget:EventTarget" cannot be imported',
      "aws:sns/topic:Topic: tags",
      'type "aws:sns/topicSubscription:TopicSubscription" cannot be imported',
      "aws:cloudwatch/metricAlarm:MetricAlarm: metricQueries[1].returnData",
      // Of the provider alone: whether a deletion takes the images along, and whether updates are published.
      "aws:ecr/repository:Repository: forceDelete",
      'type "docker-build:index:Image" cannot be imported',
      "aws:lambda/function:Function: publish",
    ]);
  });

  it("is found changed by what was done behind the engine's back, and brought back", async () => {
    for (const row of ROWS) {
      // The image that a function was made from stays.
      if (row.name === "image") continue;
      await call(...row.behind(existing(row).id));
      const expected = row.found.length > 0 ? [...row.found].sort() : undefined;
      expect(await drift(existing(row)), row.type).to.deep.equal(expected);
      await bring(row, existing(row).inputs);
      expect(await drift(existing(row)), row.type).to.deep.equal([]);
    }
  });

  it("is as stated when what is stated is what there is without saying so", async () => {
    const row = ROWS.find(({ name }) => name === "group") as Row;
    const asked = { ...request(row, { name: "/for-ever", retentionInDays: 0 }), id: "/for-ever" };
    await lifecycle.create(asked);
    expect(await drift({ ...asked, outputs: {} })).to.deep.equal([]);
    await lifecycle.delete({ ...asked, outputs: {} });
  });

  it("publishes a version of a function for each change of it, and none for its reserve", async () => {
    const row = ROWS.find(({ name }) => name === "function");
    if (!row) throw new Error("no function");
    const versions = async (change: Properties) => {
      await bring(row, { ...existing(row).inputs, ...change });
      return existing(row).outputs.version;
    };
    const before = Number(existing(row).outputs.version);
    expect(await versions({ reservedConcurrentExecutions: 6 })).to.equal(String(before));
    expect(await versions({ timeout: 20 })).to.equal(String(before + 1));
    expect(existing(row).outputs.qualifiedArn).to.equal(arn("lambda", `function:work:${before + 1}`));
  });

  it("is gone once it was deleted, and can be deleted again", async () => {
    for (const row of [...ROWS].reverse()) await lifecycle.delete(existing(row));
    for (const row of ROWS) {
      expect(await drift(existing(row)), row.type).to.equal(undefined);
      await lifecycle.delete(existing(row));
    }
  });

  describe("whose making failed half way", () => {
    const row = ROWS.find(({ name }) => name === "group") as Row;
    const effect = { kind: "error", code: "ServiceUnavailableException" } as const;

    it("is told as unfinished, and finished by the next update", async () => {
      services.cloud.faults.add({
        service: "logs",
        operation: "PutRetentionPolicy",
        effect,
        when: "before",
        times: 1,
      });
      const asked = request(row, row.inputs);
      const error = await lifecycle.create(asked).catch((thrown: unknown) => thrown);
      if (!(error instanceof Unfinished)) throw new Error(`it was not told: ${String(error)}`);
      const unfinished = { ...asked, id: error.id, outputs: error.outputs };
      expect(await drift(unfinished)).to.deep.equal(["retentionInDays"]);
      await lifecycle.update(unfinished, row.inputs, false);
      expect(await drift(unfinished)).to.deep.equal([]);
    });

    it("is an error where another of its name is there already", async () => {
      const error = await lifecycle.create(request(row, row.inputs)).catch((thrown: unknown) => thrown);
      expect(error).to.be.an("error").with.property("code", "ResourceAlreadyExistsException");
    });
  });
});
