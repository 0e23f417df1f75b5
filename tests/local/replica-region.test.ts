import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { outputsOf, parseOutputs, type StackOutputs } from "../../ops/frame/outputs.ts";
import { call } from "../ops/failover-support.ts";
import { rows, startTestSystem, tradeDetail } from "../support/local-system.ts";

const PRIMARY = "us-east-1";
const REPLICA = "us-west-2";

const CONFIGURATION = {
  replicaRegion: REPLICA,
  alertEmail: "desk@example.com",
  routing: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 86_400, forwardDefaultBus: false },
};

describe("us-west-2 as the replica's region, by configuration alone", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  let outputs: StackOutputs;
  before(async () => {
    system = await startTestSystem({ overrides: CONFIGURATION });
    outputs = parseOutputs(system.services.outputs);
  });
  after(() => system?.close());

  const bus = (region: string) => outputsOf(outputs, region).eventBusArn;

  it("has everything there that the first region has", () => {
    expect(outputs).to.include({ PrimaryRegion: PRIMARY, ReplicaRegion: REPLICA });
    expect(Object.keys(outputs.regions)).to.have.members([PRIMARY, REPLICA]);
    const keys = (region: string) => Object.keys(outputsOf(outputs, region));
    expect(keys(PRIMARY)).to.have.members(keys(REPLICA));
    expect(JSON.stringify(outputsOf(outputs, REPLICA)))
      .to.include(`:${REPLICA}:`)
      .and.not.include("eu-west-1");
  });

  it("is where the global endpoint leads when the first region is unhealthy", async () => {
    const { Endpoints } = await call(system, "events", "ListEndpoints", {});
    const [endpoint] = Endpoints as Json[];
    expect(endpoint).to.deep.include({
      ...{ State: "ACTIVE", EndpointId: outputs.GlobalEndpointId },
      EventBuses: [PRIMARY, REPLICA].map((region) => ({ EventBusArn: bus(region) })),
      RoutingConfig: {
        FailoverConfig: {
          Primary: { HealthCheck: `arn:aws:route53:::healthcheck/${outputs.HealthCheckId}` },
          Secondary: { Route: REPLICA },
        },
      },
    });
    const { HealthCheck } = await call(system, "route53", "GetHealthCheck", {
      HealthCheckId: outputs.HealthCheckId,
    });
    const { Type, ChildHealthChecks } = (HealthCheck as Json).HealthCheckConfig as Json;
    expect([Type, (ChildHealthChecks as unknown[]).length]).to.deep.equal(["CALCULATED", 2]);
  });

  it("has the outputs of a design for disaster recovery", () => {
    const arn = (service: string, rest: string) => `arn:aws:${service}:${PRIMARY}:000000000000:${rest}`;
    expect(system.services.outputs).to.include({
      GlobalEndpointUrl: `https://${outputs.GlobalEndpointId}.endpoint.events.amazonaws.com`,
      EventBusArn: arn("events", "event-bus/trading-event-bus-dev"),
      ProcessingLambdaArn: arn("lambda", "function:compliance-recorder-dev"),
      GlobalTableName: "trades-dev",
      GlobalTableArn: arn("dynamodb", "table/trades-dev"),
      DLQAlarmArn: arn("cloudwatch", "alarm:eventbridge-dlq-alarm-dev"),
    });
  });

  it("tries each delivery again three times within a day, and then keeps the event in a queue, in both regions", async () => {
    for (const region of [PRIMARY, REPLICA]) {
      const { eventBusName: EventBusName, ruleNames } = outputsOf(outputs, region);
      for (const Rule of ruleNames.sources) {
        const { Targets } = await call(system, "events", "ListTargetsByRule", { Rule, EventBusName }, region);
        expect(Targets).to.have.length(1);
        expect((Targets as Json[])[0]).to.deep.include({
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 86_400 },
          DeadLetterConfig: { Arn: `arn:aws:sqs:${region}:000000000000:eventbridge-dlq-dev` },
        });
      }
    }
  });

  it("mails alarms of both regions to the address, once it confirms", () => {
    for (const region of [PRIMARY, REPLICA]) {
      const mails = system.services.sns.mail(region);
      expect(mails, region).to.have.length(1);
      expect(JSON.stringify(mails[0])).to.include("desk@example.com");
    }
  });

  it("has a replica of every trade, and takes trades itself", async () => {
    for (const region of [PRIMARY, REPLICA]) {
      const detail = tradeDetail({ tradeId: `WEST-${region}` });
      const entry = { Source: "trading.system1", DetailType: "Trade Event", EventBusName: bus(region) };
      const Entries = [{ ...entry, Detail: JSON.stringify(detail) }];
      await call(system, "events", "PutEvents", { Entries }, region);
      await drain(system);
      for (const place of [PRIMARY, REPLICA])
        expect(await rows(system, detail.tradeId, place), `${region} in ${place}`).to.have.length(1);
    }
  });
});
