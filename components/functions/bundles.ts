import { relative } from "node:path";
import { bundleFunction } from "../../functions/bundle.ts";
import type { FunctionName } from "../../functions/contract.ts";
import { FUNCTION_NAMES } from "../../functions/contract.ts";

/** Build context of each function's image, relative to the project's folder, so that state holds no machine's paths. */
export type Bundles = Readonly<Record<FunctionName, string>>;

/** Bundles every function. Awaited before the first resource is made. */
export async function bundleFunctions(): Promise<Bundles> {
  const entries = await Promise.all(
    FUNCTION_NAMES.map(async (name) => {
      const { directory } = await bundleFunction(name);
      return [name, relative(process.cwd(), directory)] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<FunctionName, string>;
}
