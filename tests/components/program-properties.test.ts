import { expect } from "chai";
import { parseSettings } from "../../components/settings.ts";
import type { Evaluation } from "../../local/program/evaluate.ts";
import { evaluatedStack, evaluateOffline, ofType, one, REGIONS, ROLES, STACKS } from "./support/stacks.ts";

const FUNCTIONS = ["trade-validator", "metadata-enricher", "compliance-recorder"];
/** Alarms that do not go off at a first occurrence; what they look at is tested where they are. */
const OF_THEIR_OWN =
  /-(unaccounted|health-(latency|heartbeat)|maintenance-pending-enrichment|replacements-age|replication-lag-(trades|outcomes))-alarm$/;
const variablesOf = (evaluation: Evaluation, name: string) =>
  (
    one(evaluation, "aws:lambda/function:Function", name).inputs.environment as {
      variables: Record<string, string>;
    }
  ).variables;

for (const stack of STACKS)
  describe(`the properties of stack ${stack}`, () => {
    let evaluation: Evaluation;
    before(async () => {
      evaluation = await evaluatedStack(stack);
    });

    it("name and describe each security group by whom it is for", () => {
      const groups = [
        ["functions", `lambda-security-group-${stack}`, "Functions: HTTPS to endpoints only"],
        ["endpoints", `security-group-endpoints-${stack}`, "Endpoints: HTTPS from functions only"],
        ["market-data", `security-group-market-data-${stack}`, "Enricher: HTTPS to market data"],
      ] as const;
      for (const role of ROLES) {
        const vpc = one(evaluation, "awsx:ec2:Vpc", `${role}-network-vpc`);
        for (const [purpose, name, description] of groups) {
          const group = one(evaluation, "aws:ec2/securityGroup:SecurityGroup", `${role}-network-${purpose}`);
          expect(group.inputs).to.deep.include({
            name,
            description,
            vpcId: vpc.outputs.vpcId,
            tags: { Name: name },
          });
          expect(group.inputs).not.to.have.any.keys("ingress", "egress");
        }
      }
    });

    it("tell each function its service's name and the level that it logs at", () => {
      for (const role of ROLES)
        for (const name of FUNCTIONS)
          expect(variablesOf(evaluation, `${role}-${name}-function`)).to.include({
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: "TradingSystem",
            LOG_LEVEL: "INFO",
            ENVIRONMENT_SUFFIX: stack,
          });
    });

    it("index trades by source and time with all attributes, and pending ones by region with keys only", () => {
      const { inputs } = one(evaluation, "aws:dynamodb/table:Table", "tables-trades");
      expect(inputs.globalSecondaryIndexes).to.deep.equal([
        { name: "SourceSystemIndex", hashKey: "sourceSystem", rangeKey: "timestamp", projectionType: "ALL" },
        {
          name: "EnrichmentPendingIndex",
          hashKey: "enrichmentPending",
          rangeKey: "timestamp",
          projectionType: "KEYS_ONLY",
        },
      ]);
      expect(inputs.attributes).to.have.deep.members([
        { name: "tradeId", type: "S" },
        { name: "version", type: "N" },
        { name: "sourceSystem", type: "S" },
        { name: "timestamp", type: "N" },
        { name: "enrichmentPending", type: "S" },
      ]);
    });

    it("index outcomes by source and begin of the attempt with all attributes", () => {
      const { inputs } = one(evaluation, "aws:dynamodb/table:Table", "tables-outcomes");
      expect(inputs.globalSecondaryIndexes).to.deep.equal([
        { name: "SourceIndex", hashKey: "source", rangeKey: "timestamp", projectionType: "ALL" },
      ]);
      expect(inputs.attributes).to.have.deep.members([
        { name: "event", type: "S" },
        { name: "attempt", type: "S" },
        { name: "source", type: "S" },
        { name: "timestamp", type: "S" },
      ]);
    });

    it("let every alarm look at one minute, take silence for health, and tell its own region's topic", () => {
      for (const role of ROLES) {
        const topic = one(evaluation, "aws:sns/topic:Topic", `${role}-alarms-topic`);
        expect(topic.outputs.arn).to.include(`:${REGIONS[role]}:`);
        const alarms = ofType(evaluation, "aws:cloudwatch/metricAlarm:MetricAlarm").filter(
          ({ name }) => name.startsWith(`${role}-`) && !OF_THEIR_OWN.test(name),
        );
        expect(alarms).to.have.length.of.at.least(9);
        for (const { name, inputs } of alarms) {
          expect(inputs, name).to.deep.include({
            period: 60,
            evaluationPeriods: 1,
            treatMissingData: "notBreaching",
            alarmActions: [topic.outputs.arn],
            okActions: [topic.outputs.arn],
          });
          expect(inputs, name).not.to.have.property("actionsEnabled", false);
        }
      }
    });

    it("alarm on what queues hold at any moment, and on what executions did within the minute", () => {
      for (const { name, inputs } of ofType(evaluation, "aws:cloudwatch/metricAlarm:MetricAlarm")) {
        if (OF_THEIR_OWN.test(name)) continue;
        const [role] = name.split("-");
        // Its expression is tested with the alarm.
        if (name === `${role}-unaccounted-alarm`) continue;
        const machine = one(
          evaluation,
          "aws:sfn/stateMachine:StateMachine",
          `${role}-workflow-state-machine`,
        );
        if (inputs.namespace === "AWS/SQS")
          expect(inputs, name).to.include({
            metricName: "ApproximateNumberOfMessagesVisible",
            statistic: "Maximum",
          });
        else if (name.endsWith("-replacements-conflict-alarm"))
          expect(inputs, name).to.deep.include({
            namespace: "TradingSystem",
            metricName: "ReplacedByConflict",
            statistic: "Sum",
            dimensions: { service: "replacement-recorder", Environment: stack },
          });
        else
          expect(inputs, name).to.deep.include({
            namespace: "AWS/States",
            statistic: "Sum",
            dimensions: { StateMachineArn: machine.outputs.arn },
          });
      }
    });

    it("keep trades out of the execution logs, and logs for as long as is set", () => {
      for (const role of ROLES) {
        const machine = one(
          evaluation,
          "aws:sfn/stateMachine:StateMachine",
          `${role}-workflow-state-machine`,
        );
        expect(machine.inputs.loggingConfiguration).to.include({ includeExecutionData: false });
        const logs = one(evaluation, "aws:cloudwatch/logGroup:LogGroup", `${role}-workflow-logs`);
        expect(logs.inputs).to.include({
          name: `/aws/vendedlogs/states/trade-processing-${stack}`,
          retentionInDays: 14,
        });
      }
    });

    it("let queues take a whole event, and keys be gone a week after they are destroyed", () => {
      for (const { name, inputs } of ofType(evaluation, "aws:sqs/queue:Queue"))
        expect(inputs.maxMessageSize, name).to.equal(1_048_576);
      for (const { inputs } of ofType(evaluation, "aws:kms/key:Key"))
        expect(inputs.deletionWindowInDays).to.equal(7);
    });

    it("stream both tables, from which they are replicated", () => {
      for (const { inputs } of ofType(evaluation, "aws:dynamodb/table:Table"))
        expect(inputs).to.include({ streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" });
    });

    it("run the handler of a bundle, under an alias of the version that was published", () => {
      for (const role of ROLES)
        for (const name of FUNCTIONS) {
          const own = one(evaluation, "aws:lambda/function:Function", `${role}-${name}-function`);
          expect(own.inputs.imageConfig).to.deep.equal({ commands: ["index.handler"] });
          const alias = one(evaluation, "aws:lambda/alias:Alias", `${role}-${name}-alias`);
          expect(alias.inputs.functionVersion).to.equal(own.outputs.version).and.to.match(/^\d+$/);
        }
    });

    it("let a rebuild move an image's tag, and encrypt images with the region's customer key", () => {
      for (const role of ROLES) {
        const key = one(evaluation, "aws:kms/key:Key", `${role}-key-key`);
        const { inputs } = one(evaluation, "aws:ecr/repository:Repository", `${role}-images-repository`);
        expect(inputs.imageTagMutability).to.equal("MUTABLE");
        expect(inputs.encryptionConfigurations).to.deep.equal([
          { encryptionType: "KMS", kmsKey: key.outputs.arn },
        ]);
      }
    });
  });

describe("the properties of the whole", () => {
  it("build an image that differs only where its files do", async () => {
    for (const { inputs } of ofType(await evaluatedStack("dev"), "docker-build:index:Image")) {
      expect(inputs.buildArgs).to.deep.equal({ SOURCE_DATE_EPOCH: "0" });
      expect(inputs.exports).to.deep.equal([{ raw: "type=image,push=true,rewrite-timestamp=true" }]);
    }
  });

  it("tell of each region what is in that region", async () => {
    const { outputs } = await evaluatedStack("dev");
    for (const [region, told] of Object.entries(outputs.regions as Record<string, object>)) {
      const places = JSON.stringify(told).match(/(us-east-1|eu-west-1)/g) ?? [];
      expect(places.length, region).to.be.greaterThan(10);
      expect(new Set(places), region).to.deep.equal(new Set([region]));
    }
  });
});

describe("the properties that configuration changes", () => {
  it("replicate the repositories that begin with this deployment's name, to the replica region", async () => {
    const [replication] = ofType(
      await evaluateOffline("dev", { replicaRegion: "us-west-2", environmentSuffix: "desk" }),
      "aws:ecr/replicationConfiguration:ReplicationConfiguration",
    );
    expect(replication?.inputs.replicationConfiguration).to.deep.equal({
      rules: [
        {
          destinations: [{ region: "us-west-2", registryId: "000000000000" }],
          repositoryFilters: [{ filter: "trade-processing-desk", filterType: "PREFIX_MATCH" }],
        },
      ],
    });
    expect(replication?.provider?.urn).to.match(/primary/);
  });

  it("set the level at which functions and platform log", async () => {
    const evaluation = await evaluateOffline("dev", { logging: JSON.stringify({ level: "DEBUG" }) });
    const name = "replica-compliance-recorder-function";
    expect(variablesOf(evaluation, name)).to.include({ LOG_LEVEL: "DEBUG" });
    const { inputs } = one(evaluation, "aws:lambda/function:Function", name);
    expect(inputs.loggingConfig).to.include({ applicationLogLevel: "DEBUG" });
  });

  it("keep as many versions warm as are reserved, at most", () => {
    const settings = (provisionedConcurrency: number) => () =>
      parseSettings({
        "trade-processing:environmentSuffix": "dev",
        "trade-processing:enrichment": JSON.stringify({ apiEndpoint: "https://market.example.com" }),
        "trade-processing:functions": JSON.stringify({ reservedConcurrency: 10, provisionedConcurrency }),
      });
    expect(settings(10)).not.to.throw();
    expect(settings(11)).to.throw("functions.provisionedConcurrency: got 11");
  });
});
