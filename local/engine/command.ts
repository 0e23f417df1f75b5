/** `npm run engine`: up, preview, refresh and destroy on the real Pulumi engine, against a local cloud. */
import { join } from "node:path";
import { Terminal } from "../../ops/frame/terminal.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import type { Ledger } from "../../ops/ledger/ledger.ts";
import { checkTapeFile } from "../../ops/tape/open.ts";
import { buildPolicyPack, POLICY_PACK_DIRECTORY } from "../../policy/build.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { showLedger } from "../report.ts";
import { checkStack } from "../stack-names.ts";
import { SAMPLE_SEED } from "../tape/generator.ts";
import { ENGINE_USAGE, type EngineCommand, parseEngineCommand } from "./command-options.ts";
import { askHost, ensureHost, findHost, type HostDescription } from "./host-client.ts";
import { Pulumi } from "./pulumi.ts";
import { findToolchain } from "./toolchain.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const terminal = new Terminal(process.stderr);

try {
  const command = parseEngineCommand(process.argv.slice(2));
  if (!command) console.log(ENGINE_USAGE);
  else process.exitCode = command.command === "stop" ? await stop(command) : await engine(command);
} catch (error) {
  console.error(`npm run engine: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

async function stop({ port }: EngineCommand): Promise<number> {
  if (!(await findHost(port))) throw new Error(`no local cloud of the engine runs on port ${port}`);
  await askHost(port, "POST", "stop");
  return 0;
}

/** Exit code of the Pulumi CLI, or 1 if what was deployed does not account for every event. */
async function engine(command: EngineCommand): Promise<number> {
  await checkStack(command.stack, PROJECT_DIRECTORY);
  if (command.trades !== undefined) await checkTapeFile(command.trades);
  const report = (line: string) => terminal.line(line);
  const toolchain = await findToolchain(join(PROJECT_DIRECTORY, ".local/engine/toolchain"), report);
  const host = await ensureHost(command.port, report);
  const pulumi = new Pulumi(toolchain, host);
  const stack = await pulumi.stackOptions(command.stack);
  const isJudged = command.hasPolicies && (command.command === "up" || command.command === "preview");
  if (isJudged) await buildPolicyPack();
  const policies = isJudged ? await pulumi.policyOptions(POLICY_PACK_DIRECTORY) : [];
  const confirmed = command.command === "preview" ? [] : ["--yes"];
  const args = [command.command, ...stack, ...policies, ...confirmed, ...command.options];
  const { code } = await pulumi.run(args);
  return code === 0 && command.command === "up" ? afterUp(command, pulumi, host) : code;
}

/** Tells the local cloud what was deployed, and shows that it works. */
async function afterUp(
  { stack, trades, isRun }: EngineCommand,
  pulumi: Pulumi,
  host: HostDescription,
): Promise<number> {
  const shown = await pulumi.run(["stack", "output", "--json", "--stack", stack], { capture: true });
  if (shown.code !== 0) throw new Error(shown.error);
  await askHost(host.port, "POST", "deployed", JSON.parse(shown.out));
  if (!isRun) return 0;
  terminal.heading(`Processing ${trades ?? "the sample tape"}`);
  const request = { seed: SAMPLE_SEED, ...(trades === undefined ? {} : { trades }) };
  const ledger = await askHost<Ledger>(host.port, "POST", "run", request);
  showLedger(terminal, ledger);
  return ledger.balanced ? 0 : EXIT_FAILED;
}
