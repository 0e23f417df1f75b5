import type { Names } from "../naming.ts";
import { namesOf } from "../naming.ts";
import type { Conditions } from "../policy-document.ts";

/** The documents that permissions are divided into, so that each fits into a managed policy. */
export const DOCUMENTS = [
  "deployer",
  "deployer-events",
  "deployer-foundation",
  "deployer-network",
  "preview",
] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

/** Statements by purpose, and which of their actions who needs. */
export interface DeployerPermission {
  readonly document: DocumentName;
  readonly sid: string;
  readonly purpose: string;
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  /** Actions that a first deployment takes; a test holds that the local cloud's takes all of them, and no others. */
  readonly deployment?: readonly string[];
  /** Actions that updates, `destroy` or the real providers take besides. */
  readonly further?: readonly string[];
  /** What these are for, and where it is documented. */
  readonly reason?: string;
}

/** What the statements are written from. */
export interface DeployerContext {
  readonly names: Names;
  readonly suffix: string;
  readonly replicaRegion: string;
  /** Only in the stack's regions. */
  readonly inRegions: Conditions;
  /**
   * ARN in any region and account: the condition on the region narrows the one, and in another account an identity policy
   * allows nothing.
   */
  arn(service: string, resource: string): string;
}

/** The context of a stack. Throws for a suffix that makes a name too long. */
export function deployerContext(stack: {
  suffix: string;
  primaryRegion: string;
  replicaRegion: string;
}): DeployerContext {
  const { suffix, primaryRegion, replicaRegion } = stack;
  return {
    names: namesOf(suffix),
    suffix,
    replicaRegion,
    inRegions: { StringEquals: { "aws:RequestedRegion": [primaryRegion, replicaRegion] } },
    arn: (service, resource) => `arn:aws:${service}:*:*:${resource}`,
  };
}

/** Several actions of one service. */
export function actions(service: string, ...names: string[]): string[] {
  return names.map((name) => `${service}:${name}`);
}
