import { decide } from "../iam/evaluate.ts";
import type { TableDescription } from "./dynalite.ts";

/** Developer Guide, "Using IAM with global tables": the service-linked role that replication acts with. */
const ROLE = "role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication";

/** The role's own policy permits what replication does, so that only a statement that denies it can stop it. */
const ROLE_POLICY = {
  name: "DynamoDBReplicationServiceRolePolicy",
  document: JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "dynamodb:*", Resource: "*" }],
  }),
};

/** Whether the policy of a replica's table lets replication write to it. */
export function isReplicationPermitted(
  { TableArn }: TableDescription,
  policy: string | undefined,
  operation: "PutItem" | "DeleteItem",
): boolean {
  if (policy === undefined) return true;
  const [, , , region = "", account = ""] = TableArn.split(":");
  const principal = `arn:aws:iam::${account}:${ROLE}`;
  const request = {
    principal,
    action: `dynamodb:${operation}`,
    resource: TableArn,
    context: {
      "aws:PrincipalArn": principal,
      "aws:PrincipalAccount": account,
      "aws:PrincipalIsAWSService": "false",
      "aws:RequestedRegion": region,
      "aws:SecureTransport": "true",
    },
  };
  const resource = { name: `policy of ${TableArn}`, document: policy };
  return decide(request, { identity: [ROLE_POLICY], resource }).isAllowed;
}
