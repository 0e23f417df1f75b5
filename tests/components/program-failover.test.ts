import { expect } from "chai";
import type { Evaluation } from "../../local/program/evaluate.ts";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import {
  evaluatedStack,
  evaluateOffline,
  jsonOf,
  ofType,
  one,
  parentOf,
  REGIONS,
  ROLES,
  regionOf,
  STACKS,
} from "./support/stacks.ts";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck";
const ENDPOINT = "aws:cloudwatch/eventEndpoint:EventEndpoint";
const SCHEDULE = "aws:scheduler/schedule:Schedule";

for (const stack of STACKS)
  describe(`failover of stack ${stack}`, () => {
    let evaluation: Evaluation;
    before(async () => {
      evaluation = await evaluatedStack(stack);
    });
    const expectAt = (type: string, name: string, role: "primary" | "replica", parent: string) => {
      const resource = one(evaluation, type, name);
      expect(regionOf(evaluation, resource), `${name}'s region`).to.equal(REGIONS[role]);
      expect(parentOf(evaluation, resource), `${name}'s parent`).to.equal(parent);
      return resource;
    };
    const alarmedIn = (role: "primary" | "replica", inputs: EvaluatedResource["inputs"]) => {
      const topic = one(evaluation, "aws:sns/topic:Topic", `${role}-alarms-topic`);
      expect(inputs).to.deep.include({
        alarmActions: [topic.outputs.arn],
        okActions: [topic.outputs.arn],
      });
    };

    for (const role of ROLES) {
      const beats = `${role}-maintenance-heartbeat`;

      it(`puts a heartbeat a minute straight on the bus of ${REGIONS[role]}`, () => {
        const { inputs, dependencies } = expectAt(SCHEDULE, `${beats}-schedule`, role, beats);
        const bus = one(evaluation, "aws:cloudwatch/eventBus:EventBus", `${role}-routing-bus`);
        const invoker = one(evaluation, "aws:iam/role:Role", `${role}-maintenance-role`);
        expect(inputs).to.deep.include({
          name: `schedule-heartbeat-${stack}`,
          scheduleExpression: "rate(1 minute)",
          flexibleTimeWindow: { mode: "OFF" },
        });
        expect(inputs.target).to.deep.equal({
          arn: bus.outputs.arn,
          roleArn: invoker.outputs.arn,
          eventbridgeParameters: { detailType: "Trade Event", source: "trading.heartbeat" },
          input: '{"tradeId":"heartbeat","amount":"1","currency":"USD","sourceSystem":"heartbeat"}',
          retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
        });
        const table = expectAt("aws:dynamodb/table:Table", `${beats}-table`, role, beats);
        const policy = one(evaluation, "aws:iam/rolePolicy:RolePolicy", `${role}-maintenance-policy`);
        expect(dependencies).to.include.members([table.urn, policy.urn]);
      });

      it(`keeps the last heartbeat of ${REGIONS[role]} in a table of that region alone`, () => {
        const { inputs } = expectAt("aws:dynamodb/table:Table", `${beats}-table`, role, beats);
        const key = one(evaluation, "aws:kms/key:Key", `${role}-key-key`);
        expect(inputs).to.deep.include({
          name: `heartbeats-${stack}`,
          hashKey: "region",
          attributes: [{ name: "region", type: "S" }],
          serverSideEncryption: { enabled: true, kmsKeyArn: key.outputs.arn },
          pointInTimeRecovery: { enabled: true },
        });
        expect(inputs).not.to.have.property("rangeKey");
        const replicated = ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica");
        expect(replicated.map((each) => each.inputs.table)).not.to.include(inputs.name);
      });

      it(`takes heartbeats of ${REGIONS[role]} to the workflow, whole, and late ones nowhere`, () => {
        const name = `${role}-routing-heartbeat`;
        const rule = expectAt("aws:cloudwatch/eventRule:EventRule", `${name}-rule`, role, name);
        expect(rule.inputs).to.include({
          name: `trades-heartbeat-${stack}`,
          eventBusName: `trading-event-bus-${stack}`,
        });
        expect(jsonOf(rule.inputs.eventPattern)).to.deep.equal({
          source: ["trading.heartbeat"],
          "detail-type": ["Trade Event"],
          region: [REGIONS[role]],
          "replay-name": [{ exists: false }],
        });
        const machine = one(
          evaluation,
          "aws:sfn/stateMachine:StateMachine",
          `${role}-workflow-state-machine`,
        );
        const target = expectAt("aws:cloudwatch/eventTarget:EventTarget", `${name}-target`, role, name);
        expect(target.inputs).to.deep.include({
          arn: machine.outputs.arn,
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        });
        expect(target.inputs).not.to.have.any.keys("deadLetterConfig", "input", "inputTransformer");
      });

      it(`judges ${REGIONS[role]} by its heartbeats and by how soon EventBridge delivers, silence being bad`, () => {
        const heartbeat = expectAt(ALARM, `${role}-health-heartbeat-alarm`, role, `${role}-health`).inputs;
        expect(heartbeat).to.deep.include({
          name: `heartbeat-alarm-${stack}`,
          namespace: "TradingSystem",
          metricName: "HeartbeatRecorded",
          dimensions: { service: "compliance-recorder", Environment: stack },
          statistic: "Sum",
          comparisonOperator: "LessThanThreshold",
          threshold: 1,
        });
        const latency = expectAt(ALARM, `${role}-health-latency-alarm`, role, `${role}-health`).inputs;
        // The alarm of EventBridge's own template for global endpoints.
        expect(latency).to.deep.include({
          name: `ingestion-latency-alarm-${stack}`,
          namespace: "AWS/Events",
          metricName: "IngestionToInvocationStartLatency",
          statistic: "Average",
          comparisonOperator: "GreaterThanThreshold",
          threshold: 30_000,
        });
        expect(latency).not.to.have.property("dimensions");
        for (const each of [heartbeat, latency]) {
          expect(each).to.include({ period: 60, evaluationPeriods: 2, treatMissingData: "breaching" });
          // Route 53 watches no alarm on expressions, and none that takes M of N data points.
          expect(each).not.to.have.any.keys("metricQueries", "datapointsToAlarm", "extendedStatistic");
          alarmedIn(role, each);
        }
      });

      it(`tells when what ${REGIONS[role]} writes takes minutes to reach the other region`, () => {
        for (const [purpose, table] of [
          ["trades", "trades"],
          ["outcomes", "trade-outcomes"],
        ]) {
          const parent = `${role}-replication-lag`;
          const { inputs } = expectAt(ALARM, `${parent}-${purpose}-alarm`, role, parent);
          expect(inputs).to.deep.include({
            name: `replication-lag-alarm-${purpose}-${stack}`,
            namespace: "AWS/DynamoDB",
            metricName: "ReplicationLatency",
            dimensions: {
              TableName: `${table}-${stack}`,
              ReceivingRegion: REGIONS[role === "primary" ? "replica" : "primary"],
            },
            statistic: "Average",
            comparisonOperator: "GreaterThanThreshold",
            threshold: 60_000,
            period: 60,
            evaluationPeriods: 5,
            treatMissingData: "notBreaching",
          });
          alarmedIn(role, inputs);
        }
      });
    }

    it("gives Route 53 the primary region's alarms, of which each has to be well", () => {
      const watching = ["latency", "heartbeat"].map((purpose) => {
        const check = expectAt(HEALTH_CHECK, `endpoint-${purpose}`, "primary", "endpoint");
        const alarm = one(evaluation, ALARM, `primary-health-${purpose}-alarm`);
        expect(check.inputs).to.deep.include({
          type: "CLOUDWATCH_METRIC",
          cloudwatchAlarmName: alarm.inputs.name,
          cloudwatchAlarmRegion: "us-east-1",
          insufficientDataHealthStatus: "Unhealthy",
        });
        return check;
      });
      const whole = expectAt(HEALTH_CHECK, "endpoint-health", "primary", "endpoint");
      expect(whole.inputs).to.deep.include({
        type: "CALCULATED",
        childHealthchecks: watching.map(({ id }) => id),
        childHealthThreshold: 2,
      });
      expect(ofType(evaluation, HEALTH_CHECK)).to.have.length(3);
    });

    it("has an endpoint over both buses, which copies events, and goes by that health", () => {
      const { inputs, dependencies } = expectAt(ENDPOINT, "endpoint-endpoint", "primary", "endpoint");
      const buses = ROLES.map((role) =>
        one(evaluation, "aws:cloudwatch/eventBus:EventBus", `${role}-routing-bus`),
      );
      const health = one(evaluation, HEALTH_CHECK, "endpoint-health");
      const role = one(evaluation, "aws:iam/role:Role", "endpoint-role");
      expect(role.inputs.name).to.equal(`role-replication-${stack}-us-east-1`);
      expect(inputs).to.deep.include({
        name: `endpoint-trades-${stack}`,
        eventBuses: buses.map(({ outputs }) => ({ eventBusArn: outputs.arn })),
        replicationConfig: { state: "ENABLED" },
        roleArn: role.outputs.arn,
        routingConfig: {
          failoverConfig: {
            primary: { healthCheck: health.outputs.arn },
            secondary: { route: "eu-west-1" },
          },
        },
      });
      // EventBridge takes buses of one name only.
      expect(new Set(buses.map((bus) => bus.inputs.name)).size).to.equal(1);
      expect(dependencies).to.include(
        one(evaluation, "aws:iam/rolePolicy:RolePolicy", "endpoint-policy").urn,
      );
      expect(evaluation.outputs).to.include.keys("GlobalEndpointUrl", "GlobalEndpointId", "HealthCheckId");
    });
  });

describe("failover that is switched off", () => {
  let evaluation: Evaluation;
  before(async () => {
    evaluation = await evaluateOffline("dev", { failover: JSON.stringify({ enabled: false }) });
  });

  it("leaves no endpoint, health check, health alarm or heartbeat", () => {
    for (const type of [ENDPOINT, HEALTH_CHECK]) expect(ofType(evaluation, type), type).to.deep.equal([]);
    expect(ofType(evaluation, SCHEDULE).filter(({ name }) => name.includes("heartbeat"))).to.deep.equal([]);
    expect(ofType(evaluation, ALARM).filter(({ name }) => name.includes("-health-"))).to.deep.equal([]);
    expect(evaluation.outputs).not.to.have.any.keys("GlobalEndpointUrl", "GlobalEndpointId", "HealthCheckId");
    const roles = ofType(evaluation, "aws:iam/role:Role").map(({ inputs }) => String(inputs.name));
    expect(roles.filter((name) => name.includes("replication"))).to.deep.equal([]);
  });

  it("leaves everything else: both regions still take trades, and replicate them", () => {
    for (const role of ROLES) {
      one(evaluation, SCHEDULE, `${role}-maintenance-completer-schedule`);
      one(evaluation, ALARM, `${role}-replication-lag-trades-alarm`);
      one(evaluation, "aws:cloudwatch/eventRule:EventRule", `${role}-routing-system1-rule`);
    }
  });
});
