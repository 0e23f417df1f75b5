import { readFile } from "node:fs/promises";
import { parseOutputs, type StackOutputs } from "../../ops/frame/outputs.ts";
import { startTestSystem } from "../support/local-system.ts";

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Target {
  readonly outputs: StackOutputs;
  /** Settings of every SDK client for a region. */
  client(region: string): { region: string; endpoint?: string; credentials?: Credentials };
  /** How long what must happen may take, in milliseconds. */
  readonly patience: number;
  close(): Promise<void>;
}

let shared: Promise<Target> | undefined;

/**
 * What the tests run against: the stack whose outputs (`pulumi stack output --json`) are in the file that
 * DEPLOYED_OUTPUTS names, with the credentials of the environment; or else the local cloud, one for all files.
 */
export function deployedTarget(): Promise<Target> {
  shared ??= openTarget();
  return shared;
}

// Outside every suite: once all files are done.
after(async () => (await shared)?.close());

async function openTarget(): Promise<Target> {
  const file = process.env.DEPLOYED_OUTPUTS;
  if (file !== undefined) {
    const outputs: unknown = JSON.parse(await readFile(file, "utf8"));
    return {
      outputs: parseOutputs(outputs),
      client: (region) => ({ region }),
      patience: 120_000,
      close: async () => {},
    };
  }
  const system = await startTestSystem();
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return {
    outputs: parseOutputs(system.deployment.outputs),
    client: (region) => ({ region, endpoint: system.services.endpoint.url, credentials }),
    patience: 20_000,
    close: () => system.close(),
  };
}
