import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Length of a content hash in an image tag, in hexadecimal digits. */
const HASH_LENGTH = 16;

/**
 * Names what an image is built from: the files of its build context and the Dockerfile, by path and content.
 * The same files give the same text on every machine, whatever their times and order on disk.
 */
export function contentHash(directory: string, dockerfile: string): string {
  const hash = createHash("sha256");
  const add = (path: string, content: Buffer) => hash.update(`${path}\0${content.length}\0`).update(content);
  add("Dockerfile", readFileSync(dockerfile));
  for (const file of filesBelow(directory))
    add(relative(directory, file).split(sep).join("/"), readFileSync(file));
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
