import { checkedPort, DEFAULT_PORT, UsageError } from "../../ops/frame/usage.ts";

const COMMANDS = ["up", "preview", "refresh", "destroy", "stop"] as const;

/** What `npm run engine` is to do. */
export interface EngineCommand {
  command: (typeof COMMANDS)[number];
  stack: string;
  /** Port of the local cloud's endpoint. */
  port: number;
  /** Tape to process after `up`; the sample tape if left out. */
  trades?: string;
  /** Whether a tape is processed after `up`. */
  isRun: boolean;
  /** Whether the policy pack judges the deployment. */
  hasPolicies: boolean;
  /** Handed on to the Pulumi CLI as they are. */
  options: string[];
}

export const ENGINE_USAGE = `npm run engine -- COMMAND [--stack NAME] [options]
  up          deploys the stack to a local cloud with the real Pulumi engine, then processes the sample tape
  preview     shows what up would do
  refresh     compares the engine's state with what there is
  destroy     removes everything
  stop        ends the local cloud
  --stack NAME    dev or prod (default dev)
  --port N        port of the local cloud on 127.0.0.1 (default ${DEFAULT_PORT}); it is started if none runs there
  --trades FILE   after up, process this tape instead of the sample tape
  --no-run        after up, process no tape
  --no-policies   without the policy pack
  any other option goes to the Pulumi CLI: --diff, --target URN, --json …`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming what is wrong. */
export function parseEngineCommand(argv: readonly string[]): EngineCommand | undefined {
  if (argv.length === 0 || argv.includes("--help")) return undefined;
  const [name, ...rest] = argv;
  const command = COMMANDS.find((each) => each === name);
  if (!command) throw new UsageError(`"${name}" must be one of ${COMMANDS.join(", ")}\n\n${ENGINE_USAGE}`);
  const parsed: EngineCommand = {
    ...{ command, stack: "dev", port: DEFAULT_PORT, isRun: true, hasPolicies: true, options: [] },
  };
  while (rest.length > 0) {
    const [option = ""] = rest.splice(0, 1);
    const value = () => {
      const [given] = rest.splice(0, 1);
      if (given === undefined) throw new UsageError(`${option}: needs a value`);
      return given;
    };
    if (option === "--stack") parsed.stack = value();
    else if (option === "--port") parsed.port = checkedPort(value());
    else if (option === "--trades") parsed.trades = value();
    else if (option === "--no-run") parsed.isRun = false;
    else if (option === "--no-policies") parsed.hasPolicies = false;
    else parsed.options.push(option);
  }
  return parsed;
}
