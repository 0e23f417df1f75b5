import type { PeopleContext } from "../people/context.ts";
import { documentsOf } from "../people/permission.ts";
import type { PolicyDocument } from "../policy-document.ts";
import { eventsPermissions } from "./events-permissions.ts";
import { foundationPermissions } from "./foundation-permissions.ts";
import { networkPermissions } from "./network-permissions.ts";
import { type DeployerPermission, DOCUMENTS, type DocumentName } from "./permission.ts";
import { previewPermissions } from "./preview-permissions.ts";
import { stackPermissions } from "./stack-permissions.ts";

/** Every permission of who deploys a stack: the preview's document is the part that only reads. */
export function deployerPermissions(context: PeopleContext): DeployerPermission[] {
  return [
    ...foundationPermissions(context),
    ...networkPermissions(context),
    ...stackPermissions(context),
    ...eventsPermissions(context),
    ...previewPermissions(context),
  ];
}

/** The policy documents of who deploys a stack, by name. */
export function deployerDocuments(context: PeopleContext): Record<DocumentName, PolicyDocument> {
  return documentsOf(DOCUMENTS, deployerPermissions(context), ({ deployment = [] }) => deployment);
}
