import type { SourceSystems } from "../../functions/domain/source-systems.ts";
import { type Confirmation, TERMINAL_CONFIRMATION } from "../frame/confirmation.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { oneOf } from "../frame/options.ts";
import type { StackOutputs } from "../frame/outputs.ts";
import { checkWritable } from "../frame/write-whole.ts";
import { blotterResult } from "./blotter/result.ts";
import { DEFAULT_MARGIN, type ReconcileOptions, reconcileOptions } from "./options.ts";
import { regionsResult } from "./regions/result.ts";
import type { Selection } from "./tables.ts";
import { Workspace } from "./workspace.ts";

/** `npm run ops -- reconcile`, with a way to ask. */
export function reconcileCommand(confirmation: Confirmation): OperatorCommand {
  return {
    usage: `reconcile [--from TIME --to TIME] [--source NAME] [--margin SECONDS] [--mend [--yes]] [--report FILE]
  compares the tables of both regions; differences younger than SECONDS (${DEFAULT_MARGIN}) may still be under way; --mend ends
  the others, once confirmed; FILE (.md or .json) gets a report; exit code 1 while there are differences
reconcile --blotter FILE [--map FIELD=NAME,…] [--from TIME --to TIME] [--source NAME] [--report FILE]
  compares a trading system's blotter (CSV with a header, or JSON Lines) with what was recorded; exit code 1 if a trade
  is missing, extra or different, or a line cannot be read`,
    words: [],
    options: ["from", "to", "source", "margin", "report", "blotter", "map"],
    flags: ["mend", "yes"],
    async prepare(given) {
      const options = reconcileOptions(given, confirmation.isTerminal);
      // Now: what was mended must not go without its report.
      if (options.report !== undefined) await checkWritable("report", options.report);
      return (context) => Workspace.with((workspace) => reconcile(options, context, workspace, confirmation));
    },
  };
}

export const RECONCILE = reconcileCommand(TERMINAL_CONFIRMATION);

function reconcile(
  options: ReconcileOptions,
  context: Context,
  workspace: Workspace,
  confirmation: Confirmation,
): Promise<Result> {
  const selection = selectionOf(options, context.outputs);
  const { blotter } = options;
  if (blotter) return blotterResult({ ...options, blotter }, selection, context, workspace);
  const systems: SourceSystems = new Map(context.outputs.Sources.map(({ name, source }) => [source, name]));
  return regionsResult(options, { selection, systems }, context, workspace, confirmation);
}

function selectionOf({ source, window }: ReconcileOptions, { Sources }: StackOutputs): Selection {
  const name = oneOf(
    "source",
    source,
    Sources.map((each) => each.name),
  );
  return {
    sources: Sources.filter((each) => name === undefined || each.name === name),
    isOneSource: name !== undefined,
    ...(window && { window }),
  };
}
