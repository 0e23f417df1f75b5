import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PACK_NAME } from "./pack.ts";

/** Where the publishable pack is put: a folder that needs nothing else of this project. */
export const POLICY_PACK_DIRECTORY = fileURLToPath(new URL("dist", import.meta.url));

const SOURCE = fileURLToPath(new URL("index.ts", import.meta.url));
const VERSION = "1.0.0";

/**
 * Bundles the pack into `policy/dist`: its rules as one file, what it depends on by exact version, and its project
 * file, so that `pulumi policy publish` and `--policy-pack` take it from anywhere. The same sources give the same bytes.
 */
export async function buildPolicyPack(directory = POLICY_PACK_DIRECTORY): Promise<void> {
  const { build } = await import("esbuild");
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: [SOURCE],
    outfile: join(directory, "index.js"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@pulumi/*"],
    legalComments: "none",
    logLevel: "silent",
  });
  const dependencies = {
    "@pulumi/policy": versionOf("@pulumi/policy"),
    "@pulumi/pulumi": versionOf("@pulumi/pulumi"),
  };
  const manifest = { name: PACK_NAME, version: VERSION, private: true, main: "index.js", dependencies };
  await writeFile(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const project = `runtime: nodejs\nversion: ${VERSION}\ndescription: What every trade processing stack has to keep to\n`;
  await writeFile(join(directory, "PulumiPolicy.yaml"), project);
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  // One of them writes its version with a v.
  return version.replace(/^v/, "");
}
