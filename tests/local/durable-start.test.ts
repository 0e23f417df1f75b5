import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { recover } from "../../local/chaos/recover.ts";
import { drain, type LocalSystem, readLedger } from "../../local/system.ts";
import { generateTape, SAMPLE_MIX } from "../../local/tape/generator.ts";
import { rows, startTestSystem, tapeLine, tradeDetail } from "../support/local-system.ts";
import { dataFolder } from "./durable-support.ts";

const NOTHING = { sent: 0, refused: [], accepted: 0 };

describe("npm start --data", function () {
  this.timeout(180_000);
  const { directory, end } = dataFolder();
  const journal = join(directory, "journal.jsonl");
  let system: LocalSystem | undefined;
  afterEach(async () => {
    await system?.close();
    system = undefined;
  });
  after(end);

  const start = (...args: string[]) =>
    spawn(process.execPath, ["local/start.ts", "--data", directory, "--port", "0", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
  const writtenRows = () =>
    existsSync(journal) ? readFileSync(journal, "utf8").split('"table":"trades-dev"').length - 1 : 0;

  it("goes on after a SIGKILL in the middle with what was there, and recovers the rest", async () => {
    const startedAt = Date.now();
    const tape = join(directory, "tape.jsonl");
    const lines = generateTape({ events: 600, seed: 4, mix: SAMPLE_MIX });
    writeFileSync(tape, lines.map((line) => line.replace(/,"Time":"[^"]*"\}$/, "}")).join("\n"));
    const child = start("--trades", tape, "--exit");
    const exited = new Promise<NodeJS.Signals | null>((done) =>
      child.on("exit", (_, signal) => done(signal)),
    );
    while (writtenRows() < 150 && child.exitCode === null) await new Promise((done) => setTimeout(done, 20));
    child.kill("SIGKILL");
    expect(await exited).to.equal("SIGKILL");

    system = await startTestSystem({ dataDirectory: directory });
    const before = await readLedger(system, NOTHING, 0);
    expect(before.accepted).to.be.within(50, 599);
    expect(before.recorded).to.be.greaterThan(50);
    expect(before.matched + before.unmatched).to.equal(before.accepted);
    const read = () => readLedger(system as LocalSystem, NOTHING, 0);
    await recover(system, startedAt, read, {
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    await drain(system);
    const { accepted, unmatched, matched, recorded, duplicate, rejected, deadLettered } = await read();
    expect({ accepted, unmatched, matched }).to.deep.equal({
      ...{ accepted: before.accepted, unmatched: before.unmatched, matched: before.matched },
    });
    expect(recorded + duplicate + rejected + deadLettered).to.equal(matched);
    expect(await rows(system, undefined, "eu-west-1")).to.deep.equal(await rows(system));
  });

  it("processes a further tape on what it has, and a trade that it has is a duplicate", async () => {
    const tape = join(directory, "further.jsonl");
    const detail = tradeDetail();
    writeFileSync(tape, tapeLine(detail));
    const run = async () => {
      const child = start("--trades", tape, "--exit", "--json");
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      const code = await new Promise((done) => child.on("close", done));
      return { code, ledger: JSON.parse(output) };
    };
    const first = await run();
    expect(first.ledger).to.include({ recorded: 1, duplicate: 0, balanced: true });
    const second = await run();
    expect(second.ledger).to.include({ sent: 1, accepted: 1, recorded: 0, duplicate: 1, balanced: true });
    expect([first.code, second.code]).to.deep.equal([0, 0]);
  });
});
