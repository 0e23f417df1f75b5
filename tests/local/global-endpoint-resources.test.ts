import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import type { Properties } from "../../local/program/wire.ts";
import { differences } from "../../local/providers/differences.ts";
import { Lifecycle } from "../../local/providers/lifecycle.ts";
import { resourceType } from "../../local/providers/resource-provider.ts";
import type { ExistingRequest } from "../../local/providers/resource-type.ts";
import { type LocalServices, startServices } from "../../local/services.ts";
import { refusal } from "./endpoint-support.ts";

const HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck";
const ENDPOINT = "aws:cloudwatch/eventEndpoint:EventEndpoint";
const REGIONS = ["us-east-1", "eu-west-1"];
const [PRIMARY = "", SECONDARY = ""] = REGIONS;
const OWNER = `arn:aws:iam::${LOCAL_ACCOUNT}:root`;

describe("health checks and global endpoints as resources", () => {
  let services: LocalServices;
  let lifecycle: Lifecycle;
  let directory: string;

  const call = (service: string, operation: string, input: Json, region = PRIMARY) =>
    services.cloud.surroundings.call(service, operation, input, { region, principal: OWNER });
  const putAlarm = (Threshold: number) =>
    call("monitoring", "PutMetricAlarm", {
      ...{ AlarmName: "alarm", Namespace: "N", MetricName: "M", Statistic: "Sum", Period: 60 },
      ...{ EvaluationPeriods: 1, Threshold, ComparisonOperator: "GreaterThanThreshold" },
    });
  const request = (type: string, name: string, inputs: Properties, region = PRIMARY) => ({
    ...{ type, name, region, account: LOCAL_ACCOUNT, inputs },
    urn: `urn:pulumi:test::test::${type}::${name}`,
  });
  const make = async (
    type: string,
    name: string,
    given: Properties,
    region?: string,
  ): Promise<ExistingRequest> => {
    const asked = request(type, name, given, region);
    const { inputs, failures } = lifecycle.check(asked, undefined);
    expect(failures).to.deep.equal([]);
    return { ...asked, inputs, ...(await lifecycle.create({ ...asked, inputs })) };
  };
  /** Changes it in place. */
  const change = async (of: ExistingRequest, more: Properties): Promise<ExistingRequest> => {
    const inputs = { ...of.inputs, ...more };
    const { details } = await lifecycle.diff({ ...of, inputs }, of.inputs, []);
    expect([...details.values()].map(({ isReplacing }) => isReplacing)).not.to.include(true);
    return { ...of, inputs, outputs: await lifecycle.update({ ...of, inputs }, of.inputs, false) };
  };
  /** Paths of inputs that are other than stated; undefined if it is gone. */
  const drift = async (of: ExistingRequest): Promise<string[] | undefined> => {
    const found = await lifecycle.read(of);
    return found && [...differences(of.inputs, found.inputs).keys()].sort();
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "endpoint-resources-"));
    services = await startServices({ cacheDirectory: directory });
    lifecycle = new Lifecycle(resourceType, {
      call: services.cloud.surroundings.call,
      pushImage: async () => {},
    });
    await putAlarm(1);
    for (const region of REGIONS) await call("events", "CreateEventBus", { Name: "trades" }, region);
  });
  after(async () => {
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  const ON_ALARM = {
    ...{ type: "CLOUDWATCH_METRIC", cloudwatchAlarmName: "alarm", cloudwatchAlarmRegion: PRIMARY },
    insufficientDataHealthStatus: "Unhealthy",
  };

  it("a health check on an alarm lives and dies, from whatever region it is declared", async () => {
    let check = await make(HEALTH_CHECK, "alarm", { ...ON_ALARM, tags: { Name: "primary" } }, SECONDARY);
    expect(check.outputs.arn).to.equal(`arn:aws:route53:::healthcheck/${check.id}`);
    expect(services.route53.isHealthy(check.id)).to.equal(true);
    expect(await drift(check)).to.deep.equal([]);
    check = await change(check, { invertHealthcheck: true, tags: { Owner: "desk" } });
    expect(services.route53.isHealthy(check.id)).to.equal(false);
    expect(await drift(check)).to.deep.equal([]);
    const of = { ResourceType: "healthcheck", ResourceId: check.id };
    const { ResourceTagSet } = await call("route53", "ListTagsForResource", of);
    expect((ResourceTagSet as Json).Tags).to.deep.equal([{ Key: "Owner", Value: "desk" }]);
    await call("route53", "UpdateHealthCheck", { HealthCheckId: check.id, Disabled: true });
    expect(await drift(check)).to.deep.equal(["disabled"]);
    const imported = await lifecycle.read({ ...check, inputs: {}, outputs: {} });
    expect(imported?.inputs).to.deep.include({ ...ON_ALARM, invertHealthcheck: true, disabled: true });
    expect(imported?.outputs).to.include({ arn: check.outputs.arn });
    check = await change(check, { invertHealthcheck: null });
    expect(await drift(check)).to.deep.equal([]);
    expect(services.route53.isHealthy(check.id)).to.equal(true);
    await lifecycle.delete(check);
    await lifecycle.delete(check);
    expect(await drift(check)).to.equal(undefined);
  });

  it("a health check takes the alarm's new settings when its triggers change", async () => {
    let check = await make(HEALTH_CHECK, "triggered", { ...ON_ALARM, triggers: { threshold: "1" } });
    const threshold = async () => {
      const { HealthCheck } = await call("route53", "GetHealthCheck", { HealthCheckId: check.id });
      return ((HealthCheck as Json).CloudWatchAlarmConfiguration as Json).Threshold;
    };
    await putAlarm(2);
    expect(await threshold()).to.equal(1);
    check = await change(check, { triggers: { threshold: "2" } });
    expect(await threshold()).to.equal(2);
    await lifecycle.delete(check);
  });

  it("a calculated health check has its children in whatever order", async () => {
    const one = await make(HEALTH_CHECK, "one", ON_ALARM);
    const two = await make(HEALTH_CHECK, "two", ON_ALARM);
    const inputs = { type: "CALCULATED", childHealthchecks: [two.id, one.id], childHealthThreshold: 2 };
    let parent = await make(HEALTH_CHECK, "parent", inputs);
    expect(await drift(parent)).to.deep.equal([]);
    const ChildHealthChecks = [one.id, two.id];
    await call("route53", "UpdateHealthCheck", { HealthCheckId: parent.id, ChildHealthChecks });
    expect(await drift(parent)).to.deep.equal([]);
    parent = await change(parent, { childHealthThreshold: 1 });
    expect(await drift(parent)).to.deep.equal([]);
    for (const each of [parent, one, two]) await lifecycle.delete(each);
  });

  it("a health check's mistakes are found before it is made", () => {
    const failures = (inputs: Properties) =>
      lifecycle.check(request(HEALTH_CHECK, "x", inputs), undefined).failures.map(({ property }) => property);
    expect(failures({ type: "HTTPS" })).to.deep.equal(["type"]);
    expect(failures({ ...ON_ALARM, insufficientDataHealthStatus: "Perhaps" })).to.deep.equal([
      "insufficientDataHealthStatus",
    ]);
    expect(failures({ type: "CALCULATED", childHealthchecks: [] })).to.deep.equal(["childHealthThreshold"]);
    expect(failures({ ...ON_ALARM, fqdn: "example.com" })).to.deep.equal(["fqdn"]);
  });

  it("another type makes another health check", async () => {
    const check = await make(HEALTH_CHECK, "replaced", ON_ALARM);
    const inputs = { type: "CALCULATED", childHealthThreshold: 0 };
    const { details } = await lifecycle.diff({ ...check, inputs }, check.inputs, []);
    expect(details.get("type")).to.include({ isReplacing: true });
    await lifecycle.delete(check);
  });

  it("a global endpoint lives and dies", async () => {
    const check = await make(HEALTH_CHECK, "of-endpoint", ON_ALARM);
    const bus = (region: string) => `arn:aws:events:${region}:${LOCAL_ACCOUNT}:event-bus/trades`;
    const inputs = {
      name: "trades",
      routingConfig: {
        failoverConfig: {
          primary: { healthCheck: String(check.outputs.arn) },
          secondary: { route: SECONDARY },
        },
      },
      eventBuses: [{ eventBusArn: bus(SECONDARY) }, { eventBusArn: bus(PRIMARY) }],
      roleArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/replicate`,
    };
    let endpoint = await make(ENDPOINT, "endpoint", inputs);
    const { EndpointUrl, Arn } = await call("events", "DescribeEndpoint", { Name: "trades" });
    expect(endpoint.outputs).to.include({ arn: Arn, endpointUrl: EndpointUrl });
    expect(await drift(endpoint)).to.deep.equal([]);
    endpoint = await change(endpoint, { description: "of trades", replicationConfig: { state: "DISABLED" } });
    expect(await drift(endpoint)).to.deep.equal([]);
    endpoint = await change(endpoint, { replicationConfig: {}, description: null });
    expect(await drift(endpoint)).to.deep.equal([]);
    expect((await call("events", "DescribeEndpoint", { Name: "trades" })).ReplicationConfig).to.deep.equal({
      State: "ENABLED",
    });
    await call("events", "UpdateEndpoint", { Name: "trades", ReplicationConfig: { State: "DISABLED" } });
    expect((await drift(endpoint))?.some((path) => path.startsWith("replicationConfig"))).to.equal(true);
    const imported = await lifecycle.read({ ...endpoint, inputs: {}, outputs: {} });
    expect(imported?.inputs).to.deep.include({ name: "trades", routingConfig: inputs.routingConfig });
    await lifecycle.delete(endpoint);
    await lifecycle.delete(endpoint);
    expect(await drift(endpoint)).to.equal(undefined);
    const wrong = make(ENDPOINT, "wrong", { ...inputs, eventBuses: [{ eventBusArn: bus(PRIMARY) }] });
    expect((await refusal(wrong)).message).to.include("length 2");
    await lifecycle.delete(check);
  });
});
