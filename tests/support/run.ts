/**
 * Runs every kind of test that this machine can run, a mocha process a kind and three side by side, and says at the
 * end what passed, what was skipped and why. `npm test -- domain local` runs only those kinds; `--grep TEXT` only matching
 * tests; `--lanes 1` one after the other.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonClients } from "../clients/support/python-clients.ts";

/** The kinds, those that take longest first, so that all lanes end at about the same time. */
const KINDS = [
  "engine",
  "local",
  "simulation",
  "preview",
  "ops",
  "clients",
  "deployed",
  "components",
  "policy",
  "functions",
  "domain",
] as const;
type Kind = (typeof KINDS)[number];

/** How long a mocha process may take to end after its last test. */
const STUCK_MILLISECONDS = 30_000;

/** Why a kind cannot be run on this machine; undefined if it can. */
const OBSTACLES: { readonly [kind in Kind]?: () => Promise<string | undefined> } = {
  clients: async () => {
    const clients = await pythonClients();
    return typeof clients === "string" ? clients : undefined;
  },
};

interface Report {
  stats: { passes: number; failures: number; pending: number };
  pending: { fullTitle: string }[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: "string" },
    reporter: { type: "string", default: "dot" },
    lanes: { type: "string", default: "3" },
  },
});
const unknown = positionals.filter((kind) => !KINDS.includes(kind as Kind));
if (unknown.length > 0) {
  console.error(`No such kind of test: ${unknown.join(", ")}; there are ${KINDS.join(", ")}`);
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), "test-report-"));
const totals = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
/** A share of a kind's files, for a process of its own. */
interface Part {
  readonly kind: Kind;
  readonly name: string;
  readonly files: readonly string[];
}
const kinds: readonly Kind[] = positionals.length > 0 ? (positionals as Kind[]) : KINDS;
const waiting = kinds.flatMap(partsOf);
// Many tests wait for time to pass, so that they hardly hold each other up; one alone shows its progress.
const lanes = Math.min(waiting.length, /^[1-9]$/.test(values.lanes) ? Number(values.lanes) : 3);
await Promise.all(Array.from({ length: lanes }, () => runLane()));
rmSync(directory, { recursive: true });
for (const title of skipped) console.log(`skipped: ${title}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** A kind's files; those of the longest kind in three parts, unless everything runs one after the other. */
function partsOf(kind: Kind): Part[] {
  const folder = join("tests", kind);
  const found = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".test.ts")) : [];
  const files = found.sort().map((file) => join(folder, file));
  if (kind !== "local" || values.lanes === "1") return [{ kind, name: kind, files }];
  return [0, 1, 2].map((part) => ({
    kind,
    name: `${kind} ${part + 1} of 3`,
    files: files.filter((_, index) => index % 3 === part),
  }));
}

/** Runs one part after the other, as long as there are any that nobody has taken. */
async function runLane(): Promise<void> {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    console.log(`\n${part.name}${lanes > 1 ? ": begins" : ""}`);
    const obstacle = await OBSTACLES[part.kind]?.();
    if (obstacle !== undefined) {
      totals.skipped += 1;
      skipped.push(`${part.name}, all of it: ${obstacle}`);
      continue;
    }
    const report = await run(part);
    totals.passed += report.stats.passes;
    totals.failed += report.stats.failures;
    totals.skipped += report.stats.pending;
    skipped.push(...report.pending.map(({ fullTitle }) => fullTitle));
  }
}

/**
 * Ends a mocha process that has written its report and goes on all the same: a timer or server that a test left behind.
 * The result ends the watch, and tells whether it came to that.
 */
function endIfStuck(mocha: ChildProcess, output: string): () => boolean {
  let isStuck = false;
  let reportedAt: number | undefined;
  const timer = setInterval(() => {
    if (existsSync(output)) reportedAt ??= Date.now();
    if (reportedAt === undefined || Date.now() - reportedAt < STUCK_MILLISECONDS) return;
    isStuck = true;
    mocha.kill("SIGKILL");
  }, 1_000);
  return () => {
    clearInterval(timer);
    return isStuck;
  };
}

/** Runs one part. A mocha process that ends without a report counts as one failure. */
async function run({ name, files }: Part): Promise<Report> {
  if (files.length === 0) return { stats: { passes: 0, failures: 0, pending: 0 }, pending: [] };
  const output = join(directory, `${name.replaceAll(" ", "-")}.json`);
  const mocha = spawn(
    process.execPath,
    [
      "node_modules/mocha/bin/mocha.js",
      "--reporter",
      "tests/support/reporter.cjs",
      "--reporter-option",
      `output=${output},shown=${values.reporter}`,
      ...(values.grep ? ["--grep", values.grep] : []),
      ...files,
    ],
    // Of several at a time, each is shown whole when it has ended.
    { stdio: lanes > 1 ? ["inherit", "pipe", "pipe"] : "inherit" },
  );
  const shown: Buffer[] = [];
  for (const stream of [mocha.stdout, mocha.stderr]) stream?.on("data", (chunk: Buffer) => shown.push(chunk));
  const stopWatching = endIfStuck(mocha, output);
  const code = await new Promise<number>((done) => mocha.on("close", (status) => done(status ?? 1)));
  const isStuck = stopWatching();
  if (lanes > 1) process.stdout.write(`\n${name}\n${Buffer.concat(shown).toString("utf8")}`);
  if (isStuck)
    console.error(
      `${name}: its tests had ended, but not its process, after ${STUCK_MILLISECONDS / 1_000} s: something is left running`,
    );
  if (existsSync(output)) {
    const report = JSON.parse(readFileSync(output, "utf8")) as Report;
    if (code !== 0 && report.stats.failures === 0) report.stats.failures = 1;
    return report;
  }
  return { stats: { passes: 0, failures: 1, pending: 0 }, pending: [] };
}
