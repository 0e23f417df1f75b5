import { parseArgs } from "node:util";
import { UsageError } from "../../ops/frame/usage.ts";

export interface PreviewOptions {
  stack: string;
  format: "text" | "json" | "markdown";
  /** List resources by type as well. */
  types: boolean;
  /** File that this preview is written to. */
  save?: string;
  /** What it is compared with: a saved preview, or a revision of this repository. */
  against?: { file: string } | { revision: string };
  /** Trades a month. */
  volume: number;
  /** Tape that is run through both versions. */
  tape?: string;
  acceptChangedOutcomes: boolean;
}

const DEFAULT_VOLUME = 1_000_000;
const MAXIMUM_VOLUME = 1_000_000_000_000;

export const PREVIEW_USAGE = `npm run preview -- [options]
  --stack NAME     stack to evaluate: dev or prod (default dev)
  --base GITREF    compare with the program of this revision, such as main
  --against FILE   compare with a preview that --save wrote
  --save FILE      write this preview to a file
  --tape FILE      run this tape through the base and through this version, and list the trades that end otherwise
  --accept-changed-outcomes   trades that end otherwise are meant to
  --volume N       trades a month that costs are worked out for (default ${DEFAULT_VOLUME})
  --types          list resources by type, too
  --json           print one JSON object (docs/preview.md)
  --markdown       print Markdown for a pull request's comment
  --help           show this
Exit code: 0 fine, 1 not evaluated or a mandatory policy is violated, 2 usage, 3 a trade of the tape ends otherwise.`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming the option, its value and what is allowed. */
export function parsePreviewOptions(argv: readonly string[]): PreviewOptions | undefined {
  const values = parsed(argv);
  if (values.help) return undefined;
  const { json, markdown, base, against, tape, save } = values;
  if (json && markdown) throw new UsageError("--json, --markdown: got both; allowed is one of them");
  if (base !== undefined && against !== undefined)
    throw new UsageError(`--base "${base}", --against "${against}": got both; allowed is one of them`);
  if (tape !== undefined && base === undefined && against === undefined && save === undefined)
    throw new UsageError(
      `--tape: "${tape}" needs something to compare with: --base or --against (or --save, for later)`,
    );
  if (values["accept-changed-outcomes"] && tape === undefined)
    throw new UsageError("--accept-changed-outcomes: is for the outcomes of a tape; name one with --tape");
  for (const [option, file] of Object.entries({ base, against, tape, save }))
    if (file === "") throw new UsageError(`--${option}: "" must not be empty`);
  return {
    stack: stackName(values.stack),
    format: json ? "json" : markdown ? "markdown" : "text",
    types: values.types,
    ...(save === undefined ? {} : { save }),
    ...(base !== undefined ? { against: { revision: base } } : {}),
    ...(against !== undefined ? { against: { file: against } } : {}),
    volume: volumeOf(values.volume),
    ...(tape === undefined ? {} : { tape }),
    acceptChangedOutcomes: values["accept-changed-outcomes"],
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        stack: { type: "string", default: "dev" },
        base: { type: "string" },
        against: { type: "string" },
        save: { type: "string" },
        tape: { type: "string" },
        "accept-changed-outcomes": { type: "boolean", default: false },
        volume: { type: "string", default: String(DEFAULT_VOLUME) },
        types: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${PREVIEW_USAGE}`);
  }
}

function stackName(name: string): string {
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(name))
    throw new UsageError(`--stack: "${name}" must be a stack's name: letters, digits, ".", "_" and "-"`);
  return name;
}

function volumeOf(text: string): number {
  const volume = /^\d{1,13}$/.test(text) ? Number(text) : Number.NaN;
  if (!(volume <= MAXIMUM_VOLUME))
    throw new UsageError(`--volume: "${text}" must be a whole number from 0 to ${MAXIMUM_VOLUME}`);
  return volume;
}
