import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { jobsOf, parseDrillOptions } from "../../local/drill/command-options.ts";
import { KINDS } from "../../local/drill/kinds.ts";
import { UsageError } from "../../ops/frame/usage.ts";

const PROGRAM = fileURLToPath(new URL("../../local/drill/command.ts", import.meta.url));
const run = promisify(execFile);

describe("The options of a drill", () => {
  it("are one drill of each kind with seed 1 unless said otherwise", () => {
    const options = parseDrillOptions([]);
    expect(options && jobsOf(options)).to.deep.equal(KINDS.map((kind) => ({ kind, seed: 1 })));
  });

  it("choose a kind and seeds", () => {
    const options = parseDrillOptions(["--kind", "table", "--seed", "7", "--seeds", "2"]);
    expect(options && jobsOf(options)).to.deep.equal([
      { kind: "table", seed: 7 },
      { kind: "table", seed: 8 },
    ]);
  });

  for (const [words, message] of [
    [["--kind", "fire"], '--kind: "fire" must be one of region, '],
    [["--seeds", "0"], '--seeds: "0" must be at least 1'],
    [["--seeds", "many"], '--seeds: "many" must be a whole number'],
    [["--seed", "613566755"], "go beyond the last seed"],
    [["--speed", "1"], "--speed"],
  ] as const)
    it(`are refused by name: ${words.join(" ")}`, () => {
      expect(() => parseDrillOptions([...words, "--seeds", "2"].slice(0, words[0] === "--seeds" ? 2 : 4)))
        .to.throw(UsageError)
        .with.property("message")
        .that.includes(message);
    });
});

describe("The drill's program", function () {
  this.timeout(300_000);

  it("prints one JSON object a drill, and what is for people on stderr", async () => {
    const { stdout, stderr } = await run(process.execPath, [PROGRAM, "--kind", "replication", "--json"]);
    const drills = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(drills).to.have.length(1);
    expect(drills[0]).to.include({ kind: "replication", seed: 1, holds: true });
    expect(stderr).to.match(/\+00:00 {2}failure begins: replication .* has stopped both ways/);
    expect(stderr).to.include("✓ both regions hold the same");
  });

  it("ends with 2, and without a stack trace, on a mistake", async () => {
    const failed = await run(process.execPath, [PROGRAM, "--kind", "fire"]).catch((error: unknown) => error);
    expect(failed).to.include({ code: 2 });
    expect((failed as { stderr: string }).stderr).to.match(/^failover drill: --kind: "fire".*\n$/);
  });
});
