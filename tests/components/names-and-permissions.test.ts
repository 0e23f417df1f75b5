import { expect } from "chai";
import fc from "fast-check";
import { arnsOf } from "../../components/arns.ts";
import { identityPolicy, PRINCIPAL_SERVICES, permissionsOf } from "../../components/iam.ts";
import type { Principal } from "../../components/naming.ts";
import { checkedName, namesOf, roleName } from "../../components/naming.ts";

const LONGEST_REGION = "ap-southeast-1";
const suffixes = fc.stringMatching(/^[a-z0-9-]{3,20}$/);
const principals = Object.keys(PRINCIPAL_SERVICES) as Principal[];

function contextOf(suffix: string, region: string) {
  const names = namesOf(suffix);
  const account = "111122223333";
  const arns = arnsOf({ account, region, names, sources: ["system1", "system2"] });
  return { region, arns, keyArn: `arn:aws:kms:${region}:${account}:key/1234` };
}

describe("names", () => {
  it("fit their services for every suffix that the settings allow", () => {
    fc.assert(
      fc.property(suffixes, (suffix) => {
        namesOf(suffix).sourceRule("s".repeat(32));
        for (const principal of principals) roleName(principal, suffix, LONGEST_REGION);
      }),
    );
  });

  it("end in the suffix, and those of roles in suffix and region", () => {
    expect(namesOf("dev").functions["trade-validator"]).to.equal("trade-validator-dev");
    expect(namesOf("dev").functionDeadLetterAlarms["metadata-enricher"]).to.equal("enricher-dlq-alarm-dev");
    expect(roleName("workflow", "dev", "eu-west-1")).to.match(/-dev-eu-west-1$/);
  });

  it("that are too long are refused with the name, its length and the limit", () => {
    expect(() => checkedName("role", "r".repeat(65))).to.throw(
      /role name "r+" has 65 characters; at most 64/,
    );
  });
});

describe("the IAM table", () => {
  /** Actions for which AWS has no resource, or none before the call makes it. */
  const WITHOUT_RESOURCE =
    /^(xray:|ec2:|logs:(\w+LogDelivery|ListLogDeliveries|PutResourcePolicy|Describe\w+)$)/;
  const permissions = permissionsOf(contextOf("dev", "us-east-1"));

  it("names an ARN wherever AWS has one", () => {
    for (const { principal, actions, resources } of permissions)
      if (resources.some((resource) => resource === "*"))
        for (const action of actions) expect(action, principal).to.match(WITHOUT_RESOURCE);
  });

  it("has no wildcard action but those of KMS that belong together", () => {
    const wild = permissions.flatMap(({ actions }) => actions).filter((action) => action.includes("*"));
    expect(new Set(wild)).to.deep.equal(new Set(["kms:GenerateDataKey*", "kms:ReEncrypt*"]));
  });

  it("says for every permission what it is for", () => {
    for (const { reason } of permissions) expect(reason).to.have.length.above(10);
  });

  it("gives every principal a policy within the size of an inline policy", () => {
    for (const principal of principals) {
      const policy = identityPolicy(principal, contextOf("x".repeat(20), LONGEST_REGION));
      expect(JSON.stringify(policy).length, principal).to.be.below(10_240);
    }
  });

  it("lets only the recorder write trades, and only the workflow append outcomes", () => {
    const writers = (table: string) =>
      permissions
        .filter(({ resources }) => resources.some((resource) => resource.endsWith(`table/${table}`)))
        .map(({ principal, actions }) => [principal, actions]);
    expect(writers("trades-dev")).to.deep.equal([["compliance-recorder", ["dynamodb:PutItem"]]]);
    expect(writers("trade-outcomes-dev")).to.deep.equal([["workflow", ["dynamodb:PutItem"]]]);
  });

  it("lets the workflow invoke published versions by their alias only", () => {
    const invoked = permissions.filter(({ actions }) => actions.includes("lambda:InvokeFunction"));
    expect(invoked.flatMap(({ resources }) => resources)).to.have.length(3);
    for (const resource of invoked.flatMap(({ resources }) => resources)) expect(resource).to.match(/:live$/);
  });

  it("names the principal that it has nothing for", () => {
    expect(() => identityPolicy("nobody" as Principal, contextOf("dev", "us-east-1"))).to.throw('"nobody"');
  });
});
