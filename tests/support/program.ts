import { fileURLToPath } from "node:url";
import type { Evaluation } from "../../local/program/evaluate.ts";
import { evaluateProgram } from "../../local/program/evaluate.ts";
import { readStackConfig } from "../../local/program/stack-file.ts";
import { createResourceProvider } from "../../local/providers/resource-provider.ts";

/** The project's folder. */
export const PROJECT_DIRECTORY = fileURLToPath(new URL("../..", import.meta.url));

/** Evaluates the program for a stack, without effects: resources get the ids and outputs that they would have. */
export async function evaluateStack(
  stack: "dev" | "prod",
  overrides: Readonly<Record<string, string>> = {},
  options: { preview?: boolean } = {},
): Promise<Evaluation> {
  const { project, config } = await readStackConfig(PROJECT_DIRECTORY, stack);
  const { default: program } = (await import("../../index.ts")) as {
    default: () => Promise<Record<string, unknown>>;
  };
  const prefixed = Object.fromEntries(
    Object.entries(overrides).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]),
  );
  return evaluateProgram({
    program,
    project,
    stack,
    config: { ...config, ...prefixed },
    skipDynamic: true,
    preview: options.preview ?? false,
    projectDirectory: PROJECT_DIRECTORY,
    provider: createResourceProvider(),
  });
}
