import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { IMAGES, type ImageName } from "./contract.ts";

export interface BundleOptions {
  /** Folder that gets one folder for each image; `.build` of the project by default. */
  readonly outputDirectory?: string;
}

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module lacks. */
const REQUIRE =
  'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/**
 * Bundles an image's entry points with all that they import into `<outputDirectory>/<name>/<module>.mjs`, which are the
 * whole build context of the image. The same sources give the same bytes on any machine, so that an unchanged image keeps
 * its digest. Safe to call many times at once. Throws esbuild's BuildFailure if a source has an error.
 */
export async function bundleImage(
  name: ImageName,
  options: BundleOptions = {},
): Promise<{ directory: string }> {
  // Imported here, so that a program that only needs the type does not load a compiler.
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: PROJECT,
    entryPoints: Object.entries(IMAGES[name]).map(([out, source]) => ({ in: `functions/${source}`, out })),
    outdir: ".",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    // The SDK's ES modules shake down to half of its CommonJS ones.
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    minify: true,
    legalComments: "none",
    sourcemap: false,
    charset: "utf8",
    logLevel: "silent",
  });
  const directory = join(resolve(PROJECT, options.outputDirectory ?? ".build"), name);
  for (const { path, contents } of outputFiles)
    await writeIfChanged(join(directory, basename(path)), contents);
  return { directory };
}

/** Whole or not at all, since deployments may read the folder at the same time. */
async function writeIfChanged(path: string, contents: Uint8Array): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}
