import { type Conditions, type PolicyDocument, policyDocument } from "../policy-document.ts";

/** A statement of somebody's policy, by what it is for. */
export interface PeoplesPermission<Name extends string> {
  /** The document that it is part of. */
  readonly document: Name;
  readonly sid: string;
  readonly purpose: string;
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  /** Actions beside those that are known to be taken. */
  readonly further?: readonly string[];
}

/** The documents by name, of permissions whose known actions `taken` tells. */
export function documentsOf<Name extends string, Permission extends PeoplesPermission<Name>>(
  names: readonly Name[],
  permissions: readonly Permission[],
  taken: (permission: Permission) => readonly string[],
): Record<Name, PolicyDocument> {
  const documentOf = (name: Name) =>
    policyDocument(
      permissions
        .filter(({ document }) => document === name)
        .map((permission) => ({
          ...{ Sid: permission.sid, Effect: "Allow" },
          Action: [...taken(permission), ...(permission.further ?? [])].sort(),
          Resource: permission.resources,
          ...(permission.conditions && { Condition: permission.conditions }),
        })),
    );
  return Object.fromEntries(names.map((name) => [name, documentOf(name)])) as Record<Name, PolicyDocument>;
}
