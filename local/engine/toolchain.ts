import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const SOURCES = fileURLToPath(new URL("toolchain", import.meta.url));

/** Version of the SDK that the program runs on; a CLI must not be older. */
export const SDK_VERSION = (require("@pulumi/pulumi/package.json") as { version: string }).version;

/** A Pulumi CLI that can be run. */
export interface Toolchain {
  /** Folder with `pulumi`, to be put first on PATH. */
  readonly directory: string;
  readonly version: string;
  /**
   * Whether it was built here. Such a one has an older language host, which cannot run policy packs: they are given
   * to it as an executable.
   */
  readonly isBuilt: boolean;
}

/**
 * The installed Pulumi CLI if it is of the right version, or else one that is built from its pinned sources with Go
 * and kept in `cache`. Throws saying what is missing. `report` is told of work that takes long.
 */
export async function findToolchain(cache: string, report: (line: string) => void): Promise<Toolchain> {
  const installed = await versionOf("pulumi");
  if (installed !== undefined && isUsable(installed.version))
    return { directory: dirname(installed.path), version: installed.version, isBuilt: false };
  const go = await run("go", ["version"]).catch(() => undefined);
  if (!go)
    throw new Error(
      `${installed ? `the installed Pulumi CLI is ${installed.version}` : "no Pulumi CLI is installed"}, and there ` +
        `is no Go to build one with. Needed is Pulumi ${SDK_VERSION} or later (https://www.pulumi.com/docs/install/), ` +
        "or Go 1.26 or later",
    );
  return build(cache, report);
}

/** The same major version, and not older than the SDK. */
function isUsable(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = SDK_VERSION.split(".").map(Number);
  return major === wantedMajor && minor >= wantedMinor;
}

async function versionOf(command: string): Promise<{ path: string; version: string } | undefined> {
  try {
    const { stdout } = await run(command, ["version"], {
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
    if (version === undefined) return undefined;
    const { stdout: path } = await run("sh", ["-c", `command -v ${command}`]);
    return { path: path.trim(), version };
  } catch {
    return undefined;
  }
}

const MODULES = [
  { module: "cli", package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", output: "pulumi" },
  {
    module: "language-host",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    output: "pulumi-language-nodejs-host",
  },
] as const;

/**
 * The newest language host that is published as a Go module ignores the project's `typescript: false`; this makes it
 * a flag.
 */
const LANGUAGE_HOST = `#!/bin/sh
exec "$(dirname "$0")/pulumi-language-nodejs-host" -typescript=false "$@"
`;

/** Builds once: the folder is named after all that goes into it. */
async function build(cache: string, report: (line: string) => void): Promise<Toolchain> {
  const { directory, version } = await cacheEntry(cache);
  const built = { directory, version, isBuilt: true };
  if (await versionOf(join(directory, "pulumi"))) return built;
  report(`Building the Pulumi CLI ${version} with Go: about five minutes on two cores, once`);
  const draft = `${directory}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  for (const { module, package: target, output } of MODULES) {
    const flag = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
    report(`  ${output}`);
    await run("go", ["build", "-o", join(draft, output), "-ldflags", flag, target], {
      cwd: join(SOURCES, module),
      maxBuffer: 16 * 1024 * 1024,
    });
  }
  await writeFile(join(draft, "pulumi-language-nodejs"), LANGUAGE_HOST);
  const dynamic = join(
    dirname(require.resolve("@pulumi/pulumi/package.json")),
    "pulumi-resource-pulumi-nodejs",
  );
  await copyFile(dynamic, join(draft, "pulumi-resource-pulumi-nodejs"));
  for (const name of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"])
    await chmod(join(draft, name), 0o755);
  await rm(directory, { recursive: true, force: true });
  await rename(draft, directory);
  return built;
}

async function cacheEntry(cache: string): Promise<{ directory: string; version: string }> {
  const hash = createHash("sha256").update(LANGUAGE_HOST).update(SDK_VERSION);
  let version = "";
  for (const { module } of MODULES) {
    const text = await readFile(join(SOURCES, module, "go.mod"), "utf8");
    hash.update(text);
    version ||= /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "";
  }
  return { directory: join(cache, `pulumi-${version}-${hash.digest("hex").slice(0, 12)}`), version };
}
