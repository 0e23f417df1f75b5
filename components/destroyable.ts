import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses, for every resource of the stack, the options that would leave something behind on destroy. Policy packs
 * are not told of retainOnDelete, so the program itself holds the rule.
 */
export function refuseRetention(): void {
  pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
    for (const option of ["retainOnDelete", "protect"] as const)
      if (opts[option] === true)
        throw new Error(`${type} "${name}": ${option}: got true; everything must be destroyable`);
    return undefined;
  });
}
