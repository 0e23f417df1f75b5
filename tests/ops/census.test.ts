import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { censusLines, isProven, type RegionCensus } from "../../ops/census/report.ts";
import { type Slice, Slices } from "../../ops/census/slices.ts";
import { COMMANDS } from "../../ops/commands.ts";
import { parseCommandLine } from "../../ops/frame/command-line.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { type Started, startAsUser } from "../clients/support/started.ts";
import { tapeLine, tradeDetail } from "../support/local-system.ts";
import { ops } from "./ops-process.ts";

/** The mistake that is told before any system is asked. */
async function mistakeOf(...args: string[]): Promise<string> {
  try {
    const line = parseCommandLine(["census", ...args, "--local"], COMMANDS);
    await line?.command.prepare(line.given);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "none";
}

const FROM = "2026-01-05T14:00:00Z";
const TO = "2026-01-05T15:00:00Z";
const minutes = (count: number) => count * 60_000;

describe("npm run ops -- census", function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), "census-"));
  let started: Started;
  let window: { from: string; to: string };
  const local = (...args: string[]) =>
    ops(["census", ...args, "--local", "--port", new URL(started.url).port]);
  const second = (milliseconds: number) => new Date(Math.floor(milliseconds / 1_000) * 1_000).toISOString();

  before(async () => {
    const from = second(Date.now());
    const line = (change: object) => JSON.parse(tapeLine(tradeDetail({ ...change })));
    started = await startAsUser([line({}), line({}), line({ amount: "0" })]);
    await pause(1_500);
    window = { from, to: second(Date.now()) };
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await started?.stop();
  });
  const asked = () => ["--from", window.from, "--to", window.to, "--settled-after", "0"];

  it("says for each archive what became of its events, and that this proves the window", async () => {
    const { code, out, error } = await local(...asked());
    expect(error).to.equal("");
    const lines = out.split("\n").map((line) => line.trim().replace(/ +/g, " "));
    expect(lines).to.deep.equal([
      `Events of ${new Date(window.from).toISOString()} to ${new Date(window.to).toISOString()}, by their own time, as each region's archive has them`,
      "archive events recorded duplicate rejected deadLettered without outcome",
      "eu-west-1 0 0 0 0 0 0",
      "us-east-1 3 2 0 1 0 0",
      "Proven: every archived trade event ended as exactly one of recorded, duplicate, rejected or dead-lettered",
    ]);
    expect(code).to.equal(0);
  });

  it("gives the same as one JSON object, of one region if asked to", async () => {
    const { code, out } = await local(...asked(), "--region", "us-east-1", "--json");
    const answer = JSON.parse(out);
    expect(answer).to.deep.include({
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      proven: true,
    });
    expect(answer.regions).to.have.length(1);
    expect(answer.regions[0].replays[0]).to.match(/^census-\d+-\d+-[0-9a-f]{8}$/);
    const { replays: _, ...figures } = answer.regions[0];
    expect(figures).to.deep.equal({
      ...{ region: "us-east-1", events: 3, unaccounted: 0, named: [] },
      byOutcome: { recorded: 2, duplicate: 0, rejected: 1, deadLettered: 0 },
    });
    expect(code).to.equal(0);
  });

  it("names what has no outcome, and ends with 1", async () => {
    const faults = `${started.url}/_local/faults`;
    const headers = { "content-type": "application/json" };
    const effect = { kind: "error", code: "AccessDeniedException", status: 400 };
    for (const call of [
      { service: "states", operation: "StartExecution" },
      { service: "sqs", operation: "SendMessage" },
    ]) {
      const body = JSON.stringify({ ...call, when: "before", effect });
      const answer = await fetch(faults, { method: "POST", headers, body });
      expect(answer.ok, await answer.text()).to.equal(true);
    }
    const detail = tradeDetail();
    const tape = join(directory, "lost.jsonl");
    writeFileSync(tape, tapeLine(detail));
    const port = new URL(started.url).port;
    await pause(1_000);
    const from = second(Date.now());
    const send = spawn(process.execPath, ["ops/command.ts", "send", tape, "--local", "--port", port]);
    await new Promise((done) => send.on("close", done));
    await pause(1_500);
    await fetch(faults, { method: "DELETE" });
    const lost = ["--from", from, "--to", second(Date.now()), "--settled-after", "0"];
    const { code, out } = await local(...lost);
    expect(out).to.match(
      new RegExp(
        `no outcome: us-east-1#[0-9a-f-]{36} of trading\\.system1, trade ${detail.tradeId}, \\S+Z, archived in us-east-1`,
      ),
    );
    expect(out).to.match(/Not proven: bring the events .* `npm run ops -- redrive --queue unaccounted`$/);
    expect(code).to.equal(1);
    const json = await local(...lost, "--json");
    expect(JSON.parse(json.out)).to.include({ proven: false });
    expect(json.code).to.equal(1);
  });

  it("refuses what cannot be asked, naming option, value and what is allowed, and ends with 2", async () => {
    const cases: [string[], RegExp][] = [
      [["--to", TO], /--from must be given/],
      [["--from", FROM], /--to must be given/],
      [["--from", "yesterday", "--to", TO], /--from: "yesterday" must be an ISO 8601 time/],
      [
        ["--from", TO, "--to", FROM],
        /--to: "2026-01-05T14:00:00Z" must be later than --from, which is "2026-01-05T15:00:00Z"/,
      ],
      [["--from", FROM, "--to", FROM], /--to: .* must be later/],
      [
        ["--from", "2026-01-05T14:00:00.5Z", "--to", TO],
        /--from: "2026-01-05T14:00:00\.5Z" must be a whole number of seconds/,
      ],
      [["--from", FROM, "--to", TO, "--settled-after", "soon"], /--settled-after: "soon" must be/],
      [["--from", FROM, "--to", TO, "--settled-after", "-1"], /--settled-after/],
      [["--from", FROM, "--to", TO, "--settled-after", "86401"], /--settled-after: "86401" must be .*86400/],
      [["--from", FROM, "--to", TO, "--queue", "x"], /--queue is not an option of census/],
    ];
    for (const [args, message] of cases) {
      const error = await mistakeOf(...args);
      expect(error, args.join(" ")).to.match(message);
    }
    const foreign = await local("--from", FROM, "--to", TO, "--region", "eu-central-1");
    expect(foreign.error).to.match(/--region: "eu-central-1" must be one of/);
    expect(foreign).to.include({ code: 2, out: "" });
  });

  it("takes no window on AWS that the archive may not have yet, and none from the future anywhere", async () => {
    const outputs = join(directory, "outputs.json");
    writeFileSync(outputs, await (await fetch(`${started.url}/_local/outputs`)).text());
    const early = await ops(
      ["census", "--from", FROM, "--to", TO, "--settled-after", "599", "--outputs", outputs],
      started.environment,
    );
    expect(early.error).to.match(
      /--settled-after: "599" must be at least 600; less is allowed with --local only/,
    );
    expect(early).to.include({ code: 2, out: "" });
    const to = second(Date.now() + minutes(5));
    for (const args of [
      ["--from", FROM, "--to", to, "--settled-after", "0"],
      ["--from", window.from, "--to", window.to],
    ])
      expect(await mistakeOf(...args)).to.match(
        /^--to: "\S+Z" must be \S+Z or earlier, since what is newer may not be in the archive yet$/,
      );
  });
});

describe("the report of a census", () => {
  const found = (change: Partial<RegionCensus> = {}): RegionCensus => ({
    ...{ region: "us-east-1", events: 25, unaccounted: 0, named: [], replays: ["census-1"] },
    byOutcome: { recorded: 25, duplicate: 0, rejected: 0, deadLettered: 0 },
    ...change,
  });
  const event = (count: number) => ({ event: `us-east-1#e${count}`, source: "trading.a", time: FROM });

  it("shows the first twenty names, and says how many more there are", () => {
    const named = Array.from({ length: 25 }, (_, index) => event(index));
    const lines = censusLines(0, 1_000, [found({ unaccounted: 25, named })]);
    expect(lines.filter((line) => line.startsWith("  no outcome: "))).to.have.length(20);
    expect(lines).to.include("  … and 5 more; --json names them");
    expect(lines.join()).to.match(/trade unknown/);
  });

  it("proves nothing if one region has an event without outcome", () => {
    expect(isProven([found(), found({ unaccounted: 1 })])).to.equal(false);
    expect(isProven([found(), found()])).to.equal(true);
  });

  it("proves nothing of a time of which the archive may have dropped events", () => {
    const old = found({ keptSince: "2026-01-05T00:00:00.000Z" });
    expect(isProven([found(), old])).to.equal(false);
    expect(censusLines(0, 1_000, [old]).at(-1)).to.equal(
      `Not proven: the archive of ${old.region} keeps what was put since 2026-01-05T00:00:00.000Z, and the window begins earlier`,
    );
  });
});

describe("the windows of a long census", () => {
  const hour = minutes(60);
  const QUICK = minutes(5) - 1;

  /** The lengths of the parts of a window in hours, each taking so long. */
  function parts(to: number, milliseconds: number): number[] {
    const slices = new Slices({ from: 0, to });
    const all: Slice[] = [];
    for (let slice = slices.current; slice !== undefined; slice = slices.current) {
      expect(slice.from).to.equal(all.at(-1)?.to ?? 0);
      all.push(slice);
      slices.next(milliseconds);
    }
    expect(all.at(-1)?.to).to.equal(to);
    return all.map(({ from, to: end }) => (end - from) / hour);
  }

  it("are an hour, and twice as long after each that was quick, a day at most", () => {
    expect(parts(hour, QUICK)).to.deep.equal([1]);
    expect(parts(24 * hour, QUICK)).to.deep.equal([1, 2, 4, 8, 9]);
    expect(parts(100 * hour, QUICK)).to.deep.equal([1, 2, 4, 8, 16, 24, 24, 21]);
    expect(parts(3 * hour, minutes(5))).to.deep.equal([1, 1, 1]);
  });

  it("are taken again in hours if one was too long for a function", () => {
    const slices = new Slices({ from: 0, to: 24 * hour });
    slices.next(QUICK);
    expect(slices.current).to.deep.equal({ from: hour, to: 3 * hour });
    expect(slices.shorten()).to.equal(true);
    expect(slices.current).to.deep.equal({ from: hour, to: 2 * hour });
    expect(slices.shorten()).to.equal(false);
  });
});
