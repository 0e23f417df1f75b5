import { execFile } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../../ops/frame/usage.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { makeRunDirectory } from "../run-directory.ts";

const run = promisify(execFile);
const MAXIMUM_OUTPUT_BYTES = 512 * 1_048_576;

/** Another revision of this project in a folder of its own, with this one's packages. */
export interface BaseFolder {
  directory: string;
  /** Commit's hash. */
  commit: string;
  remove(): Promise<void>;
}

/**
 * Writes a revision's files to a folder below `.local`, without touching the working copy. Throws UsageError if git has
 * no such revision here.
 */
export async function checkOutBase(revision: string): Promise<BaseFolder> {
  const commit = await git(
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${revision}^{commit}`,
  ).catch(() => {
    throw new UsageError(
      `--base: "${revision}" must be a branch, tag or commit of this repository that is here (git fetch it first)`,
    );
  });
  // Below a working copy's top folder a revision's path is that folder's.
  const prefix = await git("rev-parse", "--show-prefix");
  const directory = await makeRunDirectory(join(PROJECT_DIRECTORY, ".local"));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const files = join(directory, "base");
    await mkdir(files);
    const archive = join(directory, "base.tar");
    await git("archive", "--format=tar", `--output=${archive}`, `${commit}:${prefix}`);
    await run("tar", ["-xf", archive, "-C", files]);
    await symlink(join(PROJECT_DIRECTORY, "node_modules"), join(files, "node_modules"));
    return { directory: files, commit, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await run("git", args, { cwd: PROJECT_DIRECTORY });
  return stdout.trim();
}

/**
 * Runs one of this folder's programs with a project's folder as its working directory, and gives the JSON that it
 * printed. Throws with what it wrote to stderr if it fails.
 */
export async function inFolder<Answer>(
  program: string,
  directory: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Answer> {
  const file = join(PROJECT_DIRECTORY, "local", "preview", program);
  try {
    const { stdout } = await run(process.execPath, [file, directory, ...args], {
      ...{ cwd: directory, maxBuffer: MAXIMUM_OUTPUT_BYTES },
      ...(signal ? { signal } : {}),
    });
    return JSON.parse(stdout) as Answer;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(said || (error as Error).message);
  }
}
