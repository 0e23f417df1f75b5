import type { KeyState } from "../kms/key-state.ts";
import type { Call } from "../service.ts";
import { ServiceError } from "../service.ts";
import { decide, type Policies } from "./evaluate.ts";
import type { Decision, NamedPolicy, PermissionRequest } from "./model.ts";
import { isServicePrincipal } from "./principal.ts";
import { ADMINISTRATOR_ACCESS } from "./role-store.ts";

/** The kind of policy that a request failed at. */
export type DeniedBy = "identity-based" | "resource-based" | "role trust" | "VPC endpoint";

/** Error code and HTTP status of each service for a call that is not permitted. */
const DENIALS: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ec2: ["UnauthorizedOperation", 403],
  iam: ["AccessDenied", 403],
  lambda: ["AccessDeniedException", 403],
  monitoring: ["AccessDenied", 403],
  scheduler: ["AccessDeniedException", 403],
  sns: ["AuthorizationError", 403],
  sqs: ["AccessDenied", 403],
  sts: ["AccessDenied", 403],
  xray: ["AccessDeniedException", 403],
};

type Unusable = Exclude<KeyState, "Enabled">;

/**
 * What services answer when the key of a resource may not or cannot be used (their API references' errors of
 * SendMessage, Publish and AssociateKmsKey).
 */
const KEY_ERRORS: Readonly<Record<string, Readonly<Partial<Record<Unusable | "denied", string>>>>> = {
  logs: { Disabled: "InvalidParameterException", PendingDeletion: "InvalidParameterException" },
  sns: { denied: "KMSAccessDenied", Disabled: "KMSDisabled", PendingDeletion: "KMSInvalidState" },
  sqs: { denied: "KmsAccessDenied", Disabled: "KmsDisabled", PendingDeletion: "KmsInvalidState" },
};

/** The called service's error for a key that is not enabled; undefined if the service goes on without it. */
export function keyUnusable(service: string, keyArn: string, state: Unusable): ServiceError | undefined {
  const code = KEY_ERRORS[service]?.[state];
  const found = state === "Disabled" ? "disabled" : "pending deletion";
  return code === undefined ? undefined : new ServiceError(code, `${keyArn} is ${found}.`);
}

/** Which kind of policy a denial is to be blamed on in the message. */
export function deniedBy(
  decision: Decision,
  withoutNetwork: Decision,
  request: PermissionRequest,
  policies: Policies,
  boundaries: readonly NamedPolicy[],
): DeniedBy {
  const [statement] = decision.statements;
  const byResource = request.action === "sts:AssumeRole" ? "role trust" : "resource-based";
  if (decision.denial === "explicit") {
    if (boundaries.some(({ name }) => name === statement?.policy)) return "VPC endpoint";
    return statement?.policy === policies.resource?.name ? byResource : "identity-based";
  }
  if (decision.isAllowed) return "identity-based";
  if (withoutNetwork.isAllowed) return "VPC endpoint";
  // A role that may do everything would be refused too: then no identity policy is what is missing.
  const isWithoutHope = !decide(request, { ...policies, identity: [ADMINISTRATOR_ACCESS] }).isAllowed;
  return isWithoutHope ? byResource : "identity-based";
}

/** The called service's own error, with the message of IAM ("Troubleshoot access denied error messages"). */
export function accessDenied(
  call: Call,
  request: PermissionRequest,
  denial: "implicit" | "explicit" | undefined,
  by: DeniedBy,
): ServiceError {
  const { action, resource } = request;
  const reason =
    denial === "explicit"
      ? `with an explicit deny in ${by === "identity-based" ? "an" : "a"} ${by} policy`
      : `because no ${by} policy allows the ${action} action`;
  const target = resource === "*" ? "" : ` on resource: ${resource}`;
  const message = `User: ${shown(call)} is not authorized to perform: ${action}${target} ${reason}`;
  const isKeyUse = action.startsWith("kms:") && call.service !== "kms";
  const keyCode = isKeyUse ? KEY_ERRORS[call.service]?.denied : undefined;
  if (keyCode !== undefined) return new ServiceError(keyCode, message, 400);
  const [code, status] = DENIALS[call.service] ?? ["AccessDeniedException", 400];
  return new ServiceError(code, message, status);
}

/** A role calls in a session, which is what AWS names. */
function shown({ principal, sessionName }: Call): string {
  const [, role] = principal.split(":role/");
  if (isServicePrincipal(principal) || role === undefined || sessionName === undefined) return principal;
  const name = role.slice(role.lastIndexOf("/") + 1);
  return `${principal.split(":role/")[0]?.replace(":iam:", ":sts:")}:assumed-role/${name}/${sessionName}`;
}
