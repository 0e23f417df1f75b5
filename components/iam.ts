import { FUNCTION_NAMES } from "../functions/contract.ts";
import type { Principal } from "./naming.ts";
import { functionPermissions, workflowFunctionPermissions } from "./permissions/functions.ts";
import { maintenancePermissions } from "./permissions/maintenance.ts";
import type { Permission, PermissionContext } from "./permissions/permission.ts";
import { routingPermissions } from "./permissions/routing.ts";
import { workflowPermissions } from "./permissions/workflow.ts";
import type { PolicyDocument, Statement } from "./policy-document.ts";
import { policyDocument } from "./policy-document.ts";

export type { Permission, PermissionContext } from "./permissions/permission.ts";

/** The service that assumes each principal's role. */
export const PRINCIPAL_SERVICES: Readonly<Record<Principal, string>> = {
  "trade-validator": "lambda.amazonaws.com",
  "metadata-enricher": "lambda.amazonaws.com",
  "compliance-recorder": "lambda.amazonaws.com",
  workflow: "states.amazonaws.com",
  routing: "events.amazonaws.com",
  forwarding: "events.amazonaws.com",
  "enrichment-completer": "lambda.amazonaws.com",
  "replacement-recorder": "lambda.amazonaws.com",
  "trade-census": "lambda.amazonaws.com",
  scheduling: "scheduler.amazonaws.com",
  replication: "events.amazonaws.com",
};

/** Every permission of a region's roles. */
export function permissionsOf(context: PermissionContext): Permission[] {
  return [
    ...FUNCTION_NAMES.flatMap((name) => functionPermissions(name, context)),
    ...workflowFunctionPermissions(context),
    ...maintenancePermissions(context),
    ...workflowPermissions(context),
    ...routingPermissions(context),
  ];
}

/** The identity policy of one principal's role. Throws if the table gives it nothing. */
export function identityPolicy(principal: Principal, context: PermissionContext): PolicyDocument {
  const permissions = permissionsOf(context).filter((permission) => permission.principal === principal);
  if (permissions.length === 0) throw new Error(`The IAM table has no permission for "${principal}"`);
  return policyDocument(permissions.map(statementOf));
}

function statementOf(permission: Permission): Statement {
  return {
    Effect: permission.effect ?? "Allow",
    Action: permission.actions,
    Resource: permission.resources,
    ...(permission.conditions && { Condition: permission.conditions }),
  };
}
