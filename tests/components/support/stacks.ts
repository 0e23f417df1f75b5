import { expect } from "chai";
import type { Evaluation } from "../../../local/program/evaluate.ts";
import type { EvaluatedResource } from "../../../local/program/provider.ts";
import { evaluateStack } from "../../support/program.ts";

export const STACKS = ["dev", "prod"] as const;
export type StackName = (typeof STACKS)[number];

/** Regions of the stacks and the logical name that each region's resources start with. */
export const REGIONS = { primary: "us-east-1", replica: "eu-west-1" } as const;
export type Role = keyof typeof REGIONS;
export const ROLES: readonly Role[] = ["primary", "replica"];

const evaluations = new Map<string, Promise<Evaluation>>();

/** The program's resources for a stack, evaluated once a process. Fails with whatever went wrong. */
export function evaluatedStack(stack: StackName, options: { preview?: boolean } = {}): Promise<Evaluation> {
  const key = `${stack} ${options.preview ?? false}`;
  const known = evaluations.get(key) ?? evaluateOffline(stack, {}, options);
  evaluations.set(key, known);
  return known;
}

/** One evaluation with further configuration. Fails with whatever went wrong. */
export async function evaluateOffline(
  stack: StackName,
  overrides: Record<string, string>,
  options: { preview?: boolean } = {},
): Promise<Evaluation> {
  const evaluation = await evaluateStack(stack, overrides, options);
  expect(evaluation.errors.map(String)).to.deep.equal([]);
  return evaluation;
}

/** Resources of a type, such as `aws:sqs/queue:Queue`. */
export function ofType({ resources }: Evaluation, type: string): EvaluatedResource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The one resource of a type and logical name. Throws naming those that there are. */
export function one(evaluation: Evaluation, type: string, name: string): EvaluatedResource {
  const all = ofType(evaluation, type);
  const [found, ...more] = all.filter((resource) => resource.name === name);
  if (!found || more.length > 0)
    throw new Error(`${type} "${name}": there are ${all.map((resource) => resource.name).join(", ")}`);
  return found;
}

/** Region that a resource is made in, from the provider that it was registered with. */
export function regionOf(evaluation: Evaluation, resource: EvaluatedResource): unknown {
  return resource.provider && evaluation.byUrn.get(resource.provider.urn)?.inputs.region;
}

/** Logical name of a resource's parent. */
export function parentOf(evaluation: Evaluation, resource: EvaluatedResource): string | undefined {
  return resource.parent === undefined ? undefined : evaluation.byUrn.get(resource.parent)?.name;
}

/** A policy document or other JSON that an input holds as text. */
export function jsonOf<Content>(value: unknown): Content {
  if (typeof value !== "string") throw new Error(`Not JSON text: ${JSON.stringify(value)}`);
  return JSON.parse(value) as Content;
}
