import { expect } from "chai";
import { arnsOf } from "../../components/arns.ts";
import { type Permission, permissionsOf } from "../../components/iam.ts";
import { namesOf } from "../../components/naming.ts";
import { describeUnused, unusedPermissions } from "../../local/permission-report.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { outcomes, rows, startTestSystem, takeMessages, tradeDetail } from "../support/local-system.ts";
import { PermissionBench, REGION } from "./permission-bench.ts";
import { isUsedByAwsOnly, probeOf, serviceOfKeyUse } from "./permission-probes.ts";

/** The table for its rows alone: the sources do not matter to them, and the key is only known once it was made. */
const ROWS = permissionsOf({
  region: REGION,
  keyArn: "key",
  arns: arnsOf({ account: "000000000000", region: REGION, names: namesOf("dev"), sources: [] }),
});

describe("the permissions of the IAM table, in a running system", function () {
  this.timeout(60_000);
  let system: DeployedSystem;
  let bench: PermissionBench;
  before(async () => {
    // The pauses of retriers with full jitter are then none, and everything is traced.
    system = await startTestSystem({ random: () => 0 });
    bench = new PermissionBench(system);
    await bench.quieten();
  });
  after(() => system?.close());

  const indexOf = (row: Permission) =>
    ROWS.filter(({ principal }) => principal === row.principal).indexOf(row);

  /** Carries out work without one row of a role's policy, which is put back after it. */
  async function without(row: Permission, work: () => Promise<void>): Promise<void> {
    const RoleName = bench.roleArn(row.principal).split("/")[1] ?? "";
    const { PolicyNames } = await bench.call("iam", "ListRolePolicies", { RoleName });
    const policy = { RoleName, PolicyName: (PolicyNames as string[])[0] };
    const { PolicyDocument } = await bench.call("iam", "GetRolePolicy", policy);
    const whole = decodeURIComponent(String(PolicyDocument));
    const { Version, Statement } = JSON.parse(whole) as { Version: string; Statement: unknown[] };
    const rest = JSON.stringify({
      Version,
      Statement: Statement.filter((_, index) => index !== indexOf(row)),
    });
    if (Statement.length === 1) await bench.call("iam", "DeleteRolePolicy", policy);
    else await bench.call("iam", "PutRolePolicy", { ...policy, PolicyDocument: rest });
    bench.isWithout = true;
    try {
      await work();
    } finally {
      bench.isWithout = false;
      await bench.call("iam", "PutRolePolicy", { ...policy, PolicyDocument: whole });
    }
  }

  it("are all used by the scenario", async () => {
    const done = new Set<string>();
    for (const row of ROWS.filter((each) => !isUsedByAwsOnly(each))) {
      const probe = probeOf(bench, row);
      const name = `${row.principal}: ${probe.title}`;
      if (done.has(name)) continue;
      done.add(name);
      expect(await probe.run(), name).to.deep.equal(probe.expected);
    }
    const uses = system.services.permissions.uses();
    const unused = unusedPermissions(ROWS, uses, (each) => bench.roleArn(each));
    for (const line of describeUnused(unused).split("\n")) console.log(`      ${line}`);
    const isMissed = ({ isUnused, permission }: (typeof unused)[number]) =>
      isUnused && !isUsedByAwsOnly(permission);
    expect(unused.filter(isMissed)).to.deep.equal([]);
    // Nothing that the system did, its deployment included, was refused for want of a permission.
    const missed = system.services.permissions.denials().filter(({ denial }) => denial === "implicit");
    expect(missed.map(({ message }) => message)).to.deep.equal([]);
  });

  for (const row of ROWS.filter((each) => !isUsedByAwsOnly(each))) {
    const via = serviceOfKeyUse(row);
    const what = `${row.effect === "Deny" ? "not " : ""}${row.actions[0]}${via ? ` via ${via}` : ""}`;
    it(`${row.principal} needs its row ${indexOf(row)}, ${what}: ${row.reason}`, async () => {
      const probe = probeOf(bench, row);
      system.services.permissions.clear();
      await without(row, async () => {
        expect(await probe.run(), probe.title).to.deep.equal(probe.without);
      });
      const denied = system.services.permissions.denials().map(({ request }) => request.principal);
      if (row.effect !== "Deny") expect(denied).to.include(bench.roleArn(row.principal));
      expect(await probe.run(), "with the row again").to.deep.equal(probe.expected);
    });
  }

  for (const { service, shown, expected, without } of [
    {
      ...{ service: "ssm", expected: "complete", without: "pending" },
      shown: async (tradeId: unknown) => (await rows(system, tradeId))[0]?.enrichment,
    },
    {
      ...{ service: "dynamodb", expected: undefined, without: "deadLettered" },
      shown: async (tradeId: unknown) => (await outcomes(system, tradeId))[0]?.outcome,
    },
  ])
    it(`functions reach ${service} through their VPC's endpoint only as far as its policy lets them`, async () => {
      const { VpcEndpoints } = await bench.call("ec2", "DescribeVpcEndpoints", {});
      const endpoint = (VpcEndpoints as Record<string, unknown>[]).find(({ ServiceName }) =>
        String(ServiceName).endsWith(`.${service}`),
      );
      const { VpcEndpointId, PolicyDocument } = endpoint ?? {};
      const trade = async () => {
        await bench.renew("metadata-enricher");
        const detail = tradeDetail();
        await bench.send(detail);
        return shown(detail.tradeId);
      };
      const statement = { Effect: "Allow", Principal: "*", Action: "sts:*", Resource: "*" };
      const closed = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      await bench.call("ec2", "ModifyVpcEndpoint", { VpcEndpointId, PolicyDocument: closed });
      expect(await trade()).to.equal(without);
      await bench.call("ec2", "ModifyVpcEndpoint", { VpcEndpointId, PolicyDocument });
      expect(await trade()).to.equal(expected);
    });

  it("a rule whose role does not trust EventBridge for this account sends trades to the dead letter queue", async () => {
    const RoleName = bench.roleArn("routing").split("/")[1] ?? "";
    const { Role } = await bench.call("iam", "GetRole", { RoleName });
    const trust = decodeURIComponent(String((Role as Record<string, unknown>).AssumeRolePolicyDocument));
    const foreign = trust.replace("000000000000", "111111111111");
    await bench.call("iam", "UpdateAssumeRolePolicy", { RoleName, PolicyDocument: foreign });
    const detail = tradeDetail();
    await bench.send(detail);
    await bench.call("iam", "UpdateAssumeRolePolicy", { RoleName, PolicyDocument: trust });
    const [letter, ...more] = await takeMessages(system, "eventbridge-dlq-dev");
    expect(more).to.deep.equal([]);
    expect(letter?.body).to.have.nested.property("detail.tradeId", detail.tradeId);
    expect(letter?.attributes.ERROR_CODE).to.equal("FAILED_TO_ASSUME_ROLE");
  });

  it("a rule that the policy of its queue does not name sends to its dead letter queue instead", async () => {
    const QueueUrl = `https://sqs.${REGION}.amazonaws.com/000000000000/unmatched-events-dev`;
    const names = { QueueUrl, AttributeNames: ["Policy"] };
    const { Attributes } = await bench.call("sqs", "GetQueueAttributes", names);
    const put = async () => {
      const entry = { Source: "elsewhere", DetailType: "Other", Detail: "{}" };
      const Entries = [{ ...entry, EventBusName: "trading-event-bus-dev" }];
      await bench.call("events", "PutEvents", { Entries });
      await drain(system);
      const [letter] = await takeMessages(system, "eventbridge-dlq-dev");
      const unmatched = await takeMessages(system, "unmatched-events-dev");
      return { unmatched: unmatched.length, code: letter?.attributes.ERROR_CODE };
    };
    await bench.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: "" } });
    expect(await put()).to.deep.equal({ unmatched: 0, code: "NO_PERMISSIONS" });
    await bench.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes });
    expect(await put()).to.deep.equal({ unmatched: 1, code: undefined });
  });
});
