import { access } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Evaluation, evaluateProgram } from "../program/evaluate.ts";
import type { ResourceProvider } from "../program/provider.ts";
import { readStackConfig } from "../program/stack-file.ts";
import { createResourceProvider, RESOURCE_TYPES } from "../providers/resource-provider.ts";

/**
 * Evaluates the program of a folder, which must be the working directory, for a stack: nothing is made, and resources
 * get the ids and outputs that they would have, so that policies and comparisons see whole values. Undefined if the
 * folder has no such stack. With `isTolerant`, types that this revision does not know are taken as they are. Throws with everything that the program or a resource refused.
 */
export async function evaluateFolder(
  directory: string,
  stack: string,
  options: { isTolerant?: boolean } = {},
): Promise<Evaluation | undefined> {
  const hasStack = await access(join(directory, `Pulumi.${stack}.yaml`)).then(
    () => true,
    () => false,
  );
  if (!hasStack) return undefined;
  const { project, config } = await readStackConfig(directory, stack);
  const { default: program } = (await import(pathToFileURL(join(directory, "index.ts")).href)) as {
    default: () => Promise<Record<string, unknown>>;
  };
  const evaluation = await evaluateProgram({
    ...{ program, project, stack, config },
    skipDynamic: true,
    projectDirectory: directory,
    provider: options.isTolerant ? tolerant(createResourceProvider()) : createResourceProvider(),
  });
  if (evaluation.errors.length > 0)
    throw new AggregateError(
      evaluation.errors,
      `Stack "${stack}" could not be evaluated:\n${evaluation.errors.map(({ message }) => `  ${message}`).join("\n")}`,
    );
  return evaluation;
}

/** A base may have types that this revision no longer knows; whatever its other resources take from them is made up. */
function tolerant(provider: ResourceProvider): ResourceProvider {
  const isKnown = (type: string) => Object.hasOwn(RESOURCE_TYPES, type);
  return {
    ...provider,
    check: (request) => (isKnown(request.type) ? provider.check(request) : []),
    create: async (request) =>
      isKnown(request.type)
        ? provider.create(request)
        : { id: request.name, outputs: { ...request.inputs, arn: `${request.type} ${request.name}` } },
  };
}
