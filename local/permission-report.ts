import type { Permission } from "../components/iam.ts";
import type { Principal } from "../components/naming.ts";
import type { Use } from "./cloud/iam/usage.ts";

/** A row of the IAM table, with what of it a run did not use. */
export interface UnusedPermission {
  readonly permission: Permission;
  /** Whether nothing of the row was used. */
  readonly isUnused: boolean;
  /** Actions, as the row has them, that were not used. */
  readonly actions: readonly string[];
}

/**
 * What a run did not use of the IAM table. A row is the statement at its place among the rows of its principal, as the
 * role's policy has them. A row that denies is used by every call that it denied.
 */
export function unusedPermissions(
  permissions: readonly Permission[],
  uses: readonly Readonly<Use>[],
  roleArn: (principal: Principal) => string,
): UnusedPermission[] {
  const indexes = new Map<Principal, number>();
  return permissions.flatMap((permission) => {
    const index = indexes.get(permission.principal) ?? 0;
    indexes.set(permission.principal, index + 1);
    const arn = roleArn(permission.principal);
    const own = `role ${arn.slice(arn.lastIndexOf("/") + 1)}: `;
    const used = uses.filter((use) => use.policy.startsWith(own) && use.index === index);
    const actions = permission.actions.filter((action) => !used.some((use) => covers(action, use.action)));
    return actions.length === 0 ? [] : [{ permission, isUnused: used.length === 0, actions }];
  });
}

/** The report as text, a line a row; empty if everything was used. */
export function describeUnused(unused: readonly UnusedPermission[]): string {
  return unused
    .map(
      ({ permission: { principal, reason }, isUnused, actions }) =>
        `${principal}: ${isUnused ? "unused" : "not needed"}: ${actions.join(", ")} (${reason})`,
    )
    .join("\n");
}

/** Whether an action of a policy, which may end in `*`, covers one that was called. */
function covers(pattern: string, action: string): boolean {
  const [given, called] = [pattern.toLowerCase(), action.toLowerCase()];
  return given.endsWith("*") ? called.startsWith(given.slice(0, -1)) : given === called;
}
