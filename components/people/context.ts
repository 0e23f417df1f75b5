import type { Names } from "../naming.ts";
import { namesOf } from "../naming.ts";
import type { Conditions } from "../policy-document.ts";

/** The stack for whose people, who deploy or operate it, policies are written. */
export interface PeoplesStack {
  readonly suffix: string;
  readonly primaryRegion: string;
  readonly replicaRegion: string;
}

/** What the statements are written from. */
export interface PeopleContext extends PeoplesStack {
  readonly names: Names;
  /** Only in the stack's regions. */
  readonly inRegions: Conditions;
  /**
   * ARN in any region and account: the condition on the region narrows the one, and in another account an identity policy
   * allows nothing.
   */
  arn(service: string, resource: string): string;
}

/** The context of a stack. Throws for a suffix that makes a name too long. */
export function peopleContext(stack: PeoplesStack): PeopleContext {
  return {
    ...stack,
    names: namesOf(stack.suffix),
    inRegions: { StringEquals: { "aws:RequestedRegion": [stack.primaryRegion, stack.replicaRegion] } },
    arn: (service, resource) => `arn:aws:${service}:*:*:${resource}`,
  };
}

/** Several actions of one service. */
export function actions(service: string, ...names: string[]): string[] {
  return names.map((name) => `${service}:${name}`);
}

/** The services as they stand in `kms:ViaService`, in both regions. */
export function viaServices({ primaryRegion, replicaRegion }: PeoplesStack, ...services: string[]): string[] {
  return services.flatMap((service) =>
    [primaryRegion, replicaRegion].map((region) => `${service}.${region}.amazonaws.com`),
  );
}
