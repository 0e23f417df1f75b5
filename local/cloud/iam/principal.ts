import { isJson } from "../input.ts";
import { malformed } from "./refusal.ts";

/**
 * How a Principal element covers a principal: by itself, or through its account, which leaves the decision to the
 * identity policies there (IAM User Guide, "AWS JSON policy elements: Principal").
 */
export type Coverage = "direct" | "account" | undefined;

/** Whether a principal is a service, such as `events.amazonaws.com`. */
export function isServicePrincipal(principal: string): boolean {
  return !principal.startsWith("arn:");
}

const ACCOUNT = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/;
const ROOT = /^arn:aws:iam::\d{12}:root$/;
const NAMED = /^arn:aws:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]+$/;
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/**
 * Compiles a Principal or NotPrincipal element. Throws MalformedPolicyDocument for kinds of principals that do not
 * exist here and for wildcards within a name, which AWS refuses too.
 */
export function principals(element: unknown): (principal: string) => Coverage {
  const entries = element === "*" ? [["AWS", "*"] as const] : entriesOf(element);
  const accounts = new Set<string>();
  const names = new Set<string>();
  let isEverybody = false;
  for (const [kind, value] of entries) {
    const account = ACCOUNT.exec(value)?.[1];
    if (kind === "AWS" && value === "*") isEverybody = true;
    else if (kind === "AWS" && account) accounts.add(account);
    else if (kind === "AWS" ? NAMED.test(value) : kind === "Service" && SERVICE.test(value)) names.add(value);
    else
      throw malformed(
        `Invalid principal in policy: ${kind} "${value}"; known are "*", AWS with "*", an account, the ARN of ` +
          "an account's root, a role or a user, and Service with a service's name",
      );
  }
  return (principal) => {
    if (isEverybody || names.has(principal)) return "direct";
    const account = accounts.size > 0 ? principal.split(":")[4] : undefined;
    if (!account || !accounts.has(account)) return undefined;
    return ROOT.test(principal) ? "direct" : "account";
  };
}

function entriesOf(element: unknown): (readonly [string, string])[] {
  if (!isJson(element)) throw malformed(`Invalid principal in policy: ${JSON.stringify(element)}`);
  return Object.entries(element).flatMap(([kind, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => [kind, String(value)] as const),
  );
}
