import { stat } from "node:fs/promises";
import { UsageError } from "../../ops/frame/usage.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { type BaseFolder, checkOutBase, inFolder } from "./base.ts";
import { compareSnapshots } from "./compare.ts";
import { costOf } from "./cost.ts";
import { evaluateFolder } from "./evaluate.ts";
import type { PreviewOptions } from "./options.ts";
import { checkPolicies } from "./policies.ts";
import { countResources, type Preview } from "./report.ts";
import { readPreview, type Snapshot, savePreview, snapshotOf } from "./snapshot.ts";
import { compareTapes } from "./tape-compare.ts";
import type { TapeResult } from "./tape-result.ts";

/** What a preview is compared with. */
interface Base {
  name: string;
  snapshot: Snapshot;
  tape?: TapeResult;
}

/**
 * Evaluates the program of this project for a stack, compares it with the base if there is one, and saves it if that is
 * asked for. Throws UsageError for what the command line names wrongly, and with what a program refused.
 */
export async function makePreview(options: PreviewOptions, signal?: AbortSignal): Promise<Preview> {
  const { tape } = options;
  // It is read once for each version, which a pipe cannot be.
  const isFile =
    tape === undefined ||
    (await stat(tape).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (!isFile) throw new UsageError(`--tape: "${tape}" must be a file that can be read`);
  const { against } = options;
  const folder = against && "revision" in against ? await checkOutBase(against.revision) : undefined;
  try {
    return await preview(options, folder, signal);
  } finally {
    await folder?.remove();
  }
}

async function preview(
  options: PreviewOptions,
  folder: BaseFolder | undefined,
  signal: AbortSignal | undefined,
): Promise<Preview> {
  const { stack, volume, tape } = options;
  const [evaluation, base] = await Promise.all([
    evaluateFolder(PROJECT_DIRECTORY, stack),
    readBase(options, folder, signal),
  ]);
  if (!evaluation) throw new UsageError(`--stack: "${stack}" has no Pulumi.${stack}.yaml`);
  const snapshot = snapshotOf(stack, evaluation);
  const cost = costOf(snapshot, volume);
  const tapes = tape === undefined ? undefined : await runTapes(options, tape, base, folder, signal);
  if (options.save !== undefined) await savePreview(options.save, snapshot, tapes?.after);
  return {
    version: 1,
    stack,
    resources: countResources(snapshot),
    policies: await checkPolicies(evaluation.resources),
    cost,
    ...(base && {
      comparison: {
        base: base.name,
        ...compareSnapshots(base.snapshot, snapshot),
        cost: { before: costOf(base.snapshot, volume).total, after: cost.total },
      },
    }),
    ...(tapes?.before && { tape: compareTapes(tapes.before, tapes.after) }),
  };
}

async function readBase(
  { stack, against }: PreviewOptions,
  folder: BaseFolder | undefined,
  signal: AbortSignal | undefined,
): Promise<Base | undefined> {
  if (!against) return undefined;
  if ("revision" in against) {
    if (!folder) throw new Error("there is no folder of the base");
    const { directory, commit } = folder;
    const name = `${against.revision} (${commit.slice(0, 7)})`;
    const snapshot = await inFolder<Snapshot>("evaluate-process.ts", directory, [stack], signal).catch(
      (error: Error) => {
        throw new Error(`--base: ${name}: ${error.message}`);
      },
    );
    return { name, snapshot };
  }
  const saved = await readPreview(against.file);
  if (saved.snapshot.stack !== stack)
    throw new UsageError(
      `--against: "${against.file}" is a preview of stack "${saved.snapshot.stack}"; allowed is one of "${stack}", which --stack names`,
    );
  return { name: against.file, snapshot: saved.snapshot, ...(saved.tape ? { tape: saved.tape } : {}) };
}

/** The tape's results, one version after the other: two local clouds at once would slow each other down. */
async function runTapes(
  { stack, against }: PreviewOptions,
  tape: string,
  base: Base | undefined,
  folder: BaseFolder | undefined,
  signal: AbortSignal | undefined,
): Promise<{ before?: TapeResult; after: TapeResult }> {
  if (against && "file" in against && !base?.tape)
    throw new UsageError(
      `--against: "${against.file}" holds no results of a tape; allowed is a preview that was saved with --tape`,
    );
  const run = (directory: string) =>
    inFolder<TapeResult>("tape-process.ts", directory, [stack, tape], signal);
  const before = base?.tape ?? (folder ? await run(folder.directory) : undefined);
  const after = await run(PROJECT_DIRECTORY);
  if (before && before.digest !== after.digest)
    throw new UsageError(
      `--tape: "${tape}" is not the tape whose results were saved; allowed is the same one`,
    );
  return { ...(before ? { before } : {}), after };
}
