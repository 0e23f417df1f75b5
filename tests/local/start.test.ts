import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  createWriteStream,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { generateTape, SAMPLE_MIX } from "../../local/tape/generator.ts";
import { tapeLine, tradeDetail } from "../support/local-system.ts";

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npm start` with these arguments, as its own process. */
function start(...args: string[]): {
  process: ChildProcess;
  ended: Promise<Ended>;
  saw: (text: RegExp) => Promise<void>;
} {
  const child = spawn(process.execPath, ["local/start.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.on("data", (chunk: Buffer) => {
      output[name] += chunk.toString();
      for (const watch of watchers) watch();
    });
  const ended = new Promise<Ended>((done) => child.on("close", (code) => done({ code, ...output })));
  const saw = (text: RegExp) =>
    new Promise<void>((done, fail) => {
      const watch = () => {
        if (!text.test(output.stdout) && !text.test(output.stderr)) return;
        watchers.delete(watch);
        done();
      };
      watchers.add(watch);
      void ended.then(() => fail(new Error(`ended without ${text}: ${output.stdout}${output.stderr}`)));
      watch();
    });
  return { process: child, ended, saw };
}

/** Process ids of a process's children. */
function childrenOf(pid: number): number[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}

/** Which of these processes still run; one that has ended and waits to be reaped does not. */
function running(pids: readonly number[]): number[] {
  const alive = execFileSync("ps", ["-A", "-o", "pid=,stat="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, state]) => state !== undefined && !state.startsWith("Z"))
    .map(([pid]) => Number(pid));
  return pids.filter((pid) => alive.includes(pid));
}

describe("npm start", function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), "tape-"));
  const tape = (name: string, lines: string[]) => {
    const file = join(directory, name);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  };
  after(() => rmSync(directory, { recursive: true }));

  it("processes a tape, prints the ledger as the only line on stdout, and exits 0", async () => {
    const file = tape("good.jsonl", [tapeLine(tradeDetail()), "{", tapeLine(tradeDetail({ amount: "0" }))]);
    const { code, stdout, stderr } = await start("--trades", file, "--exit", "--json", "--port", "0").ended;
    expect(stdout.trim().split("\n")).to.have.length(1);
    expect(JSON.parse(stdout)).to.include({
      sent: 3,
      refused: 1,
      accepted: 2,
      recorded: 1,
      rejected: 1,
      balanced: true,
    });
    expect(Object.keys(JSON.parse(stdout).regions)).to.have.members(["us-east-1", "eu-west-1"]);
    expect(stderr).to.match(/line 2 refused: not JSON/);
    expect(code).to.equal(0);
  });

  it("shows the deployment, the first record's time, the ledger and trades as stored, without control characters", async () => {
    const { stdout } = await start(
      "--trades",
      tape("two.jsonl", [tapeLine(tradeDetail())]),
      "--exit",
      "--port",
      "0",
    ).ended;
    expect(stdout)
      .to.match(/resources in \d/)
      .and.to.match(/first trade recorded \d+\.\d s after the start/);
    expect(Number(/first trade recorded ([\d.]+) s/.exec(stdout)?.[1])).to.be.below(15);
    expect(stdout)
      .to.match(/balanced/)
      .and.to.match(/trades as stored in trades-dev/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout).not.to.match(/[\x1b\r]/);
  });

  const mistakes: [string, string[], RegExp][] = [
    ["an unknown option", ["--trade", "x"], /Unknown option '--trade'/],
    [
      "a file that cannot be read",
      ["--trades", "/nowhere.jsonl"],
      /--trades: "\/nowhere.jsonl" must be a file/,
    ],
    ["a directory as a tape", ["--trades", "docs"], /--trades: "docs" must be a file, is a directory/],
    [
      "a stack that has no file",
      ["--stack", "nowhere"],
      /--stack: "nowhere" must be one of dev, prod: there is no Pulumi\.nowhere\.yaml/,
    ],
    ["a port that is none", ["--port", "70000"], /--port: "70000" must be a whole number from 0 to 65535/],
    ["a seed that is none", ["--seed", "-1x"], /--seed/],
    ["a stack name that is none", ["--stack", "../x"], /--stack: "..\/x" must be a stack's name/],
  ];
  for (const [what, args, message] of mistakes)
    it(`refuses ${what} on stderr with exit code 2 and no stack trace`, async () => {
      const { code, stdout, stderr } = await start(...args).ended;
      expect(stderr)
        .to.match(message)
        .and.not.to.match(/\n\s+at /);
      expect(stdout).to.equal("");
      expect(code).to.equal(2);
    });

  it("names a port that is taken, and how to choose another", async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await start("--port", String(port)).ended;
    taken.close();
    expect(stderr).to.match(new RegExp(`Port ${port} .* is taken; choose another with --port`));
    expect(code).to.equal(1);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`stops cleanly on ${signal} in the middle of a run, with no process left`, async () => {
      const file = tape("long.jsonl", generateTape({ events: 5_000, seed: 1, mix: SAMPLE_MIX }));
      const run = start("--trades", file, "--port", "0");
      await run.saw(/Processing/);
      await new Promise((done) => setTimeout(done, 1_500));
      const pid = run.process.pid ?? 0;
      const children = childrenOf(pid);
      expect(children).to.have.length.at.least(3);
      run.process.kill(signal);
      const { code, stderr } = await run.ended;
      expect(stderr).to.equal("");
      expect(code).to.equal(130);
      // The bundler's process ends by itself once it sees that its parent has.
      for (let tries = 0; tries < 50 && running([pid, ...children]).length > 0; tries += 1)
        await new Promise((done) => setTimeout(done, 100));
      expect(running([pid, ...children])).to.deep.equal([]);
    });

  for (const isWriting of [false, true])
    it(`stops on SIGINT while it waits for a pipe ${isWriting ? "to be written to" : "to be opened"}`, async () => {
      const pipe = join(directory, `pipe-${isWriting}`);
      execFileSync("mkfifo", [pipe]);
      const run = start("--trades", pipe, "--exit", "--port", "0");
      await run.saw(/Processing/);
      const writer = isWriting ? openSync(pipe, "w") : undefined;
      if (writer !== undefined) writeSync(writer, `${tapeLine(tradeDetail())}\n`);
      await new Promise((done) => setTimeout(done, 300));
      run.process.kill("SIGINT");
      const { code, stderr } = await run.ended;
      if (writer !== undefined) closeSync(writer);
      expect(stderr).to.equal("");
      expect(code).to.equal(130);
    });

  it("reads a tape from a pipe until its writer closes it", async () => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const run = start("--trades", pipe, "--exit", "--json", "--port", "0");
    const writer = createWriteStream(pipe);
    for (let count = 0; count < 20; count += 1) writer.write(`${tapeLine(tradeDetail())}\n`);
    writer.end();
    const { code, stdout } = await run.ended;
    expect(JSON.parse(stdout)).to.include({ sent: 20, recorded: 20, balanced: true });
    expect(code).to.equal(0);
  });

  it("says that it stops when interrupted in the middle of a deployment, and shows no ledger", async () => {
    const run = start("--port", "0");
    await run.saw(/Deploying/);
    run.process.kill("SIGINT");
    await run.saw(/Stopping/);
    const { code, stdout, stderr } = await run.ended;
    expect(stdout).not.to.match(/balanced|Ledger|Processing/);
    expect(stderr).to.equal("");
    expect(code).to.equal(130);
  });

  for (const name of ["stdout", "stderr"] as const)
    it(`ends cleanly when nobody reads its ${name} any more`, async () => {
      const file = tape("lost.jsonl", generateTape({ events: 200, seed: 1, mix: SAMPLE_MIX }));
      const json = name === "stderr" ? ["--json"] : [];
      const run = start("--trades", file, "--exit", "--port", "0", ...json);
      await run.saw(/Processing/);
      run.process[name]?.destroy();
      const { code, stderr } = await run.ended;
      expect(stderr).not.to.match(/\n\s+at |EPIPE/);
      expect(code).to.equal(1);
      // Left behind if the process had ended in the middle.
      const folders = readdirSync(".local").filter((each) => each.startsWith(`run-${run.process.pid}-`));
      expect(folders).to.deep.equal([]);
    });

  it("fails if the ledger cannot be written", async () => {
    const full = openSync("/dev/full", "w");
    const file = tape("full.jsonl", [tapeLine(tradeDetail())]);
    const args = ["local/start.ts", "--trades", file, "--exit", "--json", "--port", "0"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((done) => child.on("close", done));
    closeSync(full);
    expect(stderr)
      .to.match(/npm start: .*ENOSPC/)
      .and.not.to.match(/\n\s+at /);
    expect(code).to.equal(1);
  });

  it("shows what a refused line holds without its control characters", async () => {
    const file = tape("control.jsonl", ["\u001b[2J\u009b31m{"]);
    const { stdout } = await start("--trades", file, "--exit", "--port", "0").ended;
    expect(stdout).to.include("line 1 refused: not JSON: \\u001b[2J\\u009b31m{");
  });

  it("serves until Ctrl-C once the tape is processed, and then exits 0", async () => {
    const run = start("--trades", tape("one.jsonl", [tapeLine(tradeDetail())]), "--port", "0");
    await run.saw(/Running until Ctrl-C/);
    run.process.kill("SIGINT");
    expect((await run.ended).code).to.equal(0);
  });
});
