/** `npm run preview`: what the program would make, whether policies allow it, what it costs, and what changes. */
import { resolve } from "node:path";
import { write } from "../../ops/frame/output.ts";
import { EXIT_FAILED, runProgram } from "../../ops/frame/program.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { checkStack } from "../stack-names.ts";
import { PREVIEW_USAGE, type PreviewOptions, parsePreviewOptions } from "./options.ts";
import { isStopped } from "./policies.ts";
import { makePreview } from "./preview.ts";
import type { Preview } from "./report.ts";
import { previewMarkdown } from "./show-markdown.ts";
import { previewText } from "./show-text.ts";

const EXIT_CHANGED_OUTCOMES = 3;

await runProgram({ name: "npm run preview", usage: PREVIEW_USAGE, parse: parsePreviewOptions, run: preview });

async function preview(given: PreviewOptions, signal: AbortSignal): Promise<number> {
  const options = withWholePaths(given);
  // The program's build contexts are named from here.
  process.chdir(PROJECT_DIRECTORY);
  await checkStack(options.stack, PROJECT_DIRECTORY);
  const report = await makePreview(options, signal);
  await write(process.stdout, `${shown(report, options)}\n`);
  if (isStopped(report.policies)) return EXIT_FAILED;
  if (!options.acceptChangedOutcomes && report.tape && report.tape.changedOutcomes > 0)
    return EXIT_CHANGED_OUTCOMES;
  return 0;
}

function withWholePaths({ save, against, tape, ...options }: PreviewOptions): PreviewOptions {
  return {
    ...options,
    ...(save === undefined ? {} : { save: resolve(save) }),
    ...(tape === undefined ? {} : { tape: resolve(tape) }),
    ...(against && { against: "file" in against ? { file: resolve(against.file) } : against }),
  };
}

function shown(report: Preview, { format, types }: PreviewOptions): string {
  if (format === "json") return JSON.stringify(report, null, 2);
  return format === "markdown"
    ? previewMarkdown(report, { types })
    : previewText(report, { types, stream: process.stdout });
}
