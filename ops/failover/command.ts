import { type Confirmation, TERMINAL_CONFIRMATION } from "../frame/confirmation.ts";
import type { Given, OperatorCommand } from "../frame/operator-command.ts";
import { oneOf, required } from "../frame/options.ts";
import { UsageError } from "../frame/usage.ts";
import { change } from "./change.ts";
import { drill } from "./drill.ts";
import { showStatus } from "./status.ts";

const ACTIONS = ["status", "start", "return", "drill"] as const;
const MAXIMUM_REASON_LENGTH = 256;

/** Options of each action. */
const OPTIONS: Readonly<Record<(typeof ACTIONS)[number], readonly string[]>> = {
  status: [],
  start: ["reason", "yes", "force"],
  return: ["reason", "yes", "force"],
  drill: ["kind", "seeds", "seed"],
};

/** `npm run ops -- failover`, with a way to ask. */
export function failoverCommand(confirmation: Confirmation): OperatorCommand {
  return {
    usage: `failover status
  where the global endpoint sends trades, and why
failover start --reason TEXT [--yes] [--force]
  sends trades to the replica's region, until
failover return --reason TEXT [--yes] [--force]
  lets the primary region's health decide again
failover drill [--kind KIND] [--seeds N] [--seed S]
  loses regions in a local cloud of its own (--local), shows a timeline, and exits 0 only if nothing was lost`,
    words: ["ACTION"],
    options: ["reason", "kind", "seeds", "seed"],
    flags: ["yes", "force"],
    async prepare({ words: [word], options }) {
      const action = oneOf("ACTION", word, ACTIONS) ?? "status";
      for (const [option, value] of Object.entries(options))
        if (value !== undefined && !OPTIONS[action].includes(option))
          throw new UsageError(`--${option} is not an option of failover ${action}`);
      if (action === "status") return showStatus;
      if (action === "drill")
        return async (context) => {
          const code = await drill(drillWords(options), {
            ...{ isLocal: context.isLocal === true, json: false, signal: context.signal },
          });
          return { complete: code === 0, json: { exitCode: code }, lines: [] };
        };
      const reason = required("reason", options.reason);
      if (reason.length > MAXIMUM_REASON_LENGTH)
        throw new UsageError(
          `--reason: has ${reason.length} characters; at most ${MAXIMUM_REASON_LENGTH} are allowed`,
        );
      const flags = { isConfirmed: options.yes !== undefined, isForced: options.force !== undefined };
      return (context) => change({ action, reason, ...flags }, context, confirmation);
    },
    alone({ words: [word], options }, how) {
      return word === "drill" ? drill(drillWords(options), how) : undefined;
    },
  };
}

/** The options of a drill as its program takes them. */
function drillWords(options: Given["options"]): string[] {
  return OPTIONS.drill.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
}

export const FAILOVER = failoverCommand(TERMINAL_CONFIRMATION);
