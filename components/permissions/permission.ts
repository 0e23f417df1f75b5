import type { Arns } from "../arns.ts";
import type { Principal } from "../naming.ts";
import type { Conditions } from "../policy-document.ts";

/** One permission: who may do what to which resources, and what for. */
export interface Permission {
  readonly principal: Principal;
  readonly effect?: "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  readonly reason: string;
}

/** What the table is written from: one region's ARNs, without the AWS API. */
export interface PermissionContext {
  readonly region: string;
  readonly arns: Arns;
  readonly keyArn: string;
}

/** What tracing takes; X-Ray has no resource for it. */
export const TRACE_ACTIONS = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

/**
 * What each service does with the customer key in its caller's name. SQS Developer Guide, "Configure KMS permissions for
 * producers"; Lambda Developer Guide, "Securing Lambda environment variables"; DynamoDB Developer Guide, "Authorizing use
 * of your customer managed key".
 */
export const KEY_USES = {
  dynamodb: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
  lambda: ["kms:Decrypt"],
  sqs: ["kms:Decrypt", "kms:GenerateDataKey*"],
} as const;

/** Use of the customer key, only through one service in this region. */
export function keyUse(
  principal: Principal,
  service: keyof typeof KEY_USES,
  context: PermissionContext,
): Permission {
  return {
    principal,
    actions: KEY_USES[service],
    resources: [context.keyArn],
    conditions: { StringEquals: { "kms:ViaService": `${service}.${context.region}.amazonaws.com` } },
    reason: `${service} encrypts with the customer key on behalf of the caller`,
  };
}
