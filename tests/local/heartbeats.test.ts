import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { readLedger } from "../../local/system.ts";
import { outcomes, rows } from "../support/local-system.ts";
import { type DrivenSystem, HOME, OTHER, startDrivenSystem } from "./driven-system.ts";

const BEAT_ALARM = "heartbeat-alarm-dev";
const LATENCY_ALARM = "ingestion-latency-alarm-dev";
/**
 * Three minutes without data breach once none of the data that CloudWatch looks back at is left (CloudWatch User Guide,
 * "Configuring how CloudWatch alarms treat missing data"): it takes five whole minutes.
 */
const DETECTION_MINUTES = 6;
const RECORDER = "compliance-recorder";

describe("heartbeats", function () {
  this.timeout(180_000);
  let system: DrivenSystem;
  before(async () => {
    system = await startDrivenSystem(Date.now(), { census: { everyMinutes: 0 } });
  });
  after(() => system?.close());
  afterEach(() => system.services.cloud.faults.clear());

  const beats = (region: string) => system.metric(RECORDER, "HeartbeatRecorded", region);
  const lastBeat = async (region: string): Promise<Json> => {
    const { Items } = await system.call("dynamodb", "Scan", { TableName: "heartbeats-dev" }, region);
    expect(Items, region).to.have.length(1);
    return (Items as Json[])[0] ?? {};
  };
  const fail = (service: string, operation: string, more: Json = {}) =>
    system.services.cloud.faults.add({
      ...{ service, operation, region: HOME, when: "before", ...more },
      effect: { kind: "error", code: "AccessDeniedException", status: 400 },
    });

  /** Everywhere that a trade leaves a trace. */
  async function traces(): Promise<Json> {
    const found: Json = {};
    for (const region of [HOME, OTHER]) {
      const { EventCount } = await system.call(
        "events",
        "DescribeArchive",
        { ArchiveName: "trades-archive-dev" },
        region,
      );
      const { QueueUrls } = await system.call("sqs", "ListQueues", {}, region);
      let messages = 0;
      for (const QueueUrl of QueueUrls as string[]) {
        const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        const answer = await system.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames }, region);
        for (const count of Object.values(answer.Attributes as Json)) messages += Number(count);
      }
      const processed = ["trade-validator", "metadata-enricher", RECORDER].map((name) =>
        system.metric(name, "EventsProcessed", region),
      );
      found[region] = {
        ...{ archived: EventCount, queues: (QueueUrls as string[]).length > 5, messages, processed },
        rows: (await rows(system, undefined, region)).length,
        outcomes: (await outcomes(system, undefined, region)).length,
      };
    }
    return found;
  }
  const NO_TRACE = { archived: 0, queues: true, messages: 0, processed: [0, 0, 0], rows: 0, outcomes: 0 };

  async function expectNoTrace(): Promise<void> {
    expect(await traces()).to.deep.equal({ [HOME]: NO_TRACE, [OTHER]: NO_TRACE });
    const ledger = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    expect(ledger).to.include({
      ...{ accepted: 0, unmatched: 0, matched: 0, recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 },
      ...{ inFlight: 0, lost: 0, balanced: true },
    });
  }

  it("are recorded once a minute in each region, and are nowhere where trades are", async () => {
    await system.minutes(4);
    const before = [beats(HOME), beats(OTHER)];
    const first = await lastBeat(HOME);
    await system.minutes(10);
    expect([beats(HOME), beats(OTHER)]).to.deep.equal(before.map((count) => count + 10));
    const last = await lastBeat(HOME);
    expect(last.region).to.deep.equal({ S: HOME });
    expect(last.id).not.to.deep.equal(first.id);
    expect((await lastBeat(OTHER)).region).to.deep.equal({ S: OTHER });
    await expectNoTrace();
    for (const region of [HOME, OTHER])
      for (const alarm of [BEAT_ALARM, LATENCY_ALARM])
        expect(await system.alarm(alarm, region), `${alarm} in ${region}`).to.equal("OK");
  });

  it("are nowhere where trades are while one is under way, either", async () => {
    system.services.cloud.faults.add({
      ...{ service: "lambda", operation: "Invoke", function: "trade-validator-dev", when: "before" },
      effect: { kind: "delay", milliseconds: 4_000 },
    });
    await system.clock.runUntil(() => system.services.states.openInputs(HOME).length > 0);
    expect((await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1)).inFlight).to.equal(0);
    system.services.cloud.faults.clear();
    await system.clock.advance(10_000);
  });

  for (const [what, breakIt] of Object.entries({
    "the validator fails": () => fail("lambda", "Invoke", { function: "trade-validator-dev" }),
    "the recorder fails": () => fail("lambda", "Invoke", { function: "compliance-recorder-dev" }),
    "their table cannot be written": () => fail("dynamodb", "PutItem"),
    "the validator dies": () =>
      system.services.cloud.faults.add({
        ...{ service: "lambda", function: "trade-validator-dev", region: HOME, when: "before" },
        effect: { kind: "crash" },
      }),
    "the workflow cannot be started": () => fail("states", "StartExecution"),
  }))
    it(`leave no trace when ${what}: that none is recorded is what alarms, there and within minutes`, async () => {
      await system.minutes(5);
      expect(await system.alarm(BEAT_ALARM)).to.equal("OK");
      const [before, elsewhere] = [beats(HOME), beats(OTHER)];
      breakIt();
      await system.minutes(2);
      expect(await system.alarm(BEAT_ALARM)).to.equal("OK");
      await system.minutes(DETECTION_MINUTES - 2);
      expect(await system.alarm(BEAT_ALARM)).to.equal("ALARM");
      expect(beats(HOME)).to.equal(before);
      expect(beats(OTHER)).to.be.at.least(elsewhere + 5);
      expect(await system.alarm(BEAT_ALARM, OTHER)).to.equal("OK");
      system.services.cloud.faults.clear();
      await system.minutes(3);
      expect(await system.alarm(BEAT_ALARM)).to.equal("OK");
      await expectNoTrace();
    });

  it("tell of ingestion, too: where none comes in, both alarms ring", async () => {
    await system.minutes(5);
    fail("events", "PutEvents");
    await system.minutes(6);
    for (const alarm of [BEAT_ALARM, LATENCY_ALARM])
      expect(await system.alarm(alarm), alarm).to.equal("ALARM");
    system.services.cloud.faults.clear();
    await system.minutes(4);
    for (const alarm of [BEAT_ALARM, LATENCY_ALARM]) expect(await system.alarm(alarm), alarm).to.equal("OK");
    await expectNoTrace();
  });
});
