import { EventBridgeClient, type ListReplaysResponse } from "@aws-sdk/client-eventbridge";
import { expect } from "chai";
import { statusLines } from "../../ops/status/render.ts";
import { replaysIn } from "../../ops/status/replays.ts";
import type { StatusFindings } from "../../ops/status/report.ts";

/** A client that answers with these pages and sends nothing. */
function scripted(pages: readonly Omit<ListReplaysResponse, "NextToken">[]) {
  const client = new EventBridgeClient({ region: "us-east-1" });
  const asked: object[] = [];
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        asked.push(input);
        const next = asked.length < pages.length ? { NextToken: String(asked.length) } : {};
        return { response: {}, output: { ...pages[asked.length - 1], ...next, $metadata: {} } };
      },
    { step: "initialize", priority: "high" },
  );
  return { client, asked };
}

describe("the replays of a status's window", () => {
  const ARCHIVE = "arn:aws:events:us-east-1:1:archive/trades-archive-dev";
  const ran = (from: number, to?: number, EventSourceArn = ARCHIVE) => ({
    EventSourceArn,
    ReplayStartTime: new Date(from),
    ...(to !== undefined && { ReplayEndTime: new Date(to) }),
  });

  it("are those that ran at some time of it, on whatever page, and not a census's or another stack's", async () => {
    const { client, asked } = scripted([
      { Replays: [ran(0, 99), ran(0, 100), ran(50)] },
      { Replays: [ran(150, 160), ran(199), ran(200), {}, ran(150, 160, `${ARCHIVE}2`)] },
    ]);
    expect(await replaysIn(client, ARCHIVE, { from: 100, to: 200 })).to.equal(4);
    expect(asked).to.deep.equal([{ NamePrefix: "replay-" }, { NamePrefix: "replay-", NextToken: "1" }]);
  });

  const findings = (replays: number | undefined): StatusFindings => {
    const none = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
    return {
      proof: {
        ...{ events: 0, attempts: 0, outcomes: none, bySource: {}, byRegion: {}, byStage: {} },
        ...{ rejectedBy: {}, deadLetteredBy: {} },
      },
      ...{ incompleteHistories: { total: 0, listed: [] }, sequences: {}, openNow: {} },
      ...{ window: { from: 0, to: 1 }, isDeliveryComplete: true, silent: [] },
      estimates: { "eu-west-1": { ...none, matched: 3, ...(replays !== undefined && { replays }) } },
    };
  };

  it("are said where they make events look unaccounted", () => {
    expect(statusLines(findings(1)).at(-1)).to.include(
      "; 3 unaccounted (1 replays ran in the window: their events are matched again); alarm",
    );
    for (const replays of [0, undefined])
      expect(statusLines(findings(replays)).at(-1)).to.include("; 3 unaccounted; alarm");
  });
});
