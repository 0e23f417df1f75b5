import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { TableStream } from "../../local/cloud/dynamodb/table-stream.ts";
import { LogGroup } from "../../local/cloud/logs/log-group.ts";
import { AlarmHistory } from "../../local/cloud/monitoring/alarm-history.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";

const MEBIBYTE = 1_048_576;

// docs/local-cloud.md, "Limits".
describe("What a long run would fill is bounded:", () => {
  it("a metric by second for 15 minutes, by minute for a day, and in total for ever", () => {
    const metrics = new MetricStore(new DrivenClock());
    const identity = { region: "r", namespace: "n", name: "m", dimensions: {}, unit: "None" };
    const value = { count: 1, sum: 1, minimum: 1, maximum: 1 };
    const seconds = 2 * 86_400;
    for (let at = 0; at < seconds; at += 1)
      metrics.recordSet({ ...identity, isHighResolution: true }, value, at * 1000);
    const span = { from: 0, to: seconds * 1000, periodSeconds: 1 };
    const kept = metrics.periods("r", "n", "m", {}, span);
    expect(kept.length).to.be.within(900, 900 + 1440);
    expect(kept.slice(-840).every(({ set }) => set.count === 1)).to.equal(true);
    expect(kept[0]).to.deep.include({ set: { count: 60, sum: 60, minimum: 1, maximum: 1 } });
    expect(metrics.sum("r", "n", "m", {})).to.equal(seconds);
  });

  it("10,000 items of alarm history a region", () => {
    const history = new AlarmHistory(new DrivenClock());
    for (let n = 0; n <= 10_000; n += 1) history.configured("r", `alarm-${n}`, "created");
    expect(history.of("r").length).to.equal(10_000);
    expect(history.of("r")[0]?.name).to.equal("alarm-1");
  });

  it("16 MiB and 2,000 streams of a log group", () => {
    const group = new LogGroup("group", 0);
    for (let n = 0; n < 2001; n += 1) group.ensureStream(`stream-${n}`, 0);
    expect([group.streams.size, group.streams.has("stream-0")]).to.deep.equal([2000, false]);
    const line = "x".repeat(MEBIBYTE);
    for (let n = 0; n < 17; n += 1) group.append(group.ensureStream("stream-9", 0), n, line, 0);
    expect([group.dropped, group.bytes]).to.deep.equal([1, 16 * MEBIBYTE]);
  });

  it("50,000 records and 32 MiB of a table's stream", () => {
    const streamOf = () =>
      new TableStream({
        ...{ arn: "arn", label: "label", table: "trades", region: "r", view: "NEW_AND_OLD_IMAGES" },
        ...{ keySchema: [{ AttributeName: "id", KeyType: "HASH" }], createdAt: 0 },
      });
    const change = (text: string) => ({
      ...{ table: "trades", key: "1", before: undefined },
      after: { id: { S: "1" }, text: { S: text } },
    });
    const many = streamOf();
    for (let n = 0; n <= 50_000; n += 1) many.append(change("a"), false, 0);
    expect([many.oldest(0), many.next]).to.deep.equal([1, 50_001]);
    const large = streamOf();
    for (let n = 0; n < 128; n += 1) large.append(change("x".repeat(MEBIBYTE / 4)), false, 0);
    expect([large.oldest(0), large.next]).to.deep.equal([1, 128]);
  });
});
