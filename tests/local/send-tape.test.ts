import { Readable } from "node:stream";
import { expect } from "chai";
import { type LocalSystem, runTape } from "../../local/system.ts";
import { busRefusal } from "../../ops/send/allowed-buses.ts";
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
    const others = [arn("eu-west-1", bus), arn("us-east-1", "other"), "Default", ""];
    const { sent } = await runTape(
      system,
      [...names, ...others].map((EventBusName) => unmatched({ EventBusName })),
    );
    expect(sent).to.include({ sent: 8, accepted: 4 });
    expect(sent.refused.map(({ line }) => line)).to.deep.equal([5, 6, 7, 8]);
    for (const { reason } of sent.refused)
      expect(reason).to.include(
        `EventBusName: must be ${bus} or default, or the ARN of such a bus in us-east-1`,
      );
  });

  it("names every bus that is allowed", () => {
    expect(busRefusal("x", ["a", "b"], "us-east-1")).to.equal(
      "EventBusName: must be a or b, or the ARN of such a bus in us-east-1, got x",
    );
  });
});
