import * as aws from "@pulumi/aws";
import { type EvaluateOptions, type Evaluation, evaluateProgram } from "../../local/program/evaluate.ts";
import { createResourceProvider } from "../../local/providers/resource-provider.ts";
import { PROJECT_DIRECTORY } from "../support/program.ts";

export const AWS_DISABLED = { "pulumi:disable-default-providers": '["aws"]' };

/** Evaluates a small program without effects, with the default provider of aws disabled. */
export function evaluate(
  program: EvaluateOptions["program"],
  options: Partial<EvaluateOptions> = {},
): Promise<Evaluation> {
  return evaluateProgram({
    program,
    project: "example",
    stack: "test",
    config: AWS_DISABLED,
    projectDirectory: PROJECT_DIRECTORY,
    provider: createResourceProvider(),
    ...options,
  });
}

/** Messages of an evaluation's errors. */
export function messages({ errors }: Evaluation): string[] {
  return errors.map(({ message }) => message);
}

/** Options of a resource in a region, with a provider of its own. Once a region in a program. */
export const inRegion = (region: aws.Region) => ({ provider: new aws.Provider(`in-${region}`, { region }) });
