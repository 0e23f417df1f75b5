import type { KmsService } from "../kms/service.ts";
import type { Authorizer, Call, Clock, Json, Service } from "../service.ts";
import { ServiceError } from "../service.ts";
import { actionTables } from "./actions/index.ts";
import type { Need, Place } from "./actions/table.ts";
import { accessDenied, type DeniedBy, deniedBy, keyUnusable } from "./denial.ts";
import { decide } from "./evaluate.ts";
import { keyUses } from "./key-use.ts";
import type { Decision, NamedPolicy, PermissionRequest, RequestContext } from "./model.ts";
import { permissionRequest, type Requester, requestKey } from "./requests.ts";
import { PermissionUsage, type Use } from "./usage.ts";

/** The way that a function's call takes out of its VPC. */
export interface NetworkPath {
  /** `aws:SourceVpc` and `aws:SourceVpce`. */
  readonly context: RequestContext;
  /** Policies of the endpoint that it goes through. */
  readonly boundaries: readonly NamedPolicy[];
}

export interface AuthorizerNeeds {
  readonly iam: {
    readonly version: number;
    policiesOf(principalArn: string): readonly NamedPolicy[];
  };
  readonly services: ReadonlyMap<string, Service>;
  readonly account: string;
  readonly clock: Clock;
  /** The way of a function's own call, always the same object while it is the same. Default: nobody is in a VPC. */
  readonly networkPath?: (call: Call) => NetworkPath | undefined;
}

/** A decision that was made before, and what it rested on besides identity policies. */
interface Known {
  readonly request: PermissionRequest;
  readonly decision: Decision;
  readonly deniedBy: DeniedBy;
  readonly policy: string | undefined;
  readonly path: NetworkPath | undefined;
  readonly counters: readonly Use[];
}

/** Decisions that are kept. */
const KEPT_DECISIONS = 50_000;
/** Service of an ARN, where the local cloud has it under another name. */
const SERVICE_NAMES: Readonly<Record<string, string>> = { cloudwatch: "monitoring" };
const ARN_START = "arn:aws:";
const NO_POLICIES: readonly NamedPolicy[] = [];

/** Decides about every call from identity policies, resource policies and VPC endpoints, and remembers what was used. */
export interface PermissionAuthorizer {
  readonly authorize: Authorizer;
  readonly usage: PermissionUsage;
}

/**
 * What an operation needs comes from the action tables; the use of keys, and that a service may assume the role that
 * it calls with, are needs of the same call. The first that is not permitted decides about the error.
 */
export function createAuthorizer(needs: AuthorizerNeeds): PermissionAuthorizer {
  const { iam, services, account, clock, networkPath = () => undefined } = needs;
  const usage = new PermissionUsage();
  const tables = actionTables(keyArn);
  const keys = { encryptionKey, keyArn };
  let known = new Map<string, Known>();
  const managedKeys = managedKeyPolicy(account);
  let version = iam.version;

  /** The key service, if the cloud has one. */
  function kms(): Partial<KmsService> | undefined {
    return services.get("kms");
  }

  function keyArn(id: string, at: Place): string {
    if (id.startsWith("arn:aws:kms:") && id.includes(":key/")) return id;
    const found = kms()?.keyArn?.(at.region, id);
    if (found !== undefined) return found;
    if (id.startsWith("arn:")) return id;
    return `arn:aws:kms:${at.region}:${at.account}:${id.startsWith("alias/") ? id : `key/${id}`}`;
  }

  function encryptionKey(arn: string): string | undefined {
    return serviceOf(arn)?.encryptionKey?.(arn);
  }

  function serviceOf(arn: string): Service | undefined {
    const name = arn.slice(ARN_START.length, arn.indexOf(":", ARN_START.length));
    return services.get(SERVICE_NAMES[name] ?? name);
  }

  function policyOf({ resource }: Need): string | undefined {
    if (resource === "*") return undefined;
    // Aliases have no policies; those of AWS stand for keys that AWS manages.
    if (resource.startsWith("arn:aws:kms:") && resource.includes(":alias/"))
      return resource.includes(":alias/aws/") ? managedKeys : undefined;
    return serviceOf(resource)?.resourcePolicy?.(resource);
  }

  function decisionOf(need: Need, by: Requester, path: NetworkPath | undefined): Known {
    if (iam.version !== version || known.size > KEPT_DECISIONS) {
      known = new Map();
      version = iam.version;
    }
    const key = requestKey(need, by);
    const policy = policyOf(need);
    const kept = known.get(key);
    if (kept && kept.policy === policy && kept.path === path) return kept;
    const request = permissionRequest(need, { ...by, network: path?.context }, account);
    const identity = iam.policiesOf(by.principal);
    const resource =
      policy === undefined ? undefined : { name: `policy of ${need.resource}`, document: policy };
    const isByResource =
      need.action === "sts:AssumeRole" || /^arn:aws:kms:.*:(?:key|alias\/aws)\//.test(need.resource);
    const delegation = isByResource ? "resource-policy" : "either";
    const policies = { identity, resource, delegation } as const;
    const alone = decide(request, policies);
    const decision = path ? decide(request, { ...policies, boundaries: path.boundaries }) : alone;
    const fresh: Known = {
      ...{ request, decision, policy, path },
      deniedBy: deniedBy(decision, alone, request, policies, path?.boundaries ?? NO_POLICIES),
      counters: usage.countersOf(request, decision.statements),
    };
    known.set(key, fresh);
    return fresh;
  }

  function demand(need: Need, by: Requester, call: Call, path: NetworkPath | undefined): void {
    const { request, decision, deniedBy, counters } = decisionOf(need, by, path);
    for (const use of counters) use.count += 1;
    if (decision.isAllowed) return;
    const error = accessDenied({ ...call, principal: by.principal }, request, decision.denial, deniedBy);
    const { code, message } = error;
    const [statement] = decision.statements;
    usage.deny({ time: clock.now(), call, request, denial: decision.denial, code, message, statement });
    throw error;
  }

  function authorize(call: Call, input: Json): void {
    const row = tables[call.service]?.[call.operation];
    if (!row)
      throw new ServiceError(
        "AccessDeniedException",
        `The permissions of ${call.service}:${call.operation} are not known to the local cloud`,
        403,
      );
    const at = { account, region: call.region };
    if (call.assumedBy !== undefined) {
      const role = { action: "sts:AssumeRole", resource: call.principal };
      const { region, sourceArn } = call;
      demand(
        role,
        {
          principal: call.assumedBy,
          region,
          ...(sourceArn ? { sourceArn } : {}),
        },
        call,
        undefined,
      );
    }
    const path = call.sourceFunctionArn === undefined ? undefined : networkPath(call);
    const own = row(input, at);
    for (const need of own) demand(need, call, call, path);
    for (const use of keyUses(call, input, own, at, keys)) {
      // EventBridge does not tell the key of a queue or topic for which rule it sends (EventBridge User Guide, key
      // policies of encrypted targets).
      const by: Requester = use.service
        ? { principal: use.service, region: call.region }
        : {
            ...{ principal: call.principal, region: call.region },
            viaService: `${call.service}.${call.region}.amazonaws.com`,
            ...(call.sourceFunctionArn ? { sourceFunctionArn: call.sourceFunctionArn } : {}),
            ...(call.sourceArn && call.principal !== "events.amazonaws.com"
              ? { sourceArn: call.sourceArn }
              : {}),
          };
      for (const need of use.needs) demand(need, by, call, undefined);
      const state = kms()?.keyState?.(use.key);
      const refused = state && state !== "Enabled" && keyUnusable(call.service, use.key, state);
      if (refused) throw refused;
    }
  }

  return { authorize, usage };
}

/** Keys that AWS manages take every principal of the account, and no service's own calls. */
function managedKeyPolicy(account: string): string {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: "*" },
    Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
    Resource: "*",
    Condition: { StringEquals: { "kms:CallerAccount": account } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
