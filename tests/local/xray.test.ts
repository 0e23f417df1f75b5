import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createXray } from "../../local/cloud/xray/service.ts";

describe("the local X-Ray", () => {
  const open = () => {
    const cloud = new Cloud({ clock: new DrivenClock({ start: 1_000_000 }) });
    cloud.add(createXray);
    return (operation: string, input: Json = {}) =>
      cloud.call({ service: "xray", operation, region: "us-east-1", principal: "tester" }, input);
  };
  const segment = (trace_id: string, id: string, start_time: number, end_time: number) =>
    JSON.stringify({ trace_id, id, name: "f", start_time, end_time });

  it("keeps the segments of a trace, and sums it up", async () => {
    const call = open();
    const documents = [segment("1-a", "s1", 100, 101), segment("1-a", "s2", 100.5, 103)];
    const sent = await call("PutTraceSegments", { TraceSegmentDocuments: documents });
    expect(sent).to.deep.equal({ UnprocessedTraceSegments: [] });
    await call("PutTraceSegments", { TraceSegmentDocuments: [segment("1-b", "s3", 200, 201)] });
    const { TraceSummaries } = await call("GetTraceSummaries", { StartTime: 90, EndTime: 150 });
    expect(TraceSummaries).to.deep.equal([{ Id: "1-a", StartTime: 100, Duration: 3 }]);
    const traces = await call("BatchGetTraces", { TraceIds: ["1-a", "1-c"] });
    expect(traces).to.deep.equal({
      Traces: [
        { Id: "1-a", Segments: documents.map((Document, index) => ({ Id: `s${index + 1}`, Document })) },
      ],
      UnprocessedTraceIds: ["1-c"],
    });
  });

  it("names segments that it cannot read, and takes the others", async () => {
    const call = open();
    const documents = ["{", JSON.stringify({ id: "s1" }), segment("1-a", "s1", 1, 2)];
    const { UnprocessedTraceSegments } = await call("PutTraceSegments", { TraceSegmentDocuments: documents });
    expect(UnprocessedTraceSegments).to.have.length(2);
    expect((await call("BatchGetTraces", { TraceIds: ["1-a"] })).Traces).to.have.length(1);
  });

  it("keeps the latest 2,000 traces", async () => {
    const call = open();
    for (let index = 0; index <= 2_000; index += 1)
      await call("PutTraceSegments", { TraceSegmentDocuments: [segment(`1-${index}`, "s", index, index)] });
    const { UnprocessedTraceIds } = await call("BatchGetTraces", { TraceIds: ["1-0", "1-1", "1-2000"] });
    expect(UnprocessedTraceIds).to.deep.equal(["1-0"]);
  });

  it("samples by the default rule: one request a second and 5 % of the others", async () => {
    // X-Ray Developer Guide, "Configuring sampling rules".
    const call = open();
    const { SamplingRuleRecords } = await call("GetSamplingRules");
    expect(SamplingRuleRecords)
      .to.have.nested.property("[0].SamplingRule")
      .that.includes({
        ...{ RuleName: "Default", FixedRate: 0.05, ReservoirSize: 1, Priority: 10_000 },
      });
    const statistics = { RuleName: "Default", ClientID: "c", RequestCount: 1 };
    const { SamplingTargetDocuments } = await call("GetSamplingTargets", {
      SamplingStatisticsDocuments: [statistics],
    });
    expect(SamplingTargetDocuments).to.deep.equal([
      { RuleName: "Default", FixedRate: 0.05, ReservoirQuota: 1, Interval: 10, ReservoirQuotaTTL: 1_010 },
    ]);
  });
});
