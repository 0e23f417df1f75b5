import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Copies a folder to a place of its own below `stateDirectory`, by digest, with files that cannot be written.
 * A copy that is there already is kept, since equal digests mean equal content.
 */
export async function keepDirectory(
  directory: string,
  stateDirectory: string,
  digest: string,
): Promise<{ directory: string; bytes: number }> {
  const target = join(stateDirectory, digest.replace(":", "-"));
  await mkdir(stateDirectory, { recursive: true });
  const existing = await stat(target).catch(() => undefined);
  if (!existing) {
    const temporary = await mkdtemp(join(stateDirectory, "push-"));
    await cp(directory, temporary, { recursive: true, dereference: true });
    for (const file of await files(temporary)) await chmod(file, (await stat(file)).mode & 0o555);
    await rename(temporary, target).catch(async (error: NodeJS.ErrnoException) => {
      // Another push of the same digest was first.
      await rm(temporary, { recursive: true, force: true });
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  }
  let bytes = 0;
  for (const file of await files(target)) bytes += (await stat(file)).size;
  return { directory: target, bytes };
}

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
