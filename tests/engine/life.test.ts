import { CloudWatchClient, DeleteAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { DisableRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { FUNCTION_NAMES } from "../../functions/contract.ts";
import { asked, existing } from "./leftovers.ts";
import { EngineProject, type Step, toolchain } from "./support.ts";

/** What is there without any deployment, or stays after one as it does on AWS. */
const STAYS = [
  /^\S+ events default$/,
  // Whom the local cloud calls as.
  /^\S+ iam (deployer|operator)$/,
  // Step Functions lets its logs be delivered with it (Step Functions, "Logging using CloudWatch Logs").
  /^\S+ logs AWSLogDeliveryWrite20150319$/,
  // Lambda Insights makes its group itself.
  /^\S+ logs \/aws\/lambda-insights$/,
  /^\S+ logs \/local-cloud\/faults$/,
];

/** At least so many are in a stack of two regions. */
const RESOURCES = 300;
const REGIONAL = ["primary", "replica"] as const;

/** Steps as texts that can be compared, whatever their order: `update Queue name: a, b`. */
function told(steps: readonly Step[]): string[] {
  return steps
    .map(({ op, resource, differences }) => [`${op} ${resource}`, ...differences.sort()].join(" "))
    .sort();
}

function inBothRegions(...steps: string[]): string[] {
  return steps.flatMap((step) => REGIONAL.map((region) => step.replace("REGION", region))).sort();
}

describe("a deployment with the real engine", function () {
  this.timeout(300_000);
  let project: EngineProject;
  const client = () => ({
    endpoint: `http://127.0.0.1:${project.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });

  async function leftovers(): Promise<string[]> {
    const all = await existing(project.port);
    return all.filter((name) => !STAYS.some((stays) => stays.test(name)));
  }

  before(async function () {
    if (!(await toolchain())) this.skip();
    project = await EngineProject.copy("life");
  });

  after(async () => {
    await project?.stop();
  });

  it("shows everything as new in a preview, and makes nothing", async () => {
    const steps = await project.steps("preview");
    expect(steps.filter(({ op }) => op !== "create")).to.deep.equal([]);
    expect(steps.length).to.be.at.least(RESOURCES);
    expect(await leftovers()).to.deep.equal([]);
  });

  for (const [operation, skip, where] of [
    ["CreateFunction", 2, "in the middle"],
    ["PutFunctionConcurrency", 0, "in the middle of one resource"],
  ] as const)
    it(`ends with the error of a call that failed ${where}`, async () => {
      const effect = { kind: "error", code: "ServiceException", message: "Out of order", status: 500 };
      await project.fault({ service: "lambda", operation, effect, times: 1, skip });
      const { code, messages } = await project.attempt("up");
      expect(code).to.not.equal(0);
      expect(messages.join("\n")).to.include("Out of order");
    });

  it("goes on from there, and what it made accounts for every event of the sample tape", async () => {
    const { code, out, error } = await project.engine("up", "--no-policies", "--skip-preview");
    expect(code, `${out}\n${error}`).to.equal(0);
    expect(out + error).to.match(/balanced: every event is accounted for/);
  });

  it("finds nothing to do when nothing has changed", async () => {
    expect(await project.steps("preview", "--expect-no-changes")).to.deep.equal([]);
    expect(await project.steps("refresh", "--expect-no-changes")).to.deep.equal([]);
  });

  it("changes in place what a change of configuration is about, and nothing else", async () => {
    await project.edit(
      "Pulumi.dev.yaml",
      "maximumRetryAttempts: 2",
      "maximumRetryAttempts: 3\n    archiveRetentionDays: 60",
    );
    await project.edit(
      "Pulumi.dev.yaml",
      "  trade-processing:enrichment:",
      "  trade-processing:alertEmail: desk@example.com\n" +
        "  trade-processing:logging: { retentionDays: 30 }\n" +
        "  trade-processing:functions: { overrides: { metadata-enricher: { memorySize: 1024 } } }\n" +
        "  trade-processing:enrichment:",
    );
    // All but the census's, which has times of its own.
    const rules = [
      "system1",
      "system2",
      "system3",
      "unmatched-events",
      "forwarding-default-bus",
      "executions-status",
    ];
    const groups = [...FUNCTION_NAMES, "workflow"];
    const expected = inBothRegions(
      "create TopicSubscription REGION-alarms-email",
      "update Alias REGION-metadata-enricher-alias functionVersion",
      "update EventArchive REGION-routing-archive retentionDays",
      "update Function REGION-metadata-enricher-function memorySize",
      ...rules.map(
        (rule) => `update EventTarget REGION-routing-${rule}-target retryPolicy.maximumRetryAttempts`,
      ),
      ...groups.map((group) => `update LogGroup REGION-${group}-logs retentionInDays`),
    );
    expect(told(await project.steps("preview"))).to.deep.equal(expected);
    expect(told(await project.steps("up"))).to.deep.equal(expected);
  });

  it("makes another of what cannot be changed in place", async () => {
    const names = (last: string) =>
      ["system1", "system2", last]
        .map((name, index) => `{ name: ${name}, source: trading.system${index + 1} }`)
        .join(", ");
    await project.edit(
      "Pulumi.dev.yaml",
      "config:",
      `config:\n  trade-processing:sources: [${names("desk")}]`,
    );
    await project.edit("components/naming.ts", '"trades-archive"', '"trades-history"');
    await project.edit(
      "components/workflow/workflow.ts",
      "type: settings.workflow.type,",
      'type: "EXPRESS",',
    );
    // All that know the sources by name.
    const functions = ["trade-validator", "metadata-enricher", "compliance-recorder", "replacement-recorder"];
    const steps = await project.steps("up");
    expect(told(steps)).to.deep.equal(
      inBothRegions(
        // A source's resources are named after it, so that those of another name are others.
        ...["RuleTarget REGION-routing-desk", "EventRule REGION-routing-desk-rule"].map(
          (each) => `create ${each}`,
        ),
        "create EventTarget REGION-routing-desk-target",
        ...["RuleTarget REGION-routing-system3", "EventRule REGION-routing-system3-rule"].map(
          (each) => `delete ${each}`,
        ),
        "delete EventTarget REGION-routing-system3-target",
        "update QueuePolicy REGION-routing-dlq-policy policy",
        ...functions.map(
          (name) => `update Function REGION-${name}-function environment.variables.TRADE_SOURCES`,
        ),
        "update Function REGION-trade-census-function environment.variables.EVENT_ARCHIVE_ARN",
        ...[...functions, "trade-census"].map((name) => `update Alias REGION-${name}-alias functionVersion`),
        "update RolePolicy REGION-trade-census-policy policy",
        "update MetricAlarm REGION-unaccounted-alarm metricQueries[3].metric.dimensions.RuleName",
        "create-replacement EventArchive REGION-routing-archive name",
        "delete-replaced EventArchive REGION-routing-archive",
        "create-replacement StateMachine REGION-workflow-state-machine type",
        "delete-replaced StateMachine REGION-workflow-state-machine",
      ),
    );
    const order = (resource: string) =>
      steps.filter((step) => step.resource === resource).map(({ op }) => op.replace(/-.*/, ""));
    // Under another name the new one comes first; under the same name the old one has to go before.
    expect(order("EventArchive primary-routing-archive")).to.deep.equal(["create", "delete"]);
    expect(order("StateMachine primary-workflow-state-machine")).to.deep.equal(["delete", "create"]);
  });

  it("puts changed code of a function into both regions, and touches no other function", async () => {
    await project.edit(
      "functions/trade-validator/handler.ts",
      "\n\n",
      '\n\nprocess.title = "validator";\n\n',
    );
    const expected = [
      "update Image images-trade-validator contextHash tags[0] tags[1]",
      ...inBothRegions(
        "update Alias REGION-trade-validator-alias functionVersion",
        "update Function REGION-trade-validator-function imageUri",
      ),
    ].sort();
    expect(told(await project.steps("preview"))).to.deep.equal(expected);
    expect(told(await project.steps("up"))).to.deep.equal(expected);
    const target = "AmazonEC2ContainerRegistry_V20150921.ListImages";
    const { imageIds } = await asked(project.port, "eu-west-1", "ecr", target, {
      repositoryName: "trade-processing-dev",
    });
    const tags = (imageIds as { imageTag: string }[]).map(({ imageTag }) =>
      imageTag.replace(/-[0-9a-f]+$/, ""),
    );
    expect(tags.sort()).to.deep.equal([
      ...["compliance-recorder", "metadata-enricher", "replacement-recorder", "trade-census"],
      ...["trade-validator", "trade-validator"],
    ]);
  });

  it("finds what was changed behind its back, and mends it", async () => {
    const sqs = new SQSClient(client());
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: "trade-rejects-dev" }));
    const Attributes = { MessageRetentionPeriod: "3600" };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    const AlarmNames = ["trade-rejects-alarm-dev"];
    await new CloudWatchClient(client()).send(new DeleteAlarmsCommand({ AlarmNames }));
    const rule = { Name: "trades-system1-dev", EventBusName: "trading-event-bus-dev" };
    await new EventBridgeClient(client()).send(new DisableRuleCommand(rule));
    const ssm = new SSMClient(client());
    const Name = "/trade-processing/dev/max-retries";
    await ssm.send(new PutParameterCommand({ Name, Value: "7", Overwrite: true }));

    expect(told(await project.steps("refresh"))).to.deep.equal([
      "delete MetricAlarm primary-workflow-rejects-alarm",
      "update EventRule primary-routing-system1-rule state",
      "update Queue primary-workflow-rejects-queue messageRetentionSeconds",
    ]);
    expect(told(await project.steps("up"))).to.deep.equal([
      "create MetricAlarm primary-workflow-rejects-alarm",
      "update EventRule primary-routing-system1-rule state",
      "update Queue primary-workflow-rejects-queue messageRetentionSeconds",
    ]);
    expect(await project.steps("refresh", "--expect-no-changes")).to.deep.equal([]);
    // An operator's value stays.
    expect((await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value).to.equal("7");
  });

  /** Region and status of each replica of the trades table. */
  async function replicas(): Promise<string[]> {
    const { Table } = await new DynamoDBClient(client()).send(
      new DescribeTableCommand({ TableName: "trades-dev" }),
    );
    return Table?.Replicas?.map(({ RegionName, ReplicaStatus }) => `${RegionName} ${ReplicaStatus}`) ?? [];
  }

  it("is told of a table's replica that was deleted by hand", async () => {
    const ReplicaUpdates = [{ Delete: { RegionName: "eu-west-1" } }];
    await new DynamoDBClient(client()).send(
      new UpdateTableCommand({ TableName: "trades-dev", ReplicaUpdates }),
    );
    while ((await replicas()).length > 0) await new Promise((done) => setTimeout(done, 50));
    expect(told(await project.steps("refresh"))).to.deep.equal(["delete TableReplica replication-trades"]);
  });

  it("ends with AWS's error when the replica cannot be made", async () => {
    const effect = {
      kind: "error",
      code: "AccessDeniedException",
      message: "Ask your administrator",
      status: 400,
    };
    await project.fault({ service: "dynamodb", operation: "UpdateTable", effect, times: 1 });
    const { code, messages } = await project.attempt("up");
    expect(code).to.not.equal(0);
    expect(messages.join("\n")).to.include("Ask your administrator");
    expect(await replicas()).to.deep.equal([]);
  });

  it("waits until the replica is there, however long that takes", async () => {
    const effect = { kind: "delay", milliseconds: 2_000 };
    await project.fault({ service: "dynamodb", operation: "DescribeTable", effect, times: 3 });
    expect(told(await project.steps("up"))).to.deep.equal([
      "create TableReplica replication-trades",
      // Another replica has another stream.
      "create-replacement EventSourceMapping replica-replacements-changes eventSourceArn",
      "delete-replaced EventSourceMapping replica-replacements-changes",
    ]);
    expect(await replicas()).to.deep.equal(["eu-west-1 ACTIVE"]);
  });

  it("refuses a replica for another account already in the preview", async () => {
    const file = "components/replication/replication.ts";
    await project.edit(file, "accountId: args.account,", 'accountId: "111111111111",');
    const { code, messages } = await project.attempt("preview");
    await project.edit(file, 'accountId: "111111111111",', "accountId: args.account,");
    expect(code).to.not.equal(0);
    expect(messages.join("\n")).to.match(/accountId.*111111111111.*000000000000/s);
  });

  it("shows a change of the replicas when their provider's code has changed", async () => {
    const file = "components/replication/table-replica.ts";
    await project.edit(file, 'PROVIDER_VERSION = "', 'PROVIDER_VERSION = "1.');
    expect(told(await project.steps("preview"))).to.deep.equal([
      // A preview does not know the stream before the replica is updated; `up` then finds it unchanged.
      "create-replacement EventSourceMapping replica-replacements-changes eventSourceArn",
      "delete-replaced EventSourceMapping replica-replacements-changes",
      "update TableReplica replication-outcomes",
      "update TableReplica replication-trades",
    ]);
    await project.edit(file, 'PROVIDER_VERSION = "1.', 'PROVIDER_VERSION = "');
  });

  it("leaves nothing behind", async () => {
    await project.steps("destroy");
    expect(await leftovers()).to.deep.equal([]);
  });

  it("can be made again, and taken away again", async () => {
    const steps = await project.steps("up");
    expect(steps.filter(({ op }) => op !== "create")).to.deep.equal([]);
    await project.steps("destroy");
    expect(await leftovers()).to.deep.equal([]);
  });
});
