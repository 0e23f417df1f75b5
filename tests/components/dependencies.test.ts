import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

const CONFIGURATION = resolve(".dependency-cruiser.json");
const CRUISER = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}

/** Imports that a rule must refuse: file, and what it imports; also of types alone, which only a compiler sees. */
const FORBIDDEN: Readonly<Record<string, readonly (readonly [file: string, imported: string])[]>> = {
  "no-cycles": [["components/one.ts", "components/other.ts"]],
  "domain-is-pure": [
    ["functions/domain/reads.ts", "node:fs"],
    ["functions/domain/calls.ts", "@aws-sdk/client-ssm"],
    ["functions/domain/adapts.ts", "functions/adapters/errors.ts"],
    ["functions/domain/types.ts", "functions/adapters/environment.ts"],
  ],
  "functions-stand-alone": [
    ["functions/adapters/deploys.ts", "@pulumi/pulumi"],
    ["functions/adapters/shares.ts", "components/standards.ts"],
    ["functions/adapters/emulates.ts", "local/start.ts"],
    ["functions/adapters/operates.ts", "ops/send/send-tape.ts"],
    ["functions/adapters/composes.ts", "index.ts"],
  ],
  "components-know-functions-by-contract": [
    ["components/workflow/decides.ts", "functions/domain/decide.ts"],
    ["components/workflow/enforces.ts", "policy/pack.ts"],
    ["components/workflow/emulates.ts", "local/start.ts"],
    ["components/workflow/operates.ts", "ops/send/send-tape.ts"],
  ],
  "program-imports-components-only": [
    ["index.ts", "functions/contract.ts"],
    ["index.ts", "local/report.ts"],
  ],
  "policy-shares-standards-only": [
    ["policy/rules/builds.ts", "components/settings.ts"],
    ["policy/rules/decides.ts", "functions/domain/decide.ts"],
  ],
  "ops-knows-aws-and-the-domain": [
    ["ops/send/adapts.ts", "functions/adapters/errors.ts"],
    ["ops/send/emulates.ts", "local/start.ts"],
    ["ops/send/builds.ts", "components/settings.ts"],
  ],
  "nothing-imports-tests": [["local/tests.ts", "tests/support/program.ts"]],
  "cloud-knows-no-program": [
    ["local/cloud/sqs/builds.ts", "components/settings.ts"],
    ["local/cloud/sqs/decides.ts", "functions/domain/decide.ts"],
    ["local/cloud/sqs/starts.ts", "local/start.ts"],
  ],
};

/** Imports that no rule may refuse. */
const ALLOWED: readonly (readonly [file: string, imported: string])[] = [
  ["index.ts", "components/settings.ts"],
  ["components/settings.ts", "functions/contract.ts"],
  ["components/settings.ts", "functions/bundle.ts"],
  ["components/settings.ts", "@pulumi/pulumi"],
  ["functions/domain/decide.ts", "functions/contract.ts"],
  ["functions/domain/decide.ts", "functions/domain/text.ts"],
  ["functions/domain/decide.ts", "node:crypto"],
  ["functions/adapters/errors.ts", "@aws-sdk/client-ssm"],
  ["policy/pack.ts", "components/standards.ts"],
  ["ops/send/send-tape.ts", "functions/domain/text.ts"],
  ["local/start.ts", "index.ts"],
  ["local/start.ts", "local/cloud/sqs/service.ts"],
  ["tests/support/program.ts", "local/start.ts"],
];

describe("the direction of dependencies", () => {
  it("is held by rules of which every one refuses what it is there to refuse, and nothing else", async () => {
    const project = realpathSync(mkdtempSync(join(tmpdir(), "dependencies-")));
    try {
      const forbidden = Object.values(FORBIDDEN).flat();
      const cycle = ["components/other.ts", "components/one.ts"] as const;
      layOut(project, [...forbidden, cycle, ...ALLOWED]);
      const found = violationsIn(await cruise(project, [".", "--config", CONFIGURATION]));
      const expected = Object.entries(FORBIDDEN).flatMap(([rule, imports]) =>
        imports.map(([file, imported]) => `${rule}: ${file} -> ${imported}`),
      );
      const other = ({ rule, from }: Violation) => rule.name === "no-cycles" && from === cycle[0];
      expect(found.filter((each) => !other(each)).map(shown)).to.have.members(expected);
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  it("is shown for every rule that there is", () => {
    const { forbidden } = JSON.parse(readFileSync(CONFIGURATION, "utf8")) as {
      forbidden: { name: string; severity: string }[];
    };
    expect(Object.keys(FORBIDDEN)).to.have.members(forbidden.map(({ name }) => name));
    for (const { name, severity } of forbidden) expect(severity, name).to.equal("error");
  });

  it("is kept in the whole project", async () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
      scripts: Record<string, string>;
    };
    const [, ...words] = (scripts["check:dependencies"] ?? "").split(" ");
    const folders = readdirSync(".", { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !/^\.|^(node_modules|docs)$/.test(entry.name),
    );
    expect(words).to.include.members(["index.ts", ...folders.map(({ name }) => name)]);
    const report = await cruise(".", words);
    expect(report.summary.totalCruised).to.be.greaterThan(100);
    expect(violationsIn(report).map(shown)).to.deep.equal([]);
  });
});

interface Report {
  summary: { violations: Violation[]; totalCruised: number };
}

const shown = ({ rule, from, to }: Violation) => `${rule.name}: ${from} -> ${to}`;

/** Violations with imported modules by the name that they are imported by. */
function violationsIn({ summary }: Report): Violation[] {
  return summary.violations.map((violation) => ({
    ...violation,
    to: violation.to.replace(/^node_modules\/(@[^/]+\/[^/]+)\/.*$/, "$1").replace(/^fs$/, "node:fs"),
  }));
}

async function cruise(directory: string, words: readonly string[]): Promise<Report> {
  const run = promisify(execFile)(process.execPath, [CRUISER, ...words, "--output-type", "json"], {
    cwd: directory,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse((await run).stdout) as Report;
}

/** Writes a project in which each file imports what it is said to, and what is imported exists. */
function layOut(project: string, imports: readonly (readonly [file: string, imported: string])[]): void {
  const sources = new Map<string, string[]>();
  const linesOf = (file: string) => {
    const lines = sources.get(file) ?? ["export const here = 1;"];
    sources.set(file, lines);
    return lines;
  };
  for (const [file, imported] of imports) {
    const specifier = imported.endsWith(".ts") ? `./${relative(dirname(file), imported)}` : imported;
    const path = JSON.stringify(specifier.replace("./../", "../"));
    linesOf(file).push(file.endsWith("/types.ts") ? `import type { here } from ${path};` : `import ${path};`);
    if (imported.endsWith(".ts")) linesOf(imported);
  }
  for (const name of ["@pulumi/pulumi", "@aws-sdk/client-ssm"]) {
    sources.set(`node_modules/${name}/package.json`, [JSON.stringify({ name, main: "index.js" })]);
    sources.set(`node_modules/${name}/index.js`, ["module.exports = {};"]);
  }
  sources.set("tsconfig.json", [JSON.stringify({ compilerOptions: { allowImportingTsExtensions: true } })]);
  for (const [file, lines] of sources) {
    mkdirSync(join(project, dirname(file)), { recursive: true });
    writeFileSync(join(project, file), lines.join("\n"));
  }
}
