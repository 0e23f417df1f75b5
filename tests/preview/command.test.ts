import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Preview } from "../../local/preview/report.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { preview, type WorkingCopy, workingCopy } from "./support/command.ts";

/** Wall time on a machine that does much else. */
const LIMIT_MILLISECONDS = 120_000;

describe("npm run preview", function () {
  this.timeout(LIMIT_MILLISECONDS);
  let copy: WorkingCopy;
  before(async () => {
    copy = await workingCopy();
    await copy.commit();
  });
  after(() => copy.remove());

  for (const stack of ["dev", "prod"])
    it(`shows resources, policies and costs of stack ${stack} within 5 s of a processor`, async () => {
      // Processor time, since wall time says more about what else the machine does; alone, the two differ by little.
      const { code, stdout, stderr, processorSeconds } = await preview(["--stack", stack]);
      expect(stderr).to.equal("");
      expect(code).to.equal(0);
      expect(processorSeconds).to.be.below(5);
      expect(stdout).to.match(new RegExp(`^Stack ${stack}: \\d+ resources\\n`));
      expect(stdout).to.include(`Policies: ${RULES.length} of ${RULES.length} passed`);
      expect(stdout).to.match(/\nCost: \$\d+\.\d\d a month at 1,000,000 trades /);
      expect(stdout).not.to.include("\x1b[", "colour is for terminals");
    });

  it("prints one JSON object with every rule, the costs at the stated volume and the types", async () => {
    const { stdout } = await preview(["--json", "--volume", "5000"]);
    const report = JSON.parse(stdout) as Preview;
    expect(Object.keys(report)).to.deep.equal(["version", "stack", "resources", "policies", "cost"]);
    expect(report.policies.map(({ name }) => name)).to.deep.equal(RULES.map(({ name }) => name));
    expect(report.cost.volume).to.equal(5000);
    expect(report.resources.types).to.include({ "aws:dynamodb/table:Table": 4, "aws:kms/key:Key": 2 });
    expect(report.resources.components.find(({ component }) => component === "replication")).to.deep.equal({
      ...{ component: "replication", regions: { "eu-west-1": 7, "us-east-1": 5 } },
    });
  });

  it("compares with a saved preview, which holds no secret, and with a revision", async () => {
    const saved = join(copy.directory, "saved.json");
    expect((await preview(["--save", saved], copy.directory)).code).to.equal(0);
    expect(await readFile(saved, "utf8")).not.to.match(/\[secret\] [0-9a-f]/);
    await copy.edit("Pulumi.dev.yaml", "{ type: STANDARD }", "{ type: EXPRESS }");
    for (const args of [
      ["--against", saved],
      ["--base", "main"],
    ]) {
      const { code, stdout, stderr } = await preview(args, copy.directory);
      expect([code, stderr]).to.deep.equal([0, ""]);
      expect(stdout).to.match(/\nCompared with .*: 2 replaced, \d+ removed, /);
      expect(stdout).to.match(
        /\+- replaced sfn StateMachine primary-\S+ \(us-east-1\)\n\s+! loses executions/,
      );
      expect(stdout).to.match(/type: STANDARD → EXPRESS \(replaces\)/);
      // 175.75 for transitions against 1.3125625 for requests and duration, and one alarm less in each region; and in
      // each region 43,800 heartbeats of 7 transitions, 7.665, against 0.0575 for their requests and duration
      expect(stdout).to.match(/cost: \$\d+\.\d\d → \$\d+\.\d\d a month \(-189\.85\)/);
    }
    await copy.edit("Pulumi.dev.yaml", "{ type: EXPRESS }", "{ type: STANDARD }");
  });

  it("exits with 1 and shows rule, resource and remedy where a mandatory policy is violated", async () => {
    const [file, right, wrong] = [
      "components/queues/message-queue.ts",
      "DEAD_LETTER_RETENTION_SECONDS,",
      "1_209_599,",
    ];
    await copy.edit(file, `messageRetentionSeconds: ${right}`, `messageRetentionSeconds: ${wrong}`);
    const { code, stdout } = await preview([], copy.directory);
    expect(code).to.equal(1);
    expect(stdout).to.match(/\n {2}dead-letter-retention: \d+ violated\n {4}\S+queue: .*1209599/);
    expect(stdout).to.match(/\n {4}remedy: \S/);
    await copy.edit(file, `messageRetentionSeconds: ${wrong}`, `messageRetentionSeconds: ${right}`);
  });

  it("exits with 1 and names the fault where the program cannot be evaluated", async () => {
    await copy.edit("Pulumi.dev.yaml", "{ type: STANDARD }", "{ type: FAST }");
    const { code, stdout, stderr } = await preview([], copy.directory);
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(stderr).to.match(
      /^npm run preview: Stack "dev" could not be evaluated:[\s\S]*workflow[\s\S]*FAST/,
    );
    await copy.edit("Pulumi.dev.yaml", "{ type: FAST }", "{ type: STANDARD }");
  });

  it("exits with 2 and names option, value and what is allowed where it is used wrongly", async () => {
    const other = join(copy.directory, "other.json");
    await writeFile(other, '{"version":7}');
    const wrong: [string[], RegExp][] = [
      [["--stack", "test"], /--stack: "test" must be one of dev, prod/],
      [["--volume", "many"], /--volume: "many" must be a whole number from 0 to/],
      [["--base", "no-such-branch"], /--base: "no-such-branch" must be a branch, tag or commit/],
      [["--base=--output=/tmp/x"], /--base: "--output=\/tmp\/x" must be a branch, tag or commit/],
      [["--against", "/no/such/file"], /--against: "\/no\/such\/file" must be a file/],
      [["--against", other], /--against: ".*other.json" must be a preview of version 1/],
      [["--base", "main", "--against", other], /--base "main", --against ".*": got both; allowed is one/],
      [["--json", "--markdown"], /--json, --markdown: got both; allowed is one/],
      [["--tape", other], /--tape: ".*" needs something to compare with/],
      [["--base", "main", "--tape", "/no/such/tape"], /--tape: "\/no\/such\/tape" must be a file/],
      [["--accept-changed-outcomes"], /--accept-changed-outcomes: .*--tape/],
      [["--colour"], /Unknown option '--colour'/],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await preview(args, copy.directory);
      expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
      expect(stderr).to.match(message);
    }
  });
});
