import * as aws from "@pulumi/aws";
import { type Snapshot, snapshotOf } from "../../../local/preview/snapshot.ts";
import { evaluateProgram } from "../../../local/program/evaluate.ts";
import { createResourceProvider } from "../../../local/providers/resource-provider.ts";
import { PROJECT_DIRECTORY } from "../../support/program.ts";

type Program = (region: { provider: aws.Provider }) => Record<string, unknown>;

/** Evaluates a program that is given the one region's provider, without effects. */
export async function snapshotOfProgram(program: Program): Promise<Snapshot> {
  const evaluation = await evaluateProgram({
    program: async () => program({ provider: new aws.Provider("here", { region: "us-east-1" }) }),
    project: "example",
    stack: "dev",
    config: {},
    projectDirectory: PROJECT_DIRECTORY,
    provider: createResourceProvider(),
  });
  if (evaluation.errors.length > 0) throw new AggregateError(evaluation.errors);
  return snapshotOf("dev", evaluation);
}
