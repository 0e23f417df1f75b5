import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import type { FaultTarget } from "../../local/cloud/faults.ts";
import type { Json } from "../../local/cloud/service.ts";
import { parseFault } from "../../local/control/fault-schema.ts";
import { type LocalServices, startServices } from "../../local/services.ts";
import { tradesTable } from "./dynamodb-support.ts";
import { clientSettings, refusal } from "./endpoint-support.ts";

const EAST = "us-east-1";
const WEST = "eu-west-1";
const MINUTE = 60_000;
const OWNER = `arn:aws:iam::${LOCAL_ACCOUNT}:root`;
const ROLE = `arn:aws:iam::${LOCAL_ACCOUNT}:role/worker`;
const arn = (service: string, region: string, rest: string) =>
  `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${rest}`;
const policy = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

describe("the loss of a region", () => {
  let clock: DrivenClock;
  let services: LocalServices;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "region-loss-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));
  beforeEach(async () => {
    clock = new DrivenClock();
    services = await startServices({ clock, random: () => 0.5, cacheDirectory: directory });
    await call("iam", "CreateRole", {
      RoleName: "worker",
      AssumeRolePolicyDocument: policy({
        Principal: { Service: ["events.amazonaws.com", "states.amazonaws.com"] },
        Action: "sts:AssumeRole",
      }),
    });
    const PolicyDocument = policy({ Action: "*", Resource: "*" });
    await call("iam", "PutRolePolicy", { RoleName: "worker", PolicyName: "all", PolicyDocument });
  });
  afterEach(() => services.close());

  function call(service: string, operation: string, input: Json = {}, region = EAST): Promise<Json> {
    return services.cloud.call({ service, operation, region, principal: OWNER }, input);
  }

  const queueUrl = (name: string) => `https://sqs.${EAST}.amazonaws.com/${LOCAL_ACCOUNT}/${name}`;

  async function queue(region = EAST): Promise<void> {
    const Policy = policy({
      ...{ Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage" },
      Resource: arn("sqs", region, "q"),
    });
    await call("sqs", "CreateQueue", { QueueName: "q", Attributes: { Policy } }, region);
  }

  async function messages(region = EAST): Promise<number> {
    const request = { QueueUrl: queueUrl("q"), AttributeNames: ["ApproximateNumberOfMessages"] };
    const { Attributes } = await call("sqs", "GetQueueAttributes", request, region);
    return Number((Attributes as Json).ApproximateNumberOfMessages);
  }

  /** A bus `trades` with a rule that sends everything to the queue. */
  async function bus(region = EAST): Promise<void> {
    await queue(region);
    await call("events", "CreateEventBus", { Name: "trades" }, region);
    const rule = { Name: "all", EventBusName: "trades", EventPattern: '{"source":["s"]}' };
    await call("events", "PutRule", rule, region);
    const RetryPolicy = { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 86_400 };
    const Targets = [{ Id: "q", Arn: arn("sqs", region, "q"), RetryPolicy }];
    await call("events", "PutTargets", { Rule: "all", EventBusName: "trades", Targets }, region);
  }

  const ENTRIES = [{ Source: "s", DetailType: "t", Detail: "{}", EventBusName: "trades" }];
  const put = (region = EAST, more: Json = {}) =>
    call("events", "PutEvents", { Entries: ENTRIES, ...more }, region);

  it("fails every call into it as unavailable, and none into the other region", async () => {
    await bus();
    await bus(WEST);
    const restore = services.cloud.faults.loseRegion(EAST);
    for (const [service, operation] of [
      ["events", "ListEventBuses"],
      ["dynamodb", "ListTables"],
      ["sqs", "ListQueues"],
      ["monitoring", "GetMetricData"],
      ["states", "ListStateMachines"],
    ] as const)
      expect(await refusal(call(service, operation))).to.include({
        ...{ code: "ServiceUnavailable", status: 503, message: "Region us-east-1 is lost (injected fault)" },
      });
    await put(WEST);
    restore();
    await put();
    expect([EAST, WEST].map((region) => services.events.acceptedEvents(region, "trades"))).to.deep.equal([
      1, 1,
    ]);
  });

  it("fails calls from it into the other region too", async () => {
    services.cloud.faults.loseRegion(EAST);
    for (const from of [
      { sourceFunctionArn: arn("lambda", EAST, "function:f") },
      { sourceArn: arn("events", EAST, "rule/r") },
    ]) {
      const away = { service: "sqs", operation: "ListQueues", region: WEST, principal: OWNER, ...from };
      expect((await refusal(services.cloud.call(away, {}))).code).to.equal("ServiceUnavailable");
    }
  });

  it("reaches the SDK as status 503, which it tries again", async () => {
    services.cloud.faults.add({ region: WEST, effect: { kind: "outage" }, when: "before" });
    const client = new EventBridgeClient(clientSettings(services.endpoint, WEST));
    const error = await refusal(client.send(new PutEventsCommand({ Entries: ENTRIES })));
    client.destroy();
    expect(error.name).to.equal("ServiceUnavailable");
    expect(error).to.have.nested.property("$metadata.httpStatusCode", 503);
  });

  it("leaves deliveries standing, without using up their retries, until the region is back", async () => {
    await bus();
    const effect = { kind: "error", code: "ServiceUnavailable", status: 503 } as const;
    services.cloud.faults.add({ service: "sqs", effect, when: "before", times: 1 });
    await put();
    // Before the one retry that the target has.
    const restore = services.cloud.faults.loseRegion(EAST);
    await clock.advance(60 * MINUTE);
    expect(services.events.pendingDeliveries(EAST)).to.equal(1);
    restore();
    await clock.advance(1_000);
    expect(await messages()).to.equal(1);
    expect(services.events.pendingDeliveries(EAST)).to.equal(0);
  });

  it("leaves executions standing between two steps", async () => {
    await queue();
    const definition = JSON.stringify({
      StartAt: "Wait",
      States: {
        Wait: { Type: "Wait", Seconds: 10, Next: "Send" },
        Send: {
          ...{ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", End: true },
          Parameters: { QueueUrl: queueUrl("q"), MessageBody: "done" },
        },
      },
    });
    const { stateMachineArn } = await call("states", "CreateStateMachine", {
      name: "m",
      roleArn: ROLE,
      definition,
    });
    const { executionArn } = await call("states", "StartExecution", { stateMachineArn, input: "{}" });
    const status = async () => (await call("states", "DescribeExecution", { executionArn })).status;
    await clock.advance(5_000);
    const restore = services.cloud.faults.loseRegion(EAST);
    await clock.advance(10 * MINUTE);
    restore();
    expect(await status()).to.equal("RUNNING");
    await clock.advance(1_000);
    expect(await status()).to.equal("SUCCEEDED");
    expect(await messages()).to.equal(1);
  });

  const ALARM = {
    ...{ AlarmName: "beat", Namespace: "N", MetricName: "Heartbeat", Statistic: "Sum", Period: 60 },
    ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "LessThanThreshold" },
    TreatMissingData: "breaching",
  };
  const beat = () => services.monitoring.metrics.record(EAST, "N", "Heartbeat", {}, 1);
  const beatFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      beat();
      await clock.advance(MINUTE);
    }
  };

  it("keeps metrics from being written, and alarms in their states", async () => {
    await call("monitoring", "PutMetricAlarm", ALARM);
    const state = async () => {
      const { MetricAlarms } = await call("monitoring", "DescribeAlarms", {});
      return (MetricAlarms as Json[])[0]?.StateValue;
    };
    await beatFor(2);
    const restore = services.cloud.faults.loseRegion(EAST);
    await beatFor(10);
    restore();
    expect(await state()).to.equal("OK");
    expect(services.monitoring.metrics.sum(EAST, "N", "Heartbeat", {})).to.equal(2);
    await clock.advance(MINUTE);
    expect(await state()).to.equal("ALARM");
  });

  it("holds back the writes of a global table in both directions, and delivers them on its return", async () => {
    await call("dynamodb", "CreateTable", { ...tradesTable("trades") });
    await clock.advance(10_000);
    const ReplicaUpdates = [{ Create: { RegionName: WEST } }];
    await call("dynamodb", "UpdateTable", { TableName: "trades", ReplicaUpdates });
    await clock.advance(MINUTE);
    const write = (tradeId: string, region: string) =>
      call(
        "dynamodb",
        "PutItem",
        { TableName: "trades", Item: { tradeId: { S: tradeId }, version: { N: "1" }, by: { S: region } } },
        region,
      );
    const ids = async (region: string) => {
      const { Items } = await call("dynamodb", "Scan", { TableName: "trades" }, region);
      return (Items as { tradeId: { S: string }; by: { S: string } }[])
        .map(({ tradeId, by }) => `${tradeId.S} by ${by.S}`)
        .sort();
    };
    await write("stuck", EAST);
    await write("both", EAST);
    const restore = services.cloud.faults.loseRegion(EAST);
    await clock.advance(1_000);
    await write("meanwhile", WEST);
    await write("both", WEST);
    await clock.advance(10 * MINUTE);
    expect(await ids(WEST)).to.deep.equal(["both by eu-west-1", "meanwhile by eu-west-1"]);
    expect(services.dynamodb.replication.pending()).to.equal(4);
    restore();
    await clock.advance(2_000);
    expect(services.dynamodb.replication.pending()).to.equal(0);
    const all = ["both by eu-west-1", "meanwhile by eu-west-1", "stuck by us-east-1"];
    expect([await ids(EAST), await ids(WEST)]).to.deep.equal([all, all]);
  });

  it("fails a global endpoint over and back: nothing that was accepted is lost, and both archives have it", async () => {
    await bus();
    await bus(WEST);
    for (const region of [EAST, WEST]) {
      const EventSourceArn = arn("events", region, "event-bus/trades");
      await call("events", "CreateArchive", { ArchiveName: "a", EventSourceArn }, region);
    }
    await call("monitoring", "PutMetricAlarm", ALARM);
    await beatFor(2);
    const { HealthCheck } = await call("route53", "CreateHealthCheck", {
      CallerReference: "one",
      HealthCheckConfig: {
        ...{ Type: "CLOUDWATCH_METRIC", InsufficientDataHealthStatus: "Unhealthy" },
        AlarmIdentifier: { Region: EAST, Name: "beat" },
      },
    });
    const { Id } = HealthCheck as { Id: string };
    await call("events", "CreateEndpoint", {
      ...{ Name: "trades", RoleArn: ROLE },
      RoutingConfig: {
        FailoverConfig: {
          Primary: { HealthCheck: `arn:aws:route53:::healthcheck/${Id}` },
          Secondary: { Route: WEST },
        },
      },
      EventBuses: [EAST, WEST].map((region) => ({ EventBusArn: arn("events", region, "event-bus/trades") })),
    });
    const { EndpointId } = await call("events", "DescribeEndpoint", { Name: "trades" });
    const accepted = () => [EAST, WEST].map((region) => services.events.acceptedEvents(region, "trades"));
    const send = () => put(EAST, { EndpointId });
    await beatFor(2);
    await send();
    const restore = services.cloud.faults.loseRegion(EAST);
    expect((await refusal(send())).code).to.equal("ServiceUnavailable");
    // The health check looks every ten seconds, and names are resolved anew within a minute.
    await clock.advance(70_000);
    await send();
    expect(accepted()).to.deep.equal([1, 1]);
    await clock.advance(30 * MINUTE);
    restore();
    await beatFor(4);
    await send();
    expect(accepted()).to.deep.equal([2, 1]);
    await clock.advance(2_000);
    for (const region of [EAST, WEST]) {
      const { EventCount } = await call("events", "DescribeArchive", { ArchiveName: "a" }, region);
      expect(EventCount, region).to.equal(3);
      expect(await messages(region), region).to.equal(3);
    }
  });

  describe("and what else can happen to it", () => {
    const fail = (target: FaultTarget) =>
      services.cloud.faults.add({
        ...{ region: EAST, ...target, when: "before" },
        effect: { kind: "error", code: "ServiceUnavailable", status: 503 },
      });

    it("can be a bus that accepts while nothing is processed", async () => {
      await bus();
      fail({ service: "sqs" });
      await put();
      await clock.settle();
      expect(services.events.acceptedEvents(EAST, "trades")).to.equal(1);
      expect(services.events.pendingDeliveries(EAST)).to.equal(1);
    });

    it("can be a table that nobody reaches, but from the other region", async () => {
      fail({ service: "dynamodb" });
      expect((await refusal(call("dynamodb", "ListTables"))).status).to.equal(503);
      expect(await call("dynamodb", "ListTables", {}, WEST)).to.deep.equal({ TableNames: [] });
    });

    it("can be slowness", async () => {
      const effect = { kind: "delay", milliseconds: 3_000 } as const;
      services.cloud.faults.add({ region: EAST, effect, when: "before" });
      let isDone = false;
      const work = call("sqs", "ListQueues").then(() => {
        isDone = true;
      });
      await clock.advance(2_999);
      expect(isDone).to.equal(false);
      await clock.advance(1);
      await work;
    });
  });

  it("is asked for by the control interface with a region and nothing else", () => {
    const operations = new Map([["sqs", ["SendMessage"]]]);
    const effect = { kind: "outage" };
    expect(parseFault({ effect, region: EAST }, operations)).to.deep.equal({
      effect,
      region: EAST,
      when: "before",
    });
    expect(() => parseFault({ effect }, operations)).to.throw("region: outage needs the region");
    for (const [field, value] of Object.entries({
      service: "sqs",
      operation: "SendMessage",
      times: 1,
      skip: 1,
    }))
      expect(() => parseFault({ effect, region: EAST, [field]: value }, operations)).to.throw(
        `${field}: outage is`,
      );
    expect(() => parseFault({ effect, region: EAST, when: "after" }, operations)).to.throw("when: outage");
  });
});
