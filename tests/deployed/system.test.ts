import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { deployedTarget, type Target } from "./target.ts";

const FOURTEEN_DAYS = "1209600";

/** A deployed stack, on AWS or in the local cloud, as its users meet it. It adds four trades, and removes nothing. */
describe("a deployed stack", function () {
  this.timeout(300_000);
  let target: Target;
  before(async () => {
    target = await deployedTarget();
  });

  const regions = () => [target.outputs.PrimaryRegion, target.outputs.ReplicaRegion];
  const region = (name: string) => {
    const found = target.outputs.regions[name];
    if (!found) throw new Error(`regions: has nothing for ${name}`);
    return found;
  };

  async function put(detail: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<string> {
    const { PrimaryRegion, Sources } = target.outputs;
    const client = new EventBridgeClient(target.client(PrimaryRegion));
    const [source] = Sources;
    const entry = {
      Source: source?.source,
      DetailType: "Trade Event",
      Detail: JSON.stringify(detail),
      EventBusName: region(PrimaryRegion).eventBusName,
      ...change,
    };
    const { Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    client.destroy();
    const id = Entries?.[0]?.EventId;
    if (id === undefined) throw new Error(`PutEvents refused: ${JSON.stringify(Entries)}`);
    return `${PrimaryRegion}#${id}`;
  }

  function trade(change: Record<string, unknown> = {}): Record<string, unknown> {
    const sourceSystem = target.outputs.Sources[0]?.name;
    return { tradeId: `TEST-${randomUUID()}`, amount: "1000.50", currency: "USD", sourceSystem, ...change };
  }

  async function items(table: string, key: string, value: unknown, where: string) {
    const client = new DynamoDBClient(target.client(where));
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: "#key = :value",
        ExpressionAttributeNames: { "#key": key },
        ExpressionAttributeValues: { ":value": { S: String(value) } },
      }),
    );
    client.destroy();
    return Items;
  }

  /** Asks until there is an answer, for as long as that may take. */
  async function eventually<Answer>(ask: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
    for (const deadline = Date.now() + target.patience; ; ) {
      const answers = await ask();
      if (answers.length > 0 || Date.now() > deadline) return answers;
      await setTimeout(250);
    }
  }

  it("records a trade, once, in both regions", async () => {
    const detail = trade();
    const event = await put(detail);
    for (const where of regions()) {
      const rows = await eventually(() =>
        items(target.outputs.TradeTableName, "tradeId", detail.tradeId, where),
      );
      expect(rows, where).to.have.length(1);
      expect(rows[0]?.event?.S).to.equal(event);
      expect(rows[0]?.amount?.S).to.equal("1000.50");
      expect(rows[0]?.version?.N).to.equal("1");
    }
  });

  it("takes a trade from the default bus where that is forwarded", async function () {
    if (region(target.outputs.PrimaryRegion).ruleNames.forwarding === undefined) {
      console.log("    routing.forwardDefaultBus is off in this stack");
      this.skip();
    }
    const detail = trade();
    await put(detail, { EventBusName: undefined });
    const rows = await eventually(() =>
      items(target.outputs.TradeTableName, "tradeId", detail.tradeId, target.outputs.PrimaryRegion),
    );
    expect(rows).to.have.length(1);
  });

  it("calls the same trade sent again a duplicate", async () => {
    const detail = trade();
    await put(detail);
    const { OutcomesTableName, TradeTableName, PrimaryRegion } = target.outputs;
    await eventually(() => items(TradeTableName, "tradeId", detail.tradeId, PrimaryRegion));
    const again = await put(detail);
    const outcomes = await eventually(() => items(OutcomesTableName, "event", again, PrimaryRegion));
    expect(outcomes.map(({ outcome }) => outcome?.S)).to.deep.equal(["duplicate"]);
    expect(await items(TradeTableName, "tradeId", detail.tradeId, PrimaryRegion)).to.have.length(1);
  });

  it("rejects what is no trade, with all its reasons", async () => {
    const event = await put(trade({ amount: "-5", currency: "EURO" }));
    const { OutcomesTableName, PrimaryRegion } = target.outputs;
    const outcomes = await eventually(() => items(OutcomesTableName, "event", event, PrimaryRegion));
    expect(outcomes.map(({ outcome }) => outcome?.S)).to.deep.equal(["rejected"]);
    expect(JSON.stringify(outcomes[0])).to.include("amount").and.to.include("currency");
  });

  it("keeps dead letters for 14 days, in both regions", async () => {
    for (const where of regions()) {
      const client = new SQSClient(target.client(where));
      const { deadLetterQueueUrls, routingDeadLetterQueueUrl, rejectsQueueUrl } = region(where);
      for (const QueueUrl of [
        ...Object.values(deadLetterQueueUrls),
        routingDeadLetterQueueUrl,
        rejectsQueueUrl,
      ]) {
        const { Attributes } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
        );
        expect(Attributes?.MessageRetentionPeriod, QueueUrl).to.equal(FOURTEEN_DAYS);
        expect(Attributes?.KmsMasterKeyId, QueueUrl).to.match(/^arn:aws:kms:/);
      }
      client.destroy();
    }
  });

  it("has its tables replicated, recoverable and encrypted in both regions", async () => {
    const { TradeTableName, OutcomesTableName, PrimaryRegion, ReplicaRegion } = target.outputs;
    for (const where of regions()) {
      const client = new DynamoDBClient(target.client(where));
      for (const TableName of [TradeTableName, OutcomesTableName]) {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }));
        const other = where === PrimaryRegion ? ReplicaRegion : PrimaryRegion;
        expect(Table?.TableStatus, TableName).to.equal("ACTIVE");
        const replica = Table?.Replicas?.find(({ RegionName }) => RegionName === other);
        expect(replica?.ReplicaStatus, `${TableName} in ${where}`).to.equal("ACTIVE");
        expect(Table?.SSEDescription?.KMSMasterKeyArn, TableName).to.include(`:${where}:`);
        const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName }));
        const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
        expect(recovery?.PointInTimeRecoveryStatus, `${TableName} in ${where}`).to.equal("ENABLED");
      }
      client.destroy();
    }
  });

  it("has a workflow with logs and tracing, and alarms that tell a topic, in both regions", async () => {
    for (const where of regions()) {
      const { stateMachineArn, alarmTopicArn } = region(where);
      const workflows = new SFNClient(target.client(where));
      const machine = await workflows.send(new DescribeStateMachineCommand({ stateMachineArn }));
      workflows.destroy();
      expect(machine.tracingConfiguration?.enabled).to.equal(true);
      expect(machine.loggingConfiguration?.level).to.equal("ERROR");
      const client = new CloudWatchClient(target.client(where));
      const suffix = target.outputs.EnvironmentSuffix;
      for (const name of ["validator-dlq-alarm", "enricher-dlq-alarm", "recorder-dlq-alarm"]) {
        const { MetricAlarms = [] } = await client.send(
          new DescribeAlarmsCommand({ AlarmNames: [`${name}-${suffix}`] }),
        );
        expect(MetricAlarms, `${name} in ${where}`).to.have.length(1);
        expect(MetricAlarms[0]?.AlarmActions).to.deep.equal([alarmTopicArn]);
      }
      client.destroy();
    }
  });

  it("has its configuration in parameters of type String, in both regions", async () => {
    for (const where of regions()) {
      const client = new SSMClient(target.client(where));
      const Names = Object.values(region(where).parameterNames);
      const { Parameters = [], InvalidParameters } = await client.send(new GetParametersCommand({ Names }));
      client.destroy();
      expect(InvalidParameters ?? []).to.deep.equal([]);
      expect(Parameters.map(({ Type }) => Type)).to.deep.equal(Names.map(() => "String"));
    }
  });
});
