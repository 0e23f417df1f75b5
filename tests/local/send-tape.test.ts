import { Readable } from "node:stream";
import { expect } from "chai";
import { type LocalSystem, runTape } from "../../local/system.ts";
import { busesOfEndpoint, busesOfRegion, busRefusal } from "../../ops/send/allowed-buses.ts";
import { linesOf } from "../../ops/tape/lines.ts";
import { startTestSystem, takeMessages, tapeLine, tradeDetail } from "../support/local-system.ts";

describe("sending a tape", function () {
  this.timeout(60_000);
  let system: LocalSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system.close());

  const arn = (region: string, bus: string) => `arn:aws:events:${region}:000000000000:event-bus/${bus}`;
  /** An event that no source rule takes, so that it is seen in a queue as it arrived. */
  const unmatched = (change: Record<string, unknown>) => tapeLine({ a: 1 }, { Source: "other", ...change });

  it("hands on resources, and characters that a message cannot hold as escapes", async () => {
    const Resources = ["urn:order:1", "urn:order:2"];
    const { ledger } = await runTape(system, [
      unmatched({
        Resources,
        TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
        Detail: { note: "\uFFFE\uFFFF" },
      }),
    ]);
    expect(ledger).to.include({ sent: 1, refused: 0, accepted: 1, unmatched: 1, balanced: true });
    const [message] = await takeMessages(system, "unmatched-events-dev");
    expect(message?.body.resources).to.deep.equal(Resources);
    expect(message?.body.detail).to.deep.equal({ note: "\uFFFE\uFFFF" });
  });

  it("refuses lines by their number in the file, whatever is wrong with them, and sends the rest", async () => {
    const good = () => tapeLine(tradeDetail());
    const bytes = Buffer.concat([
      Buffer.from(`\uFEFF${good()}\n\n`),
      Buffer.from([0xc3, 0x28, 0x0a]),
      Buffer.from(`${good()}\r\n${"x".repeat(3_000_000)}\n`),
      Buffer.from(`${tapeLine(tradeDetail({ note: 1 })).replace('"note":1', '"note":1e-400')}\n`),
      Buffer.from(`${tapeLine(tradeDetail(), { EventBusName: "elsewhere" })}\n${good()}`),
    ]);
    const { sent } = await runTape(system, linesOf(Readable.from([bytes])));
    expect(sent.refused.map(({ line }) => line)).to.deep.equal([3, 5, 6, 7]);
    const reasons = [
      /not UTF-8/,
      /at most 2097152 bytes/,
      /^Detail\.note: .*1e-400/,
      /^EventBusName: .*elsewhere/,
    ];
    for (const [index, reason] of reasons.entries()) expect(sent.refused[index]?.reason).to.match(reason);
    expect(sent).to.include({ sent: 7, accepted: 3 });
  });

  it("takes the trades bus and the default bus by name and by ARN, and no other, before anything is sent", async () => {
    const bus = system.names.regions["us-east-1"]?.busName ?? "";
    const names = [bus, "default", arn("us-east-1", bus), arn("us-east-1", "default")];
    const foreign = arn("us-east-1", bus).replace("000000000000", "111111111111");
    const others = [arn("eu-west-1", bus), arn("us-east-1", "other"), foreign, "Default", ""];
    const { sent } = await runTape(
      system,
      [...names, ...others].map((EventBusName) => unmatched({ EventBusName })),
    );
    expect(sent).to.include({ sent: 9, accepted: 4 });
    expect(sent.refused.map(({ line }) => line)).to.deep.equal([5, 6, 7, 8, 9]);
    for (const { reason } of sent.refused)
      expect(reason).to.include(
        `EventBusName: must be ${bus} or default, or the ARN of such a bus in us-east-1`,
      );
  });
});

describe("sending a tape to a stack that hands nothing on from the default bus", function () {
  this.timeout(60_000);
  let system: LocalSystem;
  before(async () => {
    const routing = { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3_600, forwardDefaultBus: false };
    system = await startTestSystem({ overrides: { routing } });
  });
  after(() => system.close());

  it("refuses lines for the default bus, where they would lead nowhere, and sends the rest", async () => {
    const defaultArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    const lines = [{ EventBusName: "default" }, { EventBusName: defaultArn }, {}].map((change) =>
      tapeLine(tradeDetail(), change),
    );
    const { sent, ledger } = await runTape(system, lines);
    expect(ledger).to.include({ sent: 3, refused: 2, accepted: 1, recorded: 1, balanced: true });
    for (const [index, { line, reason }] of sent.refused.entries()) {
      expect(line).to.equal(index + 1);
      expect(reason).to.match(
        /^EventBusName: must be trading-event-bus-dev, or .*: in this stack no rule hands trades on from the default bus$/,
      );
    }
  });
});

describe("buses that a tape may name", () => {
  const arn = "arn:aws:events:us-east-1:123456789012:event-bus/trades";
  const named = (bus: string) => arn.replace(/trades$/, bus);

  it("are the trades bus, and the default bus where a rule hands its trades on", () => {
    for (const given of ["trades", arn]) {
      expect(busRefusal(given, busesOfRegion(arn, undefined))).to.equal(undefined);
      expect(busRefusal(given, busesOfRegion(arn, "forwarding"))).to.equal(undefined);
      expect(busRefusal(given, busesOfEndpoint(arn))).to.equal(undefined);
    }
    for (const given of ["default", named("default")]) {
      expect(busRefusal(given, busesOfRegion(arn, "forwarding"))).to.equal(undefined);
      expect(busRefusal(given, busesOfRegion(arn, undefined))).to.equal(
        `EventBusName: must be trades, or the ARN of such a bus in us-east-1 of account 123456789012, got ${given}: in this stack no rule hands trades on from the default bus`,
      );
      expect(busRefusal(given, busesOfEndpoint(arn))).to.match(
        /behind a global endpoint there is the trades/,
      );
    }
  });

  it("are those of the region, the account and the partition, all of which a refusal names", () => {
    const others = [
      arn.replace("123456789012", "210987654321"),
      arn.replace("us-east-1", "eu-west-1"),
      arn.replace("arn:aws:", "arn:aws-cn:"),
      named("elsewhere"),
      "",
    ];
    for (const given of others)
      expect(busRefusal(given, busesOfRegion(arn, "forwarding"))).to.equal(
        `EventBusName: must be trades or default, or the ARN of such a bus in us-east-1 of account 123456789012, got ${given}`,
      );
  });
});
