import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT_DIRECTORY } from "../../support/program.ts";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Processor seconds of the command's own process. */
  processorSeconds: number;
}

const REPORT_TIME = new URL("report-time.ts", import.meta.url).href;

/** Runs `npm run preview`'s program in a project's folder. */
export async function preview(args: readonly string[], directory = PROJECT_DIRECTORY): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", REPORT_TIME, "local/preview/command.ts", ...args], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  const [, seconds = "NaN"] = /processor seconds: ([\d.]+)/.exec(stderr) ?? [];
  return {
    code,
    stdout,
    stderr: stderr.replace(/\nprocessor seconds: .*\n/, ""),
    processorSeconds: Number(seconds),
  };
}

export interface WorkingCopy {
  directory: string;
  /** Replaces a text that occurs once in a file. */
  edit(file: string, from: string, to: string): Promise<void>;
  /** Commits everything to the copy's own repository. */
  commit(): Promise<void>;
  remove(): Promise<void>;
}

const LEFT_OUT = ["node_modules", ".git", ".local", ".build", "dist", "tests"];

/** This project in a folder of its own, with a git repository of its own. */
export async function workingCopy(): Promise<WorkingCopy> {
  const parent = join(PROJECT_DIRECTORY, ".local");
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, "preview-test-"));
  for (const name of await readdir(PROJECT_DIRECTORY))
    if (!LEFT_OUT.includes(name))
      await cp(join(PROJECT_DIRECTORY, name), join(directory, name), { recursive: true });
  await symlink(join(PROJECT_DIRECTORY, "node_modules"), join(directory, "node_modules"));
  const git = async (...args: string[]) => {
    const child = spawn("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
      cwd: directory,
      stdio: "ignore",
    });
    const code = await new Promise((done) => child.once("close", done));
    if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code}`);
  };
  return {
    directory,
    async edit(file, from, to) {
      const text = await readFile(join(directory, file), "utf8");
      if (text.split(from).length !== 2) throw new Error(`${file}: "${from}" must occur once`);
      await writeFile(
        join(directory, file),
        text.replace(from, () => to),
      );
    },
    async commit() {
      await git("init", "--quiet", "--initial-branch=main");
      await git("add", "--all", "--", ".", ":!node_modules");
      await git("commit", "--quiet", "--no-gpg-sign", "--message", "base");
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
