import { extname } from "node:path";
import type { TimeWindow } from "../evidence/pages.ts";
import type { Given } from "../frame/operator-command.ts";
import { instant } from "../frame/options.ts";
import { UsageError, wholeNumber } from "../frame/usage.ts";
import { type Mapping, parseMapping } from "./blotter/fields.ts";

export interface ReconcileOptions {
  readonly window?: TimeWindow;
  /** A source system's name, as given: only the stack says which there are. */
  readonly source?: string;
  readonly report?: string;
  readonly blotter?: { readonly file: string; readonly mapping: Mapping };
  readonly mend: boolean;
  /** Whether no confirmation is asked for. */
  readonly yes: boolean;
  /** How long replication may take, in milliseconds. */
  readonly margin: number;
}

/** In seconds; replication takes about one. */
export const DEFAULT_MARGIN = 60;
const MAXIMUM_MARGIN = 86_400;
const REPORTS = [".md", ".json"];

/** Reads the options. Throws UsageError. */
export function reconcileOptions({ options }: Given, isTerminal: boolean): ReconcileOptions {
  const { blotter, source, report, margin } = options;
  const [mend, yes] = [options.mend !== undefined, options.yes !== undefined];
  const window = windowOf(options);
  if (blotter !== undefined) refuse(["mend", "yes", "margin"], options, "goes without --blotter");
  else refuse(["map"], options, "goes with --blotter only");
  if (yes && !mend) throw new UsageError("--yes: goes with --mend only");
  if (mend && !yes && !isTerminal)
    throw new UsageError("--mend: there is no terminal to confirm it on; --yes confirms it beforehand");
  if (report !== undefined && !REPORTS.includes(extname(report)))
    throw new UsageError(`--report: "${report}" must end in ${REPORTS.join(" or ")}`);
  return {
    ...(window && { window }),
    ...(source !== undefined && { source }),
    ...(report !== undefined && { report }),
    ...(blotter !== undefined && { blotter: { file: blotter, mapping: parseMapping(options.map) } }),
    ...{ mend, yes },
    margin: wholeNumber("margin", margin ?? String(DEFAULT_MARGIN), MAXIMUM_MARGIN) * 1_000,
  };
}

function windowOf({ from, to }: Given["options"]): TimeWindow | undefined {
  if (from === undefined && to === undefined) return undefined;
  const window = { from: instant("from", from), to: instant("to", to) };
  if (window.from >= window.to)
    throw new UsageError(`--to: "${to}" must be later than --from, which is "${from}"`);
  return window;
}

function refuse(names: readonly string[], options: Given["options"], why: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given}: ${why}`);
}
