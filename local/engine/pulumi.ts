import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parse, stringify } from "yaml";
import { clientEnvironment, PROJECT_DIRECTORY } from "../deploy.ts";
import { ENGINE_DIRECTORY, type HostDescription } from "./host-client.ts";
import type { Toolchain } from "./toolchain.ts";

/** The real CLI, attached to a local cloud, with its state in a folder of this project. */
export class Pulumi {
  readonly #toolchain: Toolchain;
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;

  /** State belongs to one local cloud: another one has nothing of what it says. */
  constructor(toolchain: Toolchain, host: HostDescription) {
    this.#toolchain = toolchain;
    this.#directory = join(PROJECT_DIRECTORY, ENGINE_DIRECTORY, host.id);
    const providers = Object.entries(host.providers).map(([name, port]) => `${name}:${port}`);
    this.#environment = {
      ...process.env,
      ...clientEnvironment(`http://127.0.0.1:${host.port}`),
      ...host.credentials,
      PATH: [toolchain.directory, process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(this.#directory, "state")}`,
      PULUMI_HOME: join(this.#directory, "home"),
      // Nothing here is secret: the state ends with the local cloud.
      PULUMI_CONFIG_PASSPHRASE: "local",
      PULUMI_CREDENTIAL_STORE: "plaintext",
      PULUMI_DEBUG_PROVIDERS: providers.join(","),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  /** Makes the stack if there is none, and gives the options with which commands find it and its configuration. */
  async stackOptions(stack: string): Promise<string[]> {
    await mkdir(join(this.#directory, "state"), { recursive: true });
    const project = parse(await readFile(join(PROJECT_DIRECTORY, "Pulumi.yaml"), "utf8")) as { name: string };
    const settings = join(this.#directory, `Pulumi.${stack}.yaml`);
    // Made in a folder of its own: `stack init` writes a salt into the configuration beside Pulumi.yaml.
    await writeFile(
      join(this.#directory, "Pulumi.yaml"),
      stringify({ name: project.name, runtime: "nodejs" }),
    );
    const known = await this.run(["stack", "ls", "--json"], { cwd: this.#directory, capture: true });
    if (!(JSON.parse(known.out) as { name: string }[]).some(({ name }) => name === stack)) {
      const made = await this.run(["stack", "init", stack], { cwd: this.#directory, capture: true });
      if (made.code !== 0) throw new Error(made.error);
    }
    const salt = parse(await readFile(settings, "utf8")) as object;
    const configuration = parse(
      await readFile(join(PROJECT_DIRECTORY, `Pulumi.${stack}.yaml`), "utf8"),
    ) as object;
    await writeFile(settings, stringify({ ...salt, ...configuration }));
    return ["--stack", stack, "--config-file", settings];
  }

  /** Options that run the policy pack in `directory` as part of a command. */
  async policyOptions(directory: string): Promise<string[]> {
    if (!this.#toolchain.isBuilt) return ["--policy-pack", directory];
    const analyzer = join(this.#directory, "pulumi-analyzer-trade-processing");
    const runner = join(PROJECT_DIRECTORY, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    await writeFile(analyzer, `#!/bin/sh\ncd "${directory}" && exec node "${runner}" "$1" .\n`, {
      mode: 0o755,
    });
    return ["--policy-pack", analyzer];
  }

  /** Runs a command; its output goes to this process's, or is captured. */
  async run(
    args: readonly string[],
    options: { cwd?: string; capture?: boolean; environment?: NodeJS.ProcessEnv } = {},
  ): Promise<{ code: number; out: string; error: string }> {
    const child = spawn(join(this.#toolchain.directory, "pulumi"), args, {
      cwd: options.cwd ?? PROJECT_DIRECTORY,
      env: { ...this.#environment, ...options.environment },
      stdio: options.capture ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    let out = "";
    let error = "";
    child.stdout?.on("data", (data: Buffer) => {
      out += data;
    });
    child.stderr?.on("data", (data: Buffer) => {
      error += data;
    });
    const code = await new Promise<number>((done, fail) => {
      child.once("error", fail);
      child.once("close", (exit) => done(exit ?? 1));
    });
    return { code, out, error };
  }
}
