import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { Expectation } from "../../local/chaos/expectation.ts";
import { parseChaosOptions } from "../../local/chaos/options.ts";
import { chaosPlan, type PartPlan } from "../../local/chaos/plan.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { tapeLine, tradeDetail } from "../support/local-system.ts";

describe("a plan of chaos", () => {
  const options = fc.record({
    seed: fc.nat(4_294_967_295),
    events: fc.integer({ min: 50, max: 3_000 }),
    faults: fc.double({ min: 0, max: 0.5, noNaN: true }),
    restarts: fc.boolean(),
  });

  it("is the same for the same options, sends every line once and in order, and restarts before the end", () => {
    fc.assert(
      fc.property(options, (given) => {
        const plan = chaosPlan(given);
        expect(plan).to.deep.equal(chaosPlan(given));
        const lines = plan.flatMap(({ lines: [first, end] }) =>
          Array.from({ length: end - first }, (_, index) => first + index),
        );
        expect(lines).to.deep.equal(Array.from({ length: given.events }, (_, index) => index));
        const restarts = plan.flatMap((part, index) => (part.restarts ? [index] : []));
        expect(restarts).to.have.length(given.restarts ? 1 : 0);
        expect(restarts).not.to.include(plan.length - 1);
      }),
      { numRuns: 50 },
    );
  });

  it("never lets PutEvents fail after its effect, of which a producer could not know", () => {
    const faults = chaosPlan({ seed: 1, events: 3_000, faults: 0.5, restarts: false }).flatMap(
      (part: PartPlan) => part.faults,
    );
    const puts = faults.filter(({ operation }) => operation === "PutEvents");
    expect(puts.length).to.be.greaterThan(100);
    for (const fault of puts) expect(fault.when).to.equal("before");
    const kinds = new Set(faults.map(({ service, effect, when }) => `${service} ${effect.kind} ${when}`));
    expect([...kinds]).to.include.members([
      ...["lambda crash before", "lambda crash after", "lambda throttle before", "lambda error after"],
      ...["dynamodb error before", "dynamodb error after", "dynamodb delay after", "sqs error after"],
      ...["states error before", "states error after", "states throttle before", "events throttle before"],
    ]);
  });

  it("does nothing at a share of 0", () => {
    for (const part of chaosPlan({ seed: 5, events: 500, faults: 0, restarts: false }))
      expect(part).to.deep.include({
        ...{ faults: [], disturbances: [], stopsReplication: false, stopsMarketData: false },
      });
  });
});

describe("what chaos expects of rows", () => {
  const systems = new Map([["trading.system1", "system1"]]);
  const accepted = (detail: Record<string, unknown>, eventId: string) => {
    const expectation = new Expectation("r", systems);
    expectation.accepted(tapeLine(detail), eventId);
    return expectation;
  };
  const content = (detail: Record<string, unknown>) =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries({ action: "NEW", version: 1, ...detail, amount: "1000.5" }).sort(([a], [b]) =>
          a < b ? -1 : 1,
        ),
      ),
    );
  const row = (detail: Record<string, unknown>, event: string, text = content(detail)) => ({
    ...{ tradeId: { S: String(detail.tradeId) }, version: { N: "1" } },
    ...{ event: { S: event }, content: { S: text } },
  });

  it("is one row for each version of a valid trade, with the content of an event that said it", () => {
    const detail = tradeDetail();
    expect(accepted(detail, "1").problems([row(detail, "r#1")])).to.deep.equal([]);
    expect(accepted(tradeDetail({ amount: "0" }), "1").problems([])).to.deep.equal([]);
  });

  it("names what is missing, foreign, changed or there twice", () => {
    const detail = tradeDetail();
    const problems = (...rows: Parameters<Expectation["problems"]>[0][]) =>
      accepted(detail, "1").problems(rows.flatMap((each) => [...each]));
    expect(problems()[0]).to.match(/was accepted and has no row/);
    expect(problems([row(detail, "r#2")]).join()).to.match(/of event r#2, which no valid accepted line made/);
    expect(problems([row(detail, "r#1", "{}")])[0]).to.match(/says something else than its event r#1/);
    expect(problems([row(detail, "r#1"), row(detail, "r#1")])[0]).to.match(/is there twice/);
  });
});

describe("npm run chaos", function () {
  // Mostly waiting for retries: two processes at once, about two minutes on two quiet cores.
  this.timeout(600_000);

  it("refuses unknown options and values out of range", () => {
    for (const [option, value] of [
      ["--faults", "0.6"],
      ["--faults", ""],
      ["--events", "10"],
      ["--seeds", "0"],
      ["--type", "FAST"],
    ])
      expect(() => parseChaosOptions([`${option}=${value}`])).to.throw(UsageError, option);
    expect(() => parseChaosOptions(["--wat"])).to.throw(UsageError, "--wat");
  });

  it("passes for 20 seeds, half of them STANDARD, half EXPRESS, with restarts in the middle", async () => {
    const runs = await Promise.all([
      chaos("--seeds", "10", "--seed", "1", "--type", "STANDARD"),
      chaos("--seeds", "10", "--seed", "11", "--type", "EXPRESS"),
    ]);
    for (const { code, output, error } of runs) expect(code, error + output).to.equal(0);
    const seeds = runs
      .flatMap(({ output }) => output.trim().split("\n").slice(0, -1))
      .map((line) => JSON.parse(line));
    expect(seeds).to.have.length(20);
    const total = (figure: string) => seeds.reduce((sum, each) => sum + Number(each[figure]), 0);
    // That something was broken at all.
    expect(total("restarts")).to.be.at.least(5);
    expect(total("faults")).to.be.greaterThan(100);
    expect(total("killed") + total("paused")).to.be.greaterThan(10);
    expect(seeds.reduce((sum, { recovery }) => sum + recovery.redriven, 0)).to.be.greaterThan(5);
    for (const { ledger } of seeds)
      expect(ledger).to.include({ sent: 60, balanced: true, deadLettered: 0, inFlight: 0, lost: 0 });
  });

  it("ends at an interrupt, and leaves nothing behind", async () => {
    const directory = mkdtempSync(join(tmpdir(), "interrupted-"));
    const { child, ended } = start(["--events", "5000"], { TMPDIR: directory });
    const hasRows = () =>
      readdirSync(directory).some((each) => {
        const journal = join(directory, each, "journal.jsonl");
        return (
          each.startsWith("chaos-") &&
          existsSync(journal) &&
          /"trades-dev"/.test(readFileSync(journal, "utf8"))
        );
      });
    while (!hasRows() && child.exitCode === null) await pause(50);
    child.kill("SIGINT");
    const { code, output, error } = await ended;
    expect(code, error).to.equal(130);
    expect(output).to.equal("");
    expect(error.trim().split("\n").at(-1)).to.equal("Interrupted");
    expect(readdirSync(directory)).to.deep.equal([]);
    rmSync(directory, { recursive: true });
  });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly error: string;
}

/** Runs the command with --json. */
function chaos(...options: string[]): Promise<Ended> {
  return start(["--events", "60", ...options]).ended;
}

function start(options: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["local/chaos/command.ts", ...options, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const closed = new Promise<number | null>((done) => child.on("close", done));
  const ended = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(
    ([code, output, error]): Ended => ({ code, output, error }),
  );
  return { child, ended };
}
