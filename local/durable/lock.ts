import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../ops/frame/usage.ts";

/**
 * Takes a data directory for this process; the result gives it back. A lock of a process that has ended counts as
 * none. Throws UsageError if another process, or another local cloud of this one, uses the directory.
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, "lock");
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(readOwner(file));
    if (owner > 0 && isRunning(owner))
      throw new UsageError(
        `--data: "${directory}" is in use by process ${owner}; stop that, or delete ${file} if it is another program`,
      );
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Given back in the meantime.
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything else, such as EPERM, says that there is such a process.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
