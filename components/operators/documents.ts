import type { PeopleContext } from "../people/context.ts";
import { documentsOf } from "../people/permission.ts";
import type { PolicyDocument } from "../policy-document.ts";
import { OPERATOR_DOCUMENTS, type OperatorDocument, operatorPermissions } from "./permissions.ts";

/** The policy documents of those who operate a stack or send trades to it, by name. */
export function operatorDocuments(context: PeopleContext): Record<OperatorDocument, PolicyDocument> {
  return documentsOf(OPERATOR_DOCUMENTS, operatorPermissions(context), ({ actions }) => actions);
}
