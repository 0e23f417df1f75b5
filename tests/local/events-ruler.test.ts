import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { parseJson } from "../../local/cloud/events/numbers.ts";
import { parsePattern } from "../../local/cloud/events/pattern.ts";
import { type Case, cases } from "./event-ruler/cases.ts";

const SEED = 20_260_102;
const CASES = 12_000;
const FOLDER = resolve("tests/local/event-ruler");
const JARS = resolve(".local/event-ruler");

describe("Event patterns and AWS's own matcher", function () {
  this.timeout(180_000);
  let classPath = "";

  before(function () {
    const reason = unavailable();
    if (reason !== undefined) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    const jars = readdirSync(JARS).filter((name) => name.endsWith(".jar"));
    classPath = jars.map((name) => join(JARS, name)).join(delimiter);
  });

  it("agree on generated patterns and events", () => {
    const generated = fc.sample(cases, { numRuns: CASES, seed: SEED });
    const answers = ask(generated, classPath);
    expect(answers).to.have.length(CASES);
    const differences = generated.flatMap((each, index) => {
      const [theirs, ours] = [answers[index] ?? "", answer(each)];
      return theirs.split(" ")[0] === ours.split(" ")[0] ? [] : [{ ...each, theirs, ours }];
    });
    const count = (what: string) => answers.filter((each) => each.startsWith(what)).length;
    console.log(
      `    seed ${SEED}: ${CASES} cases, of which ${count("true")} match, ${count("false")} do not, ` +
        `and ${count("invalid")} have a pattern that is refused`,
    );
    expect(differences.slice(0, 5)).to.deep.equal([]);
    expect(count("true")).to.be.greaterThan(CASES / 5);
    expect(count("invalid")).to.be.greaterThan(CASES / 50);
  });
});

/** Why the matcher cannot be asked; its archives are fetched from Maven Central when they are first needed. */
function unavailable(): string | undefined {
  if (spawnSync("java", ["-version"]).status !== 0) return "there is no Java";
  if (existsSync(join(JARS, "event-ruler-1.8.1.jar"))) return undefined;
  const fetched = spawnSync(
    "mvn",
    ["-q", "-B", "-f", join(FOLDER, "pom.xml"), "dependency:copy-dependencies", `-DoutputDirectory=${JARS}`],
    { timeout: 90_000 },
  );
  if (fetched.status === 0) return undefined;
  return "event-ruler 1.8.1 is not in .local/event-ruler, and Maven could not fetch it";
}

function ask(generated: readonly Case[], classPath: string): string[] {
  const input = generated.map((each) => JSON.stringify(each)).join("\n");
  const { stdout, stderr, status } = spawnSync("java", ["-cp", classPath, join(FOLDER, "Oracle.java")], {
    ...{ input, encoding: "utf8", timeout: 120_000, maxBuffer: 64 * 1_024 * 1_024 },
  });
  if (status !== 0) throw new Error(`Oracle.java ended with ${status}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

function answer({ pattern, event }: Case): string {
  let matches: (event: unknown) => boolean;
  try {
    matches = parsePattern(pattern);
  } catch (error) {
    return `invalid ${(error as Error).message}`;
  }
  return String(matches(parseJson(event)));
}
