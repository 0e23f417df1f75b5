import type { PeopleContext } from "../people.ts";
import { type PolicyDocument, policyDocument, type Statement } from "../policy-document.ts";
import {
  OPERATOR_DOCUMENTS,
  type OperatorDocument,
  type OperatorPermission,
  operatorPermissions,
} from "./permissions.ts";

/** The policy documents of those who operate a stack or send trades to it, by name. */
export function operatorDocuments(context: PeopleContext): Record<OperatorDocument, PolicyDocument> {
  const permissions = operatorPermissions(context);
  const documentOf = (name: OperatorDocument) =>
    policyDocument(permissions.filter(({ document }) => document === name).map(statementOf));
  return Object.fromEntries(OPERATOR_DOCUMENTS.map((name) => [name, documentOf(name)])) as Record<
    OperatorDocument,
    PolicyDocument
  >;
}

function statementOf({ sid, resources, conditions, actions, further = [] }: OperatorPermission): Statement {
  return {
    ...{ Sid: sid, Effect: "Allow", Action: [...actions, ...further].sort(), Resource: resources },
    ...(conditions && { Condition: conditions }),
  };
}
