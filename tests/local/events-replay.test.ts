import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { EventsBench, queueArn, REGION, ROLE, settle } from "./events-support.ts";
import { refusal } from "./states-support.ts";

const DAY = 86_400_000;
const BUS = `arn:aws:events:${REGION}:000000000000:event-bus/default`;
const ARCHIVE = `arn:aws:events:${REGION}:000000000000:archive/archive`;
/** When the bench's clock starts. */
const START = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

// EventBridge User Guide, "Archiving and replaying events"; API Reference, StartReplay, DescribeReplay, CancelReplay.
describe("EventBridge's archives and replays, locally", () => {
  let bench: EventsBench;

  beforeEach(async () => {
    bench = new EventsBench();
    await bench.call("CreateArchive", {
      ...{ ArchiveName: "archive", EventSourceArn: BUS },
      EventPattern: JSON.stringify({ source: ["trading.system1"] }),
    });
    await bench.rule({ Arn: queueArn("q") });
  });
  afterEach(() => bench.cloud.close());

  const describeArchive = () => bench.call("DescribeArchive", { ArchiveName: "archive" });
  const describeReplay = (ReplayName = "replay") => bench.call("DescribeReplay", { ReplayName });

  /** Times in seconds since the epoch, as the SDKs send them. */
  function replay(from: number, to: number, more: Json = {}): Promise<Json> {
    return bench.call("StartReplay", {
      ...{ ReplayName: "replay", EventSourceArn: ARCHIVE, Destination: { Arn: BUS } },
      ...{ EventStartTime: from / 1_000, EventEndTime: to / 1_000, ...more },
    });
  }

  it("sends archived events to the bus's rules again, as they were, with the replay's name", async () => {
    await bench.put({ Detail: '{"amount":1.10}', Resources: ["r"] });
    await bench.clock.advance(3_600_000);
    const { ReplayArn, State } = await replay(START - 60_000, START + 60_000, { Description: "again" });
    expect({ ReplayArn, State }).to.deep.equal({
      ReplayArn: `arn:aws:events:${REGION}:000000000000:replay/replay`,
      State: "STARTING",
    });
    expect((await describeReplay()).State).to.equal("STARTING");
    await bench.clock.step();
    expect((await describeReplay()).State).to.equal("RUNNING");
    await bench.clock.step();
    const [first, second] = bench.sent.map(({ MessageBody }) => String(MessageBody));
    expect(JSON.parse(second ?? "")).to.deep.equal({ ...JSON.parse(first ?? ""), "replay-name": "replay" });
    expect(second).to.contain('"amount":1.10');
    expect(await describeReplay()).to.deep.equal({
      ...{ ReplayName: "replay", ReplayArn, Description: "again", EventSourceArn: ARCHIVE },
      ...{ State: "COMPLETED", Destination: { Arn: BUS } },
      ...{ EventStartTime: (START - 60_000) / 1_000, EventEndTime: (START + 60_000) / 1_000 },
      EventLastReplayedTime: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000,
      ...{ ReplayStartTime: START / 1_000 + 3_600, ReplayEndTime: START / 1_000 + 3_600.2 },
    });
  });

  it("takes events by their own time, from the start to before the end, minute by minute", async () => {
    const at = (seconds: number) => START / 1_000 - 0.678 + seconds;
    for (const [name, seconds] of [
      ["late", 125],
      ["end", 180],
      ["first", 0],
      ["middle", 61],
      ["before", -1],
    ] as const)
      await bench.put({ Detail: JSON.stringify({ name }), Time: at(seconds) });
    bench.sent.length = 0;
    await replay(at(0) * 1_000, at(180) * 1_000);
    const seen: unknown[][] = [];
    for (let step = 0; step < 4; step += 1) {
      await bench.clock.step();
      seen.push(bench.bodies().map(({ detail }) => (detail as Json).name));
    }
    expect(seen).to.deep.equal([
      ["first"],
      ["first", "middle"],
      ["first", "middle", "late"],
      ["first", "middle", "late"],
    ]);
    expect(await describeReplay()).to.include({ State: "COMPLETED", EventLastReplayedTime: at(125) });
  });

  it("does not keep the order of events within a minute", async () => {
    await bench.cloud.close();
    let next = 0;
    bench = new EventsBench({}, () => [0.9, 0.1, 0.5][next++ % 3] ?? 0);
    await bench.call("CreateArchive", { ArchiveName: "archive", EventSourceArn: BUS });
    for (const name of ["a", "b", "c"]) await bench.put({ Detail: JSON.stringify({ name }) });
    await bench.rule({ Arn: queueArn("q") });
    await replay(START - DAY, START + DAY);
    await bench.clock.step();
    expect(bench.bodies().map(({ detail }) => (detail as Json).name)).to.deep.equal(["b", "c", "a"]);
  });

  it("goes to the rules that it names only", async () => {
    const EventPattern = JSON.stringify({ source: ["trading.system1"] });
    await bench.call("PutRule", { Name: "other", EventPattern });
    await bench.call("PutTargets", { Rule: "other", Targets: [{ Id: "t", Arn: queueArn("other") }] });
    await bench.put();
    bench.sent.length = 0;
    const FilterArns = [`arn:aws:events:${REGION}:000000000000:rule/other`];
    await replay(START - DAY, START + DAY, { Destination: { Arn: BUS, FilterArns } });
    await bench.clock.step();
    expect(bench.sent.map(({ QueueUrl }) => String(QueueUrl).split("/").at(-1))).to.deep.equal(["other"]);
    expect((await describeReplay()).Destination).to.deep.equal({ Arn: BUS, FilterArns });
  });

  it("lets a rule tell replayed events from others", async () => {
    const EventPattern = JSON.stringify({ "replay-name": [{ exists: false }], source: ["trading.system1"] });
    await bench.call("PutRule", { Name: "rule", EventPattern });
    await bench.put();
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    expect(bench.sent).to.have.length(1);
    await bench.call("PutRule", { Name: "rule", EventPattern: '{"replay-name":["again"]}' });
    await replay(START - DAY, START + DAY, { ReplayName: "again" });
    await bench.clock.advance(1_000);
    expect(bench.sent).to.have.length(2);
  });

  it("counts an event once by all rules that take it, also as it is replayed or comes to another bus", async () => {
    const EventBusName = "second";
    const second = String((await bench.call("CreateEventBus", { Name: EventBusName })).EventBusArn);
    await bench.call("PutTargets", { Rule: "rule", Targets: [{ Id: "bus", Arn: second, RoleArn: ROLE }] });
    const taken = (bus: string) =>
      bench.events
        .takenEvents(REGION, bus)
        .filter(({ events }) => events > 0)
        .map(({ rules, events }) => [rules.join(), events]);
    // The event reaches the second bus twice: EventBridge does not learn of the first time.
    const effect = { kind: "error", code: "InternalFailure", status: 500 } as const;
    bench.cloud.faults.add({
      ...{ service: "events", operation: "PutEvents", when: "after", skip: 1, times: 1, effect },
    });
    await bench.put();
    await bench.clock.step();
    expect(bench.events.forwardedEvents(REGION, "second")).to.equal(1);
    expect([taken("default"), taken("second")]).to.deep.equal([[["rule", 1]], [["", 1]]]);
    const EventPattern = '{"replay-name":[{"exists":true}]}';
    for (const more of [{}, { EventBusName }])
      await bench.call("PutRule", { Name: "again", EventPattern, ...more });
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    expect([taken("default"), taken("second")]).to.deep.equal([[["again,rule", 1]], [["again", 1]]]);
    expect(bench.events.forwardedEvents(REGION, "second")).to.equal(1);
    expect(bench.sum("MatchedEvents")).to.equal(2);
  });

  it("does not archive replayed events, nor on a bus that they are handed on to", async () => {
    const EventBusName = "second";
    const second = String((await bench.call("CreateEventBus", { Name: EventBusName })).EventBusArn);
    await bench.call("CreateArchive", { ArchiveName: "second", EventSourceArn: second });
    await bench.call("PutTargets", { Rule: "rule", Targets: [{ Id: "bus", Arn: second, RoleArn: ROLE }] });
    await bench.put();
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    await settle();
    expect(bench.sent).to.have.length(2);
    for (const ArchiveName of ["archive", "second"])
      expect((await bench.call("DescribeArchive", { ArchiveName })).EventCount).to.equal(1);
  });

  it("gives a replayed event its full time for retries, however old it is", async () => {
    await bench.call("PutTargets", {
      Rule: "rule",
      Targets: [{ Id: "target", Arn: queueArn("q"), RetryPolicy: { MaximumEventAgeInSeconds: 60 } }],
    });
    await bench.put();
    await bench.clock.advance(DAY);
    await replay(START - DAY, START + DAY);
    bench.fault("sqs", "ServiceUnavailable", 503, 1);
    await bench.clock.advance(1_000);
    expect(bench.sent).to.have.length(2);
  });

  it("can be cancelled between two minutes, once", async () => {
    await bench.put();
    await bench.clock.advance(60_000);
    await bench.put();
    bench.sent.length = 0;
    await replay(START - DAY, START + DAY);
    await bench.clock.step();
    expect(await bench.call("CancelReplay", { ReplayName: "replay" })).to.include({ State: "CANCELLING" });
    await bench.clock.step();
    const { State, ReplayEndTime } = await describeReplay();
    expect(State).to.equal("CANCELLED");
    expect(ReplayEndTime).to.equal(bench.clock.now() / 1_000);
    expect(bench.sent).to.have.length(1);
    expect(bench.clock.pending).to.equal(0);
    const error = await refusal(bench.call("CancelReplay", { ReplayName: "replay" }));
    expect(error.code).to.equal("IllegalStatusException");
  });

  it("fails where its archive is deleted meanwhile", async () => {
    await bench.put();
    bench.sent.length = 0;
    await replay(START - DAY, START + DAY);
    await bench.call("DeleteArchive", { ArchiveName: "archive" });
    await bench.clock.step();
    expect(await describeReplay())
      .to.include({ State: "FAILED" })
      .and.have.property("StateReason");
    expect(bench.sent).to.have.length(0);
  });

  it("runs at most ten replays at a time", async () => {
    for (let count = 0; count < 10; count += 1)
      await replay(START - DAY, START + DAY, { ReplayName: `replay-${count}` });
    const error = await refusal(replay(START - DAY, START + DAY, { ReplayName: "eleventh" }));
    expect(error.code).to.equal("LimitExceededException");
    await bench.clock.advance(1_000);
    await replay(START - DAY, START + DAY, { ReplayName: "eleventh" });
    const list = async (more: Json) => (await bench.call("ListReplays", more)).Replays as Json[];
    expect(await list({ State: "COMPLETED" })).to.have.length(10);
    expect((await list({ NamePrefix: "elev" })).map(({ State }) => State)).to.deep.equal(["STARTING"]);
    expect(await list({ EventSourceArn: ARCHIVE })).to.have.length(11);
    expect(await list({ EventSourceArn: `${ARCHIVE}-2` })).to.have.length(0);
  });

  it("keeps a replay, and its name, for 90 days", async () => {
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    const again = await refusal(replay(START - DAY, START + DAY));
    expect(again.code).to.equal("ResourceAlreadyExistsException");
    await bench.clock.advance(90 * DAY);
    expect((await refusal(describeReplay())).code).to.equal("ResourceNotFoundException");
    await replay(START - DAY, START + DAY);
  });

  for (const [what, more, code] of [
    ["an end before the start", { EventEndTime: 0 }, "ValidationException"],
    ["an archive that is not there", { EventSourceArn: `${ARCHIVE}2` }, "ResourceNotFoundException"],
    ["another bus as the destination", { Destination: { Arn: `${BUS}2` } }, "ValidationException"],
    [
      "a rule that is not there",
      { Destination: { Arn: BUS, FilterArns: ["x"] } },
      "ResourceNotFoundException",
    ],
    ["a member that is not known", { Speed: 2 }, "ValidationException"],
  ] as const)
    it(`refuses a replay with ${what}`, async () => {
      expect((await refusal(replay(START - DAY, START, more))).code).to.equal(code);
    });

  it("archives what matches, for the days of its retention", async () => {
    await bench.call("UpdateArchive", { ArchiveName: "archive", RetentionDays: 1, Description: "a day" });
    await bench.put();
    await bench.put({ Source: "other" });
    const [{ MessageBody } = {}] = bench.sent;
    expect(await describeArchive()).to.include({
      ...{ ArchiveArn: ARCHIVE, EventSourceArn: BUS, Description: "a day", RetentionDays: 1 },
      ...{ EventCount: 1, SizeBytes: Buffer.byteLength(String(MessageBody)), State: "ENABLED" },
      EventPattern: '{"source":["trading.system1"]}',
    });
    await bench.clock.advance(DAY + 1);
    expect(await describeArchive()).to.include({ EventCount: 0, SizeBytes: 0 });
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    expect(bench.sent).to.have.length(1);
  });

  it("changes an archive's pattern for what comes after", async () => {
    await bench.put();
    await bench.call("UpdateArchive", { ArchiveName: "archive", EventPattern: '{"source":["other"]}' });
    await bench.put();
    expect((await describeArchive()).EventCount).to.equal(1);
    await bench.put({ Source: "other" });
    expect((await describeArchive()).EventCount).to.equal(2);
    const error = await refusal(bench.call("UpdateArchive", { ArchiveName: "archive", EventPattern: "{" }));
    expect(error.code).to.equal("InvalidEventPatternException");
  });

  it("lets the oldest events go where an archive is full", async () => {
    await bench.cloud.close();
    bench = new EventsBench({ archiveBytes: 2_000 });
    await bench.call("CreateArchive", { ArchiveName: "archive", EventSourceArn: BUS });
    for (let n = 0; n < 3; n += 1) await bench.put({ Detail: JSON.stringify({ n, text: "x".repeat(600) }) });
    expect((await describeArchive()).EventCount).to.equal(2);
    await bench.rule({ Arn: queueArn("q") });
    await replay(START - DAY, START + DAY);
    await bench.clock.advance(1_000);
    expect(bench.bodies().map(({ detail }) => (detail as Json).n)).to.have.members([1, 2]);
  });

  it("lists archives by one filter", async () => {
    const second = String((await bench.call("CreateEventBus", { Name: "second" })).EventBusArn);
    await bench.call("CreateArchive", { ArchiveName: "more", EventSourceArn: second });
    const names = async (more: Json) =>
      ((await bench.call("ListArchives", more)).Archives as Json[]).map(({ ArchiveName }) => ArchiveName);
    expect(await names({})).to.deep.equal(["archive", "more"]);
    expect(await names({ NamePrefix: "arch" })).to.deep.equal(["archive"]);
    expect(await names({ EventSourceArn: second })).to.deep.equal(["more"]);
    expect(await names({ State: "DISABLED" })).to.deep.equal([]);
    const error = await refusal(names({ NamePrefix: "a", State: "ENABLED" }));
    expect(error.code).to.equal("ValidationException");
    await bench.call("DeleteArchive", { ArchiveName: "more" });
    expect(await names({})).to.deep.equal(["archive"]);
  });
});
