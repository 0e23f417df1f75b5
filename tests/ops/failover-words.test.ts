import { expect } from "chai";
import { COMMANDS } from "../../ops/commands.ts";
import { planOf } from "../../ops/failover/plan.ts";
import type { FailoverRecord } from "../../ops/failover/record.ts";
import type { RegionState } from "../../ops/failover/region-state.ts";
import type { FailoverStatus } from "../../ops/failover/status.ts";
import { statusLines } from "../../ops/failover/status-lines.ts";
import { parseCommandLine } from "../../ops/frame/command-line.ts";
import type { Context } from "../../ops/frame/operator-command.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { rejection } from "./producer-support.ts";

const OK = { latency: "OK", heartbeat: "OK" };
const region = (name: string, change: Partial<RegionState> = {}): RegionState => ({
  ...{ region: name, alarms: OK, lastHeartbeat: "2026-01-05T14:30:02.100Z", matched: 12 },
  ...{ replicationMilliseconds: 130.4, ...change },
});
const status = (
  change: Partial<FailoverStatus> = {},
  primary: Partial<RegionState> = {},
  replica: Partial<RegionState> = {},
): FailoverStatus => ({
  ...{ primaryRegion: "us-east-1", replicaRegion: "eu-west-1", endpointId: "abcde.veo" },
  ...{ isPrimaryHealthy: true, isHeld: false, problem: undefined, record: undefined },
  regions: [region("us-east-1", primary), region("eu-west-1", replica)],
  ...change,
});
const RECORD: FailoverRecord = {
  action: "start",
  reason: "maintenance",
  at: "2026-01-05T14:30:00.000Z",
  by: "arn:aws:iam::000000000000:root",
};

describe("the plan of failover", () => {
  const plan = (action: "start" | "return", isHeld: boolean, of: FailoverStatus) =>
    planOf(action, of, { id: "h1", isHeld });
  const cases: [string, ReturnType<typeof plan>, { done?: RegExp; objection?: string }][] = [
    ["starts while both regions are healthy", plan("start", false, status()), {}],
    [
      "starts while the primary region is not healthy",
      plan("start", false, status({}, { alarms: { ...OK, heartbeat: "ALARM" } })),
      {},
    ],
    [
      "starts while the primary region does not answer",
      plan("start", false, status({}, { alarms: undefined })),
      {},
    ],
    [
      "objects to a replica whose alarm is on",
      plan("start", false, status({}, {}, { alarms: { ...OK, latency: "ALARM" } })),
      { objection: "eu-west-1 is not healthy itself" },
    ],
    [
      "objects to a replica of which too little is known",
      plan("start", false, status({}, {}, { alarms: { ...OK, latency: "INSUFFICIENT_DATA" } })),
      { objection: "eu-west-1 is not healthy itself" },
    ],
    [
      "objects to a replica that does not answer",
      plan("start", false, status({}, {}, { alarms: undefined })),
      { objection: "eu-west-1 is not healthy itself" },
    ],
    [
      "has nothing to start twice",
      plan("start", true, status({ isHeld: true })),
      { done: /^Trades go to eu-west-1 already/ },
    ],
    ["returns to a healthy region", plan("return", true, status({ isHeld: true })), {}],
    [
      "objects to a return that would change nothing",
      plan("return", true, status({ isHeld: true }, { alarms: { ...OK, latency: "ALARM" } })),
      { objection: "us-east-1 is not healthy, so that nothing would change now" },
    ],
    [
      "has nothing to return from",
      plan("return", false, status()),
      { done: /^Nothing is held: us-east-1 is where trades go\.$/ },
    ],
    [
      "leaves a region alone that is unhealthy by itself",
      plan("return", false, status({ isPrimaryHealthy: false })),
      { done: /unhealthy by itself, and trades return once it is not\.$/ },
    ],
  ];
  for (const [title, { done, objection, lines }, expected] of cases)
    it(title, () => {
      if (expected.done) expect(done).to.match(expected.done);
      else expect([done, lines.length > 0]).to.deep.equal([undefined, true]);
      expect(objection).to.equal(expected.objection);
    });
});

describe("the lines of failover status", () => {
  it("say where trades go, with both regions in a table", () => {
    expect(statusLines(status({}, {}, { replicationMilliseconds: null, matched: 0 }))).to.deep.equal([
      "Trades go to us-east-1, which is healthy.",
      "  region     latency alarm  heartbeat alarm  last heartbeat            trades in 5 min  replication",
      "  us-east-1  OK             OK               2026-01-05T14:30:02.100Z  12               130 ms",
      "  eu-west-1  OK             OK               2026-01-05T14:30:02.100Z  0                no writes",
      "No operator has started a failover or a return.",
    ]);
  });

  const destinations: [string, Partial<FailoverStatus>, RegExp][] = [
    [
      "of an unhealthy region",
      { isPrimaryHealthy: false },
      /^Trades go to eu-west-1, since us-east-1 is unh/,
    ],
    ["of a region that is held", { isHeld: true, isPrimaryHealthy: false }, /^Trades go to eu-west-1: an op/],
    ["of a hold that is not seen yet", { isHeld: true }, /^Trades go to eu-west-1: an operator holds us-e/],
    [
      "without data",
      { isPrimaryHealthy: undefined },
      /where trades go is not known; which region takes them, the table shows\.$/,
    ],
    ["without Route 53", { isHeld: undefined, problem: "no answer" }, /^Trades go to us-east-1, which is/],
  ];
  for (const [title, change, line] of destinations)
    it(`say where trades go ${title}`, () => expect(statusLines(status(change))[0]).to.match(line));

  it("say what is unknown of a region that does not answer, and why Route 53 is not read", () => {
    const lost = { alarms: undefined, lastHeartbeat: undefined, matched: undefined };
    const lines = statusLines(
      status({ isHeld: undefined, problem: "no answer" }, { ...lost, replicationMilliseconds: undefined }),
    );
    expect(lines[1]).to.equal("no answer");
    expect(lines[3]).to.match(/^ {2}us-east-1( +unknown){5}$/);
  });

  it("say that there was no heartbeat yet, and which alarms there are none of", () => {
    const [, , row] = statusLines(status({}, { alarms: {}, lastHeartbeat: null }));
    expect(row).to.match(/^ {2}us-east-1 +none +none +never /);
  });

  it("name the last who did something, and a start that a deployment has undone", () => {
    const by =
      "Last by an operator: start at 2026-01-05T14:30:00.000Z by arn:aws:iam::000000000000:root: maintenance";
    expect(statusLines(status({ record: RECORD, isHeld: true })).at(-1)).to.equal(by);
    expect(statusLines(status({ record: RECORD })).slice(-2)).to.deep.equal([
      by,
      "Nothing is held any more all the same: a deployment sets the health check back.",
    ]);
    expect(statusLines(status({ record: { ...RECORD, action: "return" } })).at(-1)).to.match(/^Last by an/);
  });

  it("bound a record and its control characters, whoever wrote it", () => {
    const [line = ""] = statusLines(
      status({ record: { ...RECORD, reason: `\u001b[2J${"x".repeat(5_000)}` } }),
    ).slice(-2);
    expect(line).to.have.length.below(700).and.not.include("\u001b");
  });
});

describe("the words of failover", () => {
  const prepare = async (...words: string[]) => {
    const line = parseCommandLine(["failover", ...words, "--local"], COMMANDS);
    return line?.command.prepare(line.given);
  };
  const mistakes: [string[], RegExp][] = [
    [[], /ACTION is missing/],
    [["stop"], /ACTION: "stop" must be one of status, start, return, drill/],
    [["start"], /--reason must be given/],
    [["return"], /--reason must be given/],
    [["start", "--reason", "x".repeat(257)], /--reason: has 257 characters; at most 256 are allowed/],
    [["status", "--yes"], /--yes is not an option of failover status/],
    [["status", "--reason", "x"], /--reason is not an option of failover status/],
    [["start", "--reason", "x", "--kind", "y"], /--kind is not an option of failover start/],
    [["drill", "--force"], /--force is not an option of failover drill/],
  ];
  for (const [words, message] of mistakes)
    it(`"${words.join(" ").slice(0, 40)}" is a mistake`, async () => {
      const error = await rejection(prepare(...words));
      expect(error).to.be.instanceOf(UsageError);
      expect(String(error)).to.match(message);
    });

  it("a drill on AWS is a mistake", async () => {
    const drill = await prepare("drill");
    const context = { isLocal: false, signal: new AbortController().signal } as Context;
    const error = await rejection(Promise.resolve(drill?.(context)));
    expect(error).to.be.instanceOf(UsageError);
    expect(String(error)).to.include("runs in the local cloud only (--local)");
  });
});
