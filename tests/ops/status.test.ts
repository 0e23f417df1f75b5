import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { type LocalSystem, runTape } from "../../local/system.ts";
import { outputsOf, parseOutputs } from "../../ops/frame/outputs.ts";
import type { statusJson } from "../../ops/status/report.ts";
import { outcomes, startTestSystem, takeMessages, tapeLine } from "../support/local-system.ts";

type Status = ReturnType<typeof statusJson>;

const NONE = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
const NOTHING = { total: 0, listed: [] };
const HOME = "us-east-1";
const OTHER = "eu-west-1";

for (const type of ["STANDARD", "EXPRESS"] as const)
  describe(`the status of a ${type} workflow`, function () {
    this.timeout(180_000);
    let system: LocalSystem;
    let settings: { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };
    before(async () => {
      system = await startTestSystem({ overrides: { workflow: { type } } });
      const credentials = { accessKeyId: "local", secretAccessKey: "local" };
      settings = { endpoint: system.services.endpoint.url, credentials };
    });
    after(() => system?.close());

    /** `npm run ops -- status`, as its own process. */
    async function ops(...args: string[]): Promise<{ code: number | null; out: string; error: string }> {
      const port = new URL(settings.endpoint).port;
      const child = spawn(
        process.execPath,
        ["ops/command.ts", "status", ...args, "--local", "--port", port],
        { stdio: ["ignore", "pipe", "pipe"] },
      );
      const [out, error, code] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        new Promise<number | null>((done) => child.on("close", done)),
      ]);
      return { out: out.trim(), error: error.trim(), code };
    }
    const status = async (...args: string[]): Promise<Status> => {
      const { out, error, code } = await ops("--json", ...args);
      expect(error).to.equal("");
      expect(code).to.equal(0);
      return JSON.parse(out) as Status;
    };
    const trade = (tradeId: string, sourceSystem: string, change: Record<string, unknown> = {}) =>
      tapeLine(
        { tradeId, amount: "10", currency: "USD", sourceSystem, ...change },
        { Source: `trading.${sourceSystem}` },
      );
    const carryOut = (...lines: string[]) => runTape(system, lines, { outstanding: 1 });
    const waitFor = async <Value>(
      read: () => Promise<Value>,
      isThere: (value: Value) => boolean,
    ): Promise<Value> => {
      for (const deadline = Date.now() + 30_000; ; await setTimeout(200)) {
        const value = await read();
        if (isThere(value) || Date.now() > deadline) return value;
      }
    };
    let from = "";
    const window = () => ["--from", from, "--to", "2100-01-01T00:00:00Z"];

    it("is empty before the first event", async () => {
      const { proof, sequences, incompleteHistories, openNow } = await status();
      expect(proof).to.deep.equal({
        ...{ events: 0, attempts: 0, outcomes: NONE, byRegion: {}, byStage: {}, undeliveredComplete: true },
        ...{ bySource: { system1: NONE, system2: NONE, system3: NONE }, rejectedBy: {}, deadLetteredBy: {} },
      });
      expect(incompleteHistories).to.deep.equal(NOTHING);
      expect(sequences.system1).to.deep.equal({
        ...{ first: null, last: null, missing: 0, gaps: NOTHING, repeated: NOTHING },
      });
      expect(Object.keys(openNow)).to.have.members([HOME, OTHER]);
    });

    it("says where every event is, what is open, and what is missing", async () => {
      from = new Date().toISOString();
      await carryOut(
        trade("A", "system1", { sequence: 1 }), // recorded
        trade("A", "system1", { sequence: 1 }), // duplicate
        trade("B", "system1", { sequence: 2, amount: "-5", currency: "XXQ" }), // rejected for two reasons
        trade("C", "system1", { sequence: 5 }), // recorded; 3 and 4 are missing
        trade("D", "system1", { sequence: 6, action: "CANCEL", version: 2 }), // recorded; its trade never came
        trade("I", "system1", { sequence: 5 }), // recorded; carries C's number
        trade("A", "system1", { sequence: 1, amount: "11" }), // rejected: a conflict
        trade("M", "system3"), // recorded
        trade("M", "system3", { action: "CORRECT", version: 2, amount: "12" }), // recorded: a whole history
      );
      system.marketData.available = false;
      await carryOut(trade("E", "system2")); // recorded, enrichment pending
      const restoreFunction = system.services.cloud.faults.add({
        ...{ service: "lambda", operation: "Invoke", function: "compliance-recorder-dev", when: "before" },
        effect: { kind: "error", code: "Broken", status: 400 },
      });
      await carryOut(trade("H", "system3")); // dead-lettered by the recorder
      restoreFunction();
      const restoreStart = system.services.cloud.faults.add({
        ...{ service: "states", operation: "StartExecution", when: "before" },
        effect: { kind: "error", code: "AccessDeniedException", status: 400 },
      });
      await carryOut(trade("J", "system3", { sequence: 7 })); // dead-lettered by EventBridge
      restoreStart();
      const events = new EventBridgeClient({ ...settings, region: OTHER });
      await events.send(
        new PutEventsCommand({
          Entries: [
            {
              ...{
                EventBusName: "trading-event-bus-dev",
                Source: "trading.system2",
                DetailType: "Trade Event",
              },
              Detail: JSON.stringify({ tradeId: "K", amount: "1", currency: "USD", sourceSystem: "system2" }),
            },
          ],
        }),
      );
      events.destroy();

      const found = await waitFor(
        () => status(...window()),
        ({ proof }) => proof.events === 13,
      );
      const [error = ""] = (await outcomes(system))
        .filter(({ outcome }) => outcome === "deadLettered")
        .map((each) => String(each.error));
      expect(found.proof).to.deep.equal({
        events: 13,
        // The duplicate, two rejected, and two dead-lettered; each event once.
        attempts: 5,
        outcomes: { recorded: 8, duplicate: 1, rejected: 2, deadLettered: 2 },
        bySource: {
          system1: { recorded: 4, duplicate: 1, rejected: 2, deadLettered: 0 },
          system2: { ...NONE, recorded: 2 },
          system3: { ...NONE, recorded: 2, deadLettered: 2 },
        },
        byRegion: {
          [OTHER]: { ...NONE, recorded: 1 },
          [HOME]: { recorded: 7, duplicate: 1, rejected: 2, deadLettered: 2 },
        },
        byStage: {
          delivery: { ...NONE, deadLettered: 1 },
          recording: { ...NONE, duplicate: 1, rejected: 1, deadLettered: 1 },
          validation: { ...NONE, rejected: 1 },
        },
        rejectedBy: { "amount.notPositive": 1, "currency.unknown": 1, "version.conflict": 1 },
        deadLetteredBy: { [error]: 1, NO_PERMISSIONS: 1 },
        undeliveredComplete: true,
      });
      expect(found.incompleteHistories).to.deep.equal({
        total: 1,
        listed: [
          {
            ...{ tradeId: "D", status: "cancelled", latestVersion: 2 },
            ...{ missingVersions: [{ first: 1, last: 1 }], versionsAfterCancel: [], conflictingVersions: [] },
          },
        ],
      });
      expect(found.sequences).to.deep.equal({
        system1: {
          ...{ first: 1, last: 6, missing: 2, gaps: { total: 1, listed: [{ first: 3, last: 4 }] } },
          repeated: { total: 1, listed: [{ sequence: 5, trades: ["C version 1", "I version 1"] }] },
        },
        system2: { first: null, last: null, missing: 0, gaps: NOTHING, repeated: NOTHING },
        system3: { first: 7, last: 7, missing: 0, gaps: NOTHING, repeated: NOTHING },
      });
      const [home, other] = [found.openNow[HOME], found.openNow[OTHER]];
      if (!home || !other || "problem" in home || "problem" in other)
        throw new Error("a region did not answer");
      expect([home.workflowType, other.workflowType]).to.deep.equal([type, type]);
      expect(home.executions).to.deep.equal(type === "STANDARD" ? { count: 0, oldest: null } : null);
      expect(home.pendingEnrichments.count).to.equal(1);
      expect(Date.parse(String(home.pendingEnrichments.oldest))).to.be.within(Date.parse(from), Date.now());
      // K's, which was put while the market data API was down, too.
      expect(other.pendingEnrichments.count).to.equal(1);
      const depths = Object.fromEntries(home.queues.map(({ name, visible }) => [name, visible]));
      expect(depths).to.include({
        "trade-validator-dlq-dev": 0,
        "compliance-recorder-dlq-dev": 1,
        "trade-rejects-dev": 2,
        "eventbridge-dlq-dev": 1,
        "forwarding-dlq-dev": 0,
        "unmatched-events-dev": 0,
        ...(type === "STANDARD" && { "unfinished-executions-dev": 0 }),
      });
      const { alarm, ...estimates } = { alarm: null, ...found.estimates[HOME] };
      expect(estimates).to.deep.equal({
        ...{ matched: 12, recorded: 7, duplicate: 1, rejected: 2, deadLettered: 2, unaccounted: 0 },
        replays: 0,
      });
      expect(alarm).to.be.oneOf(["OK", "INSUFFICIENT_DATA"]);
      expect(found.estimates[OTHER]).to.include({ matched: 1, recorded: 1, unaccounted: 0 });
    });

    it("is the same as people read it", async () => {
      const { out, code } = await ops(...window());
      if (process.env.SHOW_STATUS) console.log(out);
      expect(code).to.equal(0);
      for (const line of [
        /^Events accepted from /,
        /^ {2}source system1 +4 +1 +2 +0 +7$/m,
        /^ {2}all +8 +1 +2 +2 +13$/m,
        /^ {2}5 attempts ended other than recorded$/m,
        /^ {2}rejected for version\.conflict: 1$/m,
        /^ {2}D: version 1 missing$/m,
        /^ {2}system1: 1 to 6, 2 missing: 3-4$/m,
        /^ {4}5 is carried by C version 1, I version 1$/m,
        type === "STANDARD"
          ? /us-east-1: 0 executions running; 1 enrichments pending, the oldest since /
          : /us-east-1: executions of EXPRESS workflows cannot be listed; 1 enrichments pending/,
        /^Estimates from CloudWatch metrics, which are best effort$/m,
        /us-east-1: 12 matched, 7 recorded, 1 duplicate, 2 rejected, 2 dead-lettered; 0 unaccounted; alarm/,
      ])
        expect(out).to.match(line);
    });

    it("is of one region if that is asked for, with histories and sequences over both", async () => {
      const { proof, openNow, estimates, region, incompleteHistories } = await status(
        ...window(),
        "--region",
        OTHER,
      );
      expect(region).to.equal(OTHER);
      expect(proof).to.deep.include({
        events: 1,
        attempts: 0,
        byRegion: { [OTHER]: { ...NONE, recorded: 1 } },
      });
      expect([Object.keys(openNow), Object.keys(estimates)]).to.deep.equal([[OTHER], [OTHER]]);
      expect(incompleteHistories.total).to.equal(1);
    });

    it("leaves the messages that it looks at where they are", async () => {
      const { routingDeadLetterQueueUrl: QueueUrl } = outputsOf(parseOutputs(system.services.outputs), HOME);
      const sqs = new SQSClient({ ...settings, region: HOME });
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
      );
      sqs.destroy();
      expect(Attributes).to.deep.equal({ ApproximateNumberOfMessages: "1" });
    });

    it("counts an event as recorded once it was redriven, and its attempts still", async () => {
      const [failed] = (await outcomes(system)).filter(({ outcome }) => outcome === "deadLettered");
      const envelope = JSON.parse(String(failed?.envelope));
      const states = new SFNClient({ ...settings, region: HOME });
      await states.send(
        new StartExecutionCommand({
          stateMachineArn: outputsOf(parseOutputs(system.services.outputs), HOME).stateMachineArn,
          input: JSON.stringify({ ...envelope, redrive: { acceptedAt: failed?.timestamp } }),
        }),
      );
      states.destroy();
      const { proof } = await waitFor(
        () => status(...window()),
        (each) => each.proof.outcomes.recorded === 9,
      );
      expect(proof).to.deep.include({
        ...{ events: 13, attempts: 5 },
        outcomes: { recorded: 9, duplicate: 1, rejected: 2, deadLettered: 1 },
        deadLetteredBy: { NO_PERMISSIONS: 1 },
      });
    });

    it("says what is not known where a service does not answer, and ends with 1", async () => {
      const restore = system.services.cloud.faults.add({
        ...{ service: "states", operation: "DescribeStateMachine", region: OTHER, when: "before" },
        effect: { kind: "error", code: "Broken", message: "no answer", status: 400 },
      });
      const { code, out } = await ops("--json", ...window());
      restore();
      expect(code).to.equal(1);
      const { openNow, proof } = JSON.parse(out) as Status;
      expect(openNow[OTHER]).to.deep.equal({ problem: "Broken: no answer" });
      expect(openNow[HOME]).to.have.property("queues");
      expect(proof.events).to.equal(13);
    });

    it("refuses windows that are none", async () => {
      const cases: [string[], RegExp][] = [
        [["--from", "2026-01-01T00:00:00Z"], /--to must be given/],
        [
          ["--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
          /--to: .* must be later than --from/,
        ],
        [["--last", "1w"], /--last: "1w" must be a whole number and a unit/],
        [["--last", "1h", ...window()], /--last: goes without --from and --to/],
        [["--region", "mars"], /--region: "mars" must be one of/],
      ];
      for (const [args, message] of cases) {
        const { code, error } = await ops(...args);
        expect(error).to.match(message);
        expect(code).to.equal(2);
      }
      await takeMessages(system, "eventbridge-dlq-dev");
      expect((await status(...window())).proof.byStage).not.to.have.property("delivery");
    });
  });
