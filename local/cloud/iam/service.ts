import { Input, tagList } from "../input.ts";
import type { Json, Service, Surroundings } from "../service.ts";
import type { NamedPolicy } from "./model.ts";
import { paged } from "./pages.ts";
import { ADMINISTRATOR_ACCESS, type Role, RoleStore } from "./role-store.ts";
import { simulate } from "./simulate.ts";
import { uniqueId } from "./unique-id.ts";

/** IAM: the account's roles and their policies. The same in every region. */
export interface IamService extends Service {
  /** Rises with every change, so that decisions that were kept can be dropped. */
  readonly version: number;
  /** Identity policies of a role, or of the account's root; none of who does not exist. */
  policiesOf(principalArn: string): readonly NamedPolicy[];
  /** Who may assume a role; undefined if there is no such role. */
  trustPolicyOf(roleArn: string): NamedPolicy | undefined;
  /** The trust policy, as the policy of the role as a resource. */
  resourcePolicy(roleArn: string): string | undefined;
}

/** Roles that exist from the start, for those who deploy the system and look after it. */
const STANDING_ROLES = ["deployer", "operator"];
const ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess";

const ROLE_NAME = { minimum: 1, maximum: 64, pattern: /^[\w+=,.@-]+$/ };
const POLICY_NAME = { minimum: 1, maximum: 128, pattern: /^[\w+=,.@-]+$/ };
const POLICY_ARN = { minimum: 20, maximum: 2048 };
const DOCUMENT = { minimum: 1, maximum: 131_072 };
const PATH = { minimum: 1, maximum: 512, pattern: /^\/(?:[!-.0-~]+\/)*$/ };

/** `onRoleDeleted` is told the ARN of every role that is deleted. */
export function createIam(
  surroundings: Surroundings,
  onRoleDeleted: (roleArn: string) => void = () => {},
): IamService {
  const { account, clock } = surroundings;
  const store = new RoleStore();
  const root = `arn:aws:iam::${account}:root`;

  const make = (name: string, path: string, trust: string, description?: string, tags = {}): Role => {
    const arn = `arn:aws:iam::${account}:role${path}${name}`;
    return store.add({ name, path, arn, description, tags, createdAt: clock.now() }, trust);
  };

  for (const name of STANDING_ROLES) {
    const statement = { Effect: "Allow", Principal: { AWS: root }, Action: "sts:AssumeRole" };
    make(name, "/", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
    store.attach(name, ADMINISTRATOR_POLICY);
  }

  const policiesOf = (principalArn: string): readonly NamedPolicy[] =>
    principalArn === root ? [ADMINISTRATOR_ACCESS] : (store.find(principalArn)?.policies ?? []);

  return {
    name: "iam",
    get version() {
      return store.version;
    },
    policiesOf,
    trustPolicyOf: (roleArn) => store.find(roleArn)?.trust,
    resourcePolicy: (roleArn) => {
      const role = store.find(roleArn);
      return role && String(role.trust.document);
    },
    operations: {
      CreateRole(json) {
        const input = read(json, "RoleName", "AssumeRolePolicyDocument", "Path", "Description", "Tags");
        const role = make(
          input.text("RoleName", ROLE_NAME),
          input.optionalText("Path", PATH) ?? "/",
          input.text("AssumeRolePolicyDocument", DOCUMENT),
          input.optionalText("Description", { maximum: 1000 }),
          input.tags("Tags"),
        );
        return { Role: { ...shown(role), Tags: tagList(role.tags) } };
      },
      GetRole(json) {
        const role = store.get(read(json, "RoleName").text("RoleName"));
        return { Role: { ...shown(role), Tags: tagList(role.tags) } };
      },
      ListRoles(json) {
        const input = read(json, "PathPrefix", "Marker", "MaxItems");
        const prefix = input.optionalText("PathPrefix") ?? "/";
        const roles = store.all().filter(({ path }) => path.startsWith(prefix));
        return paged(input, "Roles", roles.map(shown));
      },
      DeleteRole: (json) => onRoleDeleted(store.remove(read(json, "RoleName").text("RoleName"))),
      UpdateAssumeRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyDocument");
        store.setTrust(input.text("RoleName"), input.text("PolicyDocument", DOCUMENT));
      },
      PutRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyName", "PolicyDocument");
        store.putInline(
          input.text("RoleName"),
          input.text("PolicyName", POLICY_NAME),
          input.text("PolicyDocument", DOCUMENT),
        );
      },
      GetRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyName");
        const [RoleName, PolicyName] = [input.text("RoleName"), input.text("PolicyName")];
        return { RoleName, PolicyName, PolicyDocument: encoded(store.inlineOf(RoleName, PolicyName)) };
      },
      ListRolePolicies(json) {
        const input = read(json, "RoleName", "Marker", "MaxItems");
        return paged(input, "PolicyNames", [...store.get(input.text("RoleName")).inline.keys()]);
      },
      DeleteRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyName");
        store.deleteInline(input.text("RoleName"), input.text("PolicyName"));
      },
      AttachRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyArn");
        store.attach(input.text("RoleName"), input.text("PolicyArn", POLICY_ARN));
      },
      DetachRolePolicy(json) {
        const input = read(json, "RoleName", "PolicyArn");
        store.detach(input.text("RoleName"), input.text("PolicyArn", POLICY_ARN));
      },
      ListAttachedRolePolicies(json) {
        const input = read(json, "RoleName", "Marker", "MaxItems");
        const policies = [...store.get(input.text("RoleName")).attached].map((PolicyArn) => ({
          PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf("/") + 1),
          PolicyArn,
        }));
        return paged(input, "AttachedPolicies", policies);
      },
      SimulatePrincipalPolicy(json) {
        const input = read(
          json,
          "PolicySourceArn",
          "ActionNames",
          "ResourceArns",
          "ContextEntries",
          "Marker",
          "MaxItems",
        );
        const role = store.find(input.text("PolicySourceArn", POLICY_ARN));
        if (!role) throw input.refuse("PolicySourceArn", json.PolicySourceArn, "Member must be a role's ARN");
        return paged(input, "EvaluationResults", simulate(input, role.arn, role.policies));
      },
    },
  };
}

function read(json: Json, ...members: string[]): Input {
  return new Input(json, "ValidationError").only(members);
}

function shown(role: Role): Json {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: uniqueId("AROA", role.arn),
    Arn: role.arn,
    CreateDate: new Date(role.createdAt).toISOString(),
    AssumeRolePolicyDocument: encoded(String(role.trust.document)),
    Description: role.description,
  };
}

/** As IAM returns documents: URL-encoded after RFC 3986. */
function encoded(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
