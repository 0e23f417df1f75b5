import { relative } from "node:path";
import { bundleImage } from "../../functions/bundle.ts";
import type { ImageName } from "../../functions/contract.ts";
import { IMAGE_NAMES } from "../../functions/contract.ts";

/** Build context of each image, relative to the project's folder, so that state holds no machine's paths. */
export type Bundles = Readonly<Record<ImageName, string>>;

/** Bundles the functions of every image. Awaited before the first resource is made. */
export async function bundleFunctions(): Promise<Bundles> {
  const entries = await Promise.all(
    IMAGE_NAMES.map(async (name) => {
      const { directory } = await bundleImage(name);
      return [name, relative(process.cwd(), directory)] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<ImageName, string>;
}
