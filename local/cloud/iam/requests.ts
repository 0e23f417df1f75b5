import type { Call } from "../service.ts";
import type { Need } from "./actions/table.ts";
import type { PermissionRequest, RequestContext } from "./model.ts";
import { isServicePrincipal } from "./principal.ts";

/** Who asks, in whose name and from where: what decides about a request besides action and resource. */
export type Requester = Pick<
  Call,
  "principal" | "region" | "sourceArn" | "viaService" | "sourceFunctionArn"
> & { readonly network?: RequestContext | undefined };

/**
 * A request as policies see it (IAM User Guide, "AWS global condition context keys"). Local calls count as TLS. Only a
 * service that calls in its own name says for whom it calls.
 */
export function permissionRequest(need: Need, by: Requester, account: string): PermissionRequest {
  const context: Record<string, string | readonly string[]> = {
    "aws:SecureTransport": "true",
    "aws:RequestedRegion": by.region,
    "aws:ViaAWSService": String(by.viaService !== undefined),
    ...need.context,
    ...by.network,
  };
  if (isServicePrincipal(by.principal)) {
    context["aws:PrincipalIsAWSService"] = "true";
    context["aws:PrincipalServiceName"] = by.principal;
    if (by.sourceArn !== undefined) {
      context["aws:SourceArn"] = by.sourceArn;
      const owner = by.sourceArn.split(":")[4] || account;
      context["aws:SourceAccount"] = owner;
      // Former name of the same, which SNS's default policy asks for. EventBridge does not fill it: a topic needs a
      // policy that names EventBridge (EventBridge User Guide, "Amazon SNS permissions").
      if (by.principal !== "events.amazonaws.com") context["aws:SourceOwner"] = owner;
    }
  } else {
    context["aws:PrincipalIsAWSService"] = "false";
    context["aws:PrincipalArn"] = by.principal;
    context["aws:PrincipalAccount"] = by.principal.split(":")[4] || account;
    if (need.action.startsWith("kms:")) context["kms:CallerAccount"] = account;
  }
  if (by.viaService !== undefined) context["kms:ViaService"] = by.viaService;
  if (by.sourceFunctionArn !== undefined) context["lambda:SourceFunctionArn"] = by.sourceFunctionArn;
  return { principal: by.principal, action: need.action, resource: need.resource, context };
}

/**
 * Condition keys that requests have here, some of them only at times, in lower case; and one that they rightly lack,
 * since the account is in no organization.
 */
const CONDITION_KEYS: readonly string[] = [
  ...["PrincipalAccount", "PrincipalArn", "PrincipalIsAWSService", "PrincipalOrgID", "PrincipalServiceName"],
  ...["RequestedRegion", "SecureTransport", "SourceAccount", "SourceArn", "SourceOwner", "SourceVpc"],
  ...["SourceVpce", "ViaAWSService"],
]
  .map((name) => `aws:${name}`)
  .concat("kms:CallerAccount", "kms:GrantIsForAWSResource", "kms:ViaService", "lambda:SourceFunctionArn")
  .concat("dynamodb:Attributes", "dynamodb:ReturnValues")
  .concat("cloudwatch:namespace", "events:detail-type", "events:source", "events:TargetArn")
  .concat("iam:PassedToService")
  .map((key) => key.toLowerCase());

/** Whether a condition on this key is decided here as on AWS: one on any other would always find it missing. */
export function isConditionKey(key: string): boolean {
  const lower = key.toLowerCase();
  return CONDITION_KEYS.includes(lower) || lower.startsWith("kms:encryptioncontext:");
}

const texts = new WeakMap<RequestContext, string>();

function contextText(context: RequestContext): string {
  const known = texts.get(context);
  if (known !== undefined) return known;
  const text = JSON.stringify(context);
  texts.set(context, text);
  return text;
}

/** Texts that differ whenever a decision could. */
export function requestKey(need: Need, by: Requester): string {
  const own = need.context === undefined ? "" : contextText(need.context);
  const { sourceArn = "", viaService = "", sourceFunctionArn = "" } = by;
  return `${need.action}\n${need.resource}\n${by.principal}\n${by.region}\n${sourceArn}\n${viaService}\n${sourceFunctionArn}\n${own}`;
}
