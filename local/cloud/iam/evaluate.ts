import type { Decision, NamedPolicy, PermissionRequest, StatementReference } from "./model.ts";
import { type CompiledStatement, compiledPolicy } from "./policy.ts";
import { type Coverage, isServicePrincipal } from "./principal.ts";

/**
 * How identity policies and a resource's policy go together within an account.
 * - `either`: one of them suffices, as for queues, buses and tables.
 * - `resource-policy`: the resource's policy must allow; through the account, it leaves the decision to identity
 *   policies. So KMS key policies and the trust policies of roles.
 */
export type Delegation = "either" | "resource-policy";

export interface Policies {
  /** Of the principal. A service has none. */
  readonly identity: readonly NamedPolicy[];
  readonly resource?: NamedPolicy | undefined;
  /** Each must allow too: permissions boundaries, policies of VPC endpoints. */
  readonly boundaries?: readonly NamedPolicy[];
  /** Default: `either`. */
  readonly delegation?: Delegation;
}

interface Matched {
  readonly reference: StatementReference;
  readonly coverage: Coverage;
}

/**
 * Decides about a request within one account (IAM User Guide, "Policy evaluation logic"; for keys AWS KMS Developer
 * Guide, "Determining access to AWS KMS keys"): an explicit deny anywhere wins; then the identity or the resource's
 * policy must allow, as `delegation` says, and every boundary; everything else is an implicit deny. A service is
 * allowed by the resource's policy only. Throws MalformedPolicyDocument for a policy that is not understood.
 */
export function decide(request: PermissionRequest, policies: Policies): Decision {
  const action = request.action.toLowerCase();
  const { resource, boundaries = [], delegation = "either" } = policies;
  const identity = isServicePrincipal(request.principal) ? [] : policies.identity;
  const layers: readonly (readonly NamedPolicy[])[] = [
    identity,
    resource ? [resource] : [],
    ...boundaries.map((boundary) => [boundary]),
  ];
  const allows: Matched[][] = [];
  for (const layer of layers) {
    const allowed: Matched[] = [];
    for (const policy of layer)
      for (const statement of compiledPolicy(policy.document).statements) {
        const coverage = covers(statement, request, action);
        if (coverage === undefined) continue;
        const reference = { policy: policy.name, index: statement.index, sid: statement.sid };
        if (statement.isDeny) return { isAllowed: false, denial: "explicit", statements: [reference] };
        allowed.push({ reference, coverage });
      }
    allows.push(allowed);
  }
  const [byIdentity = [], byResource = [], ...byBoundaries] = allows;
  const direct = byResource.filter(({ coverage }) => coverage === "direct");
  const delegated =
    delegation === "either" ? [] : byResource.filter(({ coverage }) => coverage === "account");
  const isGranted =
    direct.length > 0 || (byIdentity.length > 0 && (delegation === "either" || delegated.length > 0));
  if (!isGranted || byBoundaries.some((allowed) => allowed.length === 0))
    return { isAllowed: false, denial: "implicit", statements: [] };
  const taking = delegation === "resource-policy" && delegated.length === 0 ? [] : byIdentity;
  return {
    isAllowed: true,
    denial: undefined,
    statements: [taking, direct, delegated, ...byBoundaries].flat().map(({ reference }) => reference),
  };
}

/** How a statement covers the request; undefined if it does not apply. */
function covers(statement: CompiledStatement, request: PermissionRequest, action: string): Coverage {
  const coverage = statement.coverage ? statement.coverage(request.principal) : "direct";
  if (coverage === undefined) return undefined;
  return statement.applies(action, request.resource, request.context) ? coverage : undefined;
}
