import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ClientSettings } from "./clients.ts";
import { parseOutputs, type StackOutputs } from "./outputs.ts";
import { UsageError } from "./usage.ts";

/** Which system a command is for. */
export type Target =
  | { readonly kind: "local"; readonly port: number }
  | { readonly kind: "stack"; readonly stack: string }
  | { readonly kind: "outputs"; readonly file: string };

/** The system's outputs, and how clients reach it. Throws an error that says what to do about it. */
export async function reach(
  target: Target,
  signal: AbortSignal,
): Promise<{ outputs: StackOutputs; settings: ClientSettings }> {
  if (target.kind === "stack")
    return { outputs: parseOutputs(await ofStack(target.stack, signal)), settings: {} };
  if (target.kind === "outputs") return { outputs: parseOutputs(await ofFile(target.file)), settings: {} };
  const endpoint = `http://127.0.0.1:${target.port}`;
  return {
    outputs: parseOutputs(await ofLocalCloud(endpoint, signal)),
    settings: { endpoint, credentials: { accessKeyId: "local", secretAccessKey: "local" } },
  };
}

async function ofLocalCloud(endpoint: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${endpoint}/_local/outputs`, { signal }).catch(() => undefined);
  if (!response?.ok)
    throw new Error(
      `no local cloud answers on ${endpoint}; start one with \`npm start\`, or name its port with --port`,
    );
  return await response.json();
}

async function ofStack(stack: string, signal: AbortSignal): Promise<unknown> {
  const words = ["stack", "output", "--json", "--stack", stack];
  try {
    return JSON.parse((await promisify(execFile)("pulumi", words, { signal })).stdout);
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    throw new Error(
      code === "ENOENT"
        ? "the Pulumi CLI (pulumi) is not on the PATH; with its outputs saved elsewhere, use --outputs FILE"
        : `pulumi ${words.join(" ")}: ${stderr?.trim() || message}`,
    );
  }
}

async function ofFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new UsageError(`--outputs: "${file}" must be a file that can be read`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--outputs: "${file}" must hold JSON, as \`pulumi stack output --json\` writes it`);
  }
}
