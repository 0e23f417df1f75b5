import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListEndpointsCommand } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { GetHealthCheckCommand, type HealthCheckConfig, Route53Client } from "@aws-sdk/client-route-53";
import { expect } from "chai";
import { METRICS, METRICS_NAMESPACE } from "../../functions/contract.ts";
import { takeCensus } from "../../ops/census/invocation.ts";
import { outputsOf } from "../../ops/frame/outputs.ts";
import { TradeProducer } from "../../ops/producer/index.ts";
import { deployedTarget, type Target } from "./target.ts";

const MINUTE = 60_000;
/** What a heartbeat or a schedule of a minute may take, its metric included. */
const SCHEDULED = 3 * MINUTE;

/** A deployed stack's failover and what runs by itself in it. It adds one trade, and removes nothing. */
describe("a deployed stack's failover", function () {
  this.timeout(5 * MINUTE);
  let target: Target;
  before(async function () {
    target = await deployedTarget();
    if (target.outputs.GlobalEndpointId !== undefined) return;
    console.log("    failover is off in this stack");
    this.skip();
  });

  const regions = () => [target.outputs.PrimaryRegion, target.outputs.ReplicaRegion];

  /** Asks until there is an answer; undefined if there is none in that time. */
  async function eventually<Answer>(
    ask: () => Promise<Answer | undefined>,
    milliseconds: number,
  ): Promise<Answer | undefined> {
    for (const deadline = Date.now() + milliseconds; ; ) {
      const answer = await ask();
      if (answer !== undefined || Date.now() > deadline) return answer;
      await setTimeout(1_000);
    }
  }

  it("has a global endpoint that is active, over two buses of the same name", async () => {
    const { PrimaryRegion, GlobalEndpointId } = target.outputs;
    const client = new EventBridgeClient(target.client(PrimaryRegion));
    const { Endpoints = [] } = await client.send(new ListEndpointsCommand({ MaxResults: 100 }));
    client.destroy();
    const endpoint = Endpoints.find(({ EndpointId }) => EndpointId === GlobalEndpointId);
    expect(endpoint).to.include({ State: "ACTIVE" });
    expect(endpoint?.ReplicationConfig).to.deep.equal({ State: "ENABLED" });
    const buses = regions().map((where) => outputsOf(target.outputs, where).eventBusArn);
    expect(endpoint?.EventBuses?.map(({ EventBusArn }) => EventBusArn)).to.have.members(buses);
    expect(new Set(buses.map((arn) => arn.split("/")[1])).size).to.equal(1);
    const { Primary, Secondary } = endpoint?.RoutingConfig?.FailoverConfig ?? {};
    expect(Primary?.HealthCheck).to.equal(`arn:aws:route53:::healthcheck/${target.outputs.HealthCheckId}`);
    expect(Secondary?.Route).to.equal(target.outputs.ReplicaRegion);
  });

  it("goes by a calculated health check over the alarms on latency and heartbeat, both of which must be well", async () => {
    const { PrimaryRegion, HealthCheckId } = target.outputs;
    const client = new Route53Client(target.client("us-east-1"));
    const settings = async (id = ""): Promise<HealthCheckConfig | undefined> =>
      (await client.send(new GetHealthCheckCommand({ HealthCheckId: id }))).HealthCheck?.HealthCheckConfig;
    const {
      Type,
      ChildHealthChecks = [],
      HealthThreshold,
      Inverted,
      Disabled,
    } = { ...(await settings(HealthCheckId)) };
    const children = await Promise.all(ChildHealthChecks.map(settings));
    client.destroy();
    expect({ Type, HealthThreshold, Inverted, Disabled }).to.deep.equal({
      ...{ Type: "CALCULATED", HealthThreshold: 2, Inverted: false, Disabled: false },
    });
    const alarms = outputsOf(target.outputs, PrimaryRegion).healthAlarmNames;
    expect(children.map((child) => child?.AlarmIdentifier)).to.have.deep.members([
      { Region: PrimaryRegion, Name: alarms?.latency },
      { Region: PrimaryRegion, Name: alarms?.heartbeat },
    ]);
    for (const child of children) expect(child?.InsufficientDataHealthStatus).to.equal("Unhealthy");
  });

  it("records what is put through the global endpoint", async () => {
    const { PrimaryRegion, GlobalEndpointId, Sources, TradeTableName } = target.outputs;
    const client = new EventBridgeClient(target.client(PrimaryRegion));
    const { eventBusName } = outputsOf(target.outputs, PrimaryRegion);
    const [system] = Sources;
    if (system === undefined) throw new Error("Sources: is empty");
    const producer = new TradeProducer({
      client,
      eventBusName,
      endpointId: GlobalEndpointId,
      source: system.source,
    });
    const tradeId = `TEST-${randomUUID()}`;
    const { eventId } = await producer.send({
      ...{ tradeId, amount: "1000.50", currency: "USD", sourceSystem: system.name },
    });
    await producer.close();
    client.destroy();
    const table = new DynamoDBClient(target.client(PrimaryRegion));
    const query = new QueryCommand({
      TableName: TradeTableName,
      KeyConditionExpression: "tradeId = :trade",
      ExpressionAttributeValues: { ":trade": { S: tradeId } },
    });
    const row = await eventually(async () => (await table.send(query)).Items?.[0], target.patience);
    table.destroy();
    // Which region took it follows from its health.
    expect(row?.event?.S?.split("#")[1]).to.equal(eventId);
    expect(regions()).to.include(row?.region?.S);
  });

  it("answers with a census of a past window, in both regions", async () => {
    const to = Math.floor(Date.now() / MINUTE) * MINUTE - 11 * MINUTE;
    for (const where of regions()) {
      const { functionAliasArns } = outputsOf(target.outputs, where);
      const client = new LambdaClient({ ...target.client(where), maxAttempts: 1 });
      const request = { settledSeconds: 600, signal: AbortSignal.timeout(5 * MINUTE), onWaiting: () => {} };
      const slice = { from: to - 5 * MINUTE, to };
      const census = await takeCensus(client, functionAliasArns["trade-census"] ?? "", slice, request);
      client.destroy();
      const { recorded, duplicate, rejected, deadLettered } = census.byOutcome;
      expect(recorded + duplicate + rejected + deadLettered + census.unaccounted).to.equal(census.events);
      expect(census.unaccounted, where).to.equal(0);
      expect(Date.parse(census.to)).to.equal(to);
    }
  });

  // What a schedule does shows that it is enabled, and that its role and its target are right.
  it("has a heartbeat recorded in each region, by its schedule", async () => {
    const started = Date.now();
    await Promise.all(
      regions().map(async (where) => {
        const client = new DynamoDBClient(target.client(where));
        const TableName = outputsOf(target.outputs, where).heartbeatsTableName;
        const get = new GetItemCommand({ TableName, Key: { region: { S: where } } });
        const beat = await eventually(async () => {
          const at = (await client.send(get)).Item?.recordedAt?.S;
          return at !== undefined && Date.parse(at) > started - SCHEDULED ? at : undefined;
        }, SCHEDULED);
        client.destroy();
        expect(beat, where).to.be.a("string");
      }),
    );
  });

  it("has its enrichment completer run in each region, by its schedule", async () => {
    const { EnvironmentSuffix } = target.outputs;
    const Dimensions = Object.entries({ service: "enrichment-completer", Environment: EnvironmentSuffix });
    await Promise.all(
      regions().map(async (where) => {
        const client = new CloudWatchClient(target.client(where));
        const runs = await eventually(async () => {
          const now = Date.now();
          const statistics = new GetMetricStatisticsCommand({
            ...{ Namespace: METRICS_NAMESPACE, MetricName: METRICS.pendingEnrichmentAge },
            Dimensions: Dimensions.map(([Name, Value]) => ({ Name, Value })),
            ...{ Statistics: ["SampleCount"], Period: 60 },
            ...{ StartTime: new Date(now - SCHEDULED), EndTime: new Date(now + MINUTE) },
          });
          const { Datapoints = [] } = await client.send(statistics);
          return Datapoints[0]?.SampleCount;
        }, SCHEDULED);
        client.destroy();
        expect(runs, where).to.be.at.least(1);
      }),
    );
  });
});
