import { ServiceError } from "../service.ts";
import type { NamedPolicy } from "./model.ts";
import { checkPolicy } from "./policy.ts";

/** A role with its policies. */
export interface Role {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  trust: NamedPolicy;
  /** Documents by name. */
  readonly inline: Map<string, string>;
  /** ARNs of managed policies. */
  readonly attached: Set<string>;
  /** What of the above decides about its requests. */
  policies: readonly NamedPolicy[];
}

/** Allows everything: of the account's root, and of those who deploy and operate. */
export const ADMINISTRATOR_ACCESS: NamedPolicy = {
  name: "AdministratorAccess",
  document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
};

/** Managed policies by ARN. */
const MANAGED: ReadonlyMap<string, NamedPolicy> = new Map([
  ["arn:aws:iam::aws:policy/AdministratorAccess", ADMINISTRATOR_ACCESS],
]);

/** Characters without white space ("IAM and AWS STS quotas"); of a trust policy, and of all inline policies of a role. */
const MAXIMUM_TRUST_CHARACTERS = 2_048;
const MAXIMUM_INLINE_CHARACTERS = 10_240;

/** The account's roles. Throws IAM's own errors. */
export class RoleStore {
  readonly #byName = new Map<string, Role>();
  readonly #byArn = new Map<string, Role>();
  #version = 0;

  /** Rises with every change of a policy or a role. */
  get version(): number {
    return this.#version;
  }

  all(): readonly Role[] {
    return [...this.#byName.values()];
  }

  find(arn: string): Role | undefined {
    return this.#byArn.get(arn);
  }

  get(name: string): Role {
    const role = this.#byName.get(name);
    if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
    return role;
  }

  add(role: Omit<Role, "trust" | "inline" | "attached" | "policies">, trust: string): Role {
    if (this.#byName.has(role.name))
      throw new ServiceError("EntityAlreadyExists", `Role with name ${role.name} already exists.`, 409);
    const made: Role = {
      ...role,
      trust: trustOf(role.name, trust),
      inline: new Map(),
      attached: new Set(),
      policies: [],
    };
    this.#byName.set(role.name, made);
    this.#byArn.set(role.arn, made);
    this.#version += 1;
    return made;
  }

  /** Deletes a role; gives its ARN. */
  remove(name: string): string {
    const role = this.get(name);
    if (role.attached.size > 0) throw conflict("Cannot delete entity, must detach all policies first.");
    if (role.inline.size > 0) throw conflict("Cannot delete entity, must delete policies first.");
    this.#byName.delete(name);
    this.#byArn.delete(role.arn);
    this.#version += 1;
    return role.arn;
  }

  setTrust(name: string, document: string): void {
    const role = this.get(name);
    role.trust = trustOf(name, document);
    this.#version += 1;
  }

  putInline(name: string, policy: string, document: string): void {
    const role = this.get(name);
    checkPolicy(document, "identity");
    const others = [...role.inline].filter(([each]) => each !== policy).map(([, text]) => text);
    if (characters([...others, document].join("")) > MAXIMUM_INLINE_CHARACTERS)
      throw limitExceeded(
        `Maximum policy size of ${MAXIMUM_INLINE_CHARACTERS} bytes exceeded for role ${name}`,
      );
    role.inline.set(policy, document);
    this.#changed(role);
  }

  inlineOf(name: string, policy: string): string {
    const document = this.get(name).inline.get(policy);
    if (document === undefined) throw noSuchEntity(`The role policy with name ${policy} cannot be found.`);
    return document;
  }

  deleteInline(name: string, policy: string): void {
    this.inlineOf(name, policy);
    const role = this.get(name);
    role.inline.delete(policy);
    this.#changed(role);
  }

  attach(name: string, policyArn: string): void {
    const role = this.get(name);
    if (!MANAGED.has(policyArn))
      throw noSuchEntity(
        `Policy ${policyArn} does not exist or is not attachable; the local cloud has: ${[...MANAGED.keys()].join(", ")}`,
      );
    role.attached.add(policyArn);
    this.#changed(role);
  }

  detach(name: string, policyArn: string): void {
    const role = this.get(name);
    if (!role.attached.delete(policyArn)) throw noSuchEntity(`Policy ${policyArn} was not found.`);
    this.#changed(role);
  }

  #changed(role: Role): void {
    role.policies = [
      ...[...role.inline].map(([policy, document]) => ({ name: `role ${role.name}: ${policy}`, document })),
      ...[...role.attached].flatMap((arn) => MANAGED.get(arn) ?? []),
    ];
    this.#version += 1;
  }
}

function trustOf(role: string, document: string): NamedPolicy {
  checkPolicy(document, "trust");
  if (characters(document) > MAXIMUM_TRUST_CHARACTERS)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${MAXIMUM_TRUST_CHARACTERS}`);
  return { name: `trust policy of role ${role}`, document };
}

function characters(document: string): number {
  return document.replace(/\s/g, "").length;
}

function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntity", message, 404);
}

function conflict(message: string): ServiceError {
  return new ServiceError("DeleteConflict", message, 409);
}

function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceeded", message, 409);
}
