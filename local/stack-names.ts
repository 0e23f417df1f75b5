import { readdir } from "node:fs/promises";
import { UsageError } from "../ops/frame/usage.ts";

/** Throws UsageError, with the stacks that there are, unless the directory has a file for this one. */
export async function checkStack(stack: string, directory: string): Promise<void> {
  const stacks = (await readdir(directory)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  if (!stacks.includes(stack))
    throw new UsageError(
      `--stack: "${stack}" must be one of ${stacks.sort().join(", ")}: there is no Pulumi.${stack}.yaml`,
    );
}
