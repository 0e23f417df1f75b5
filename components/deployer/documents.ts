import type { PeopleContext } from "../people.ts";
import type { PolicyDocument, Statement } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";
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
  const permissions = deployerPermissions(context);
  const documentOf = (name: DocumentName) =>
    policyDocument(permissions.filter(({ document }) => document === name).map(statementOf));
  return Object.fromEntries(DOCUMENTS.map((name) => [name, documentOf(name)])) as Record<
    DocumentName,
    PolicyDocument
  >;
}

function statementOf({
  sid,
  resources,
  conditions,
  deployment = [],
  further = [],
}: DeployerPermission): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: [...deployment, ...further].sort(),
    Resource: resources,
    ...(conditions && { Condition: conditions }),
  };
}
