import { expect } from "chai";
import { createRoute53 } from "../../local/cloud/route53/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { setUpAlarms } from "./alarms-support.ts";

const MINUTE = 60_000;
const AlarmIdentifier = { Region: "us-east-1", Name: "failed" };

/** Two health checks on one alarm, and one that needs both, at 14:30 on a clock that is driven. */
async function setUp() {
  const bench = setUpAlarms();
  const { cloud, clock, metrics, monitoring } = bench;
  cloud.add((surroundings) => createRoute53(surroundings, { metrics, alarm: monitoring.alarmSettings }));
  await bench.put();
  const made = async (CallerReference: string, HealthCheckConfig: Json) => {
    const { HealthCheck } = await bench.call("route53", "CreateHealthCheck", {
      CallerReference,
      HealthCheckConfig,
    });
    return String((HealthCheck as Json).Id);
  };
  const onAlarm = { Type: "CLOUDWATCH_METRIC", AlarmIdentifier };
  const children = [await made("1", onAlarm), await made("2", { ...onAlarm, Inverted: true })];
  const parent = await made("3", { Type: "CALCULATED", ChildHealthChecks: children, HealthThreshold: 1 });
  const values = (MetricName: string, id: string) =>
    metrics
      .periods(
        "us-east-1",
        "AWS/Route53",
        MetricName,
        { HealthCheckId: id },
        {
          ...{ from: clock.now() - 60 * MINUTE, to: clock.now() + MINUTE, periodSeconds: 60 },
        },
      )
      .map(({ set }) => [set.count, set.sum]);
  return { ...bench, children, parent, values };
}

describe("the metrics of health checks", () => {
  it("say once a minute in us-east-1 whether each is healthy, and how many children of a calculated one are", async () => {
    const { clock, record, children, parent, values } = await setUp();
    await clock.advance(MINUTE);
    record(1);
    await clock.advance(2 * MINUTE);
    // Written at 14:30:10, 14:31, 14:32 and 14:33; the failure of 14:31 is seen at 14:32.
    const status = children.map((id) => values("HealthCheckStatus", id));
    expect(status[0]).to.deep.equal([
      [1, 1],
      [1, 1],
      [1, 0],
      [1, 0],
    ]);
    expect(status[1]?.map(([, value]) => value)).to.deep.equal([0, 0, 1, 1]);
    expect(values("ChildHealthCheckHealthyCount", parent)).to.deep.equal(
      Array.from({ length: 4 }, () => [1, 1]),
    );
    expect(values("ChildHealthCheckHealthyCount", children[0] ?? "")).to.deep.equal([]);
  });

  it("say nothing of a disabled one", async () => {
    const { clock, call, parent, values } = await setUp();
    await call("route53", "UpdateHealthCheck", { HealthCheckId: parent, Disabled: true });
    await clock.advance(3 * MINUTE);
    expect(values("HealthCheckStatus", parent)).to.deep.equal([]);
  });

  it("follow what an operator sets", async () => {
    const { clock, call, parent, values } = await setUp();
    await clock.advance(MINUTE);
    await call("route53", "UpdateHealthCheck", { HealthCheckId: parent, HealthThreshold: 3 });
    await clock.advance(MINUTE);
    expect(values("HealthCheckStatus", parent).at(-1)).to.deep.equal([1, 0]);
  });
});
