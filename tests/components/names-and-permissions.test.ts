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

  const usersOf = (table: string) =>
    permissions
      .filter(({ resources }) => resources.some((resource) => resource.endsWith(`table/${table}`)))
      .flatMap(({ principal, actions }) => actions.map((action) => `${principal} ${action}`));
  const writing = (use: string) => !/:(GetItem|BatchGetItem|Query)$/.test(use);

  it("lets only the recorder put trades, only the completer change them, and nobody delete one", () => {
    expect(usersOf("trades-dev").filter(writing)).to.have.members([
      "compliance-recorder dynamodb:PutItem",
      "enrichment-completer dynamodb:UpdateItem",
    ]);
  });

  it("lets only the workflow and what watches over replaced rows append outcomes", () => {
    expect(usersOf("trade-outcomes-dev").filter(writing)).to.have.members([
      "workflow dynamodb:PutItem",
      "replacement-recorder dynamodb:PutItem",
    ]);
  });

  it("lets only the recorder write heartbeats", () => {
    expect(usersOf("heartbeats-dev")).to.deep.equal(["compliance-recorder dynamodb:PutItem"]);
  });

  it("limits the completer's update to what completing an enrichment touches, and gives nothing back", () => {
    const [update, ...more] = permissions.filter(({ actions }) => actions.includes("dynamodb:UpdateItem"));
    expect(more).to.deep.equal([]);
    // Key, condition, and what is set or removed: never amount, currency, content, contentHash or timestamp.
    expect(update?.conditions).to.deep.equal({
      "ForAllValues:StringEquals": {
        "dynamodb:Attributes": [
          ...["tradeId", "version", "event", "enrichment", "enrichmentPending", "market", "aboveThreshold"],
          "enrichedAt",
        ],
      },
      StringEqualsIfExists: { "dynamodb:ReturnValues": ["NONE"] },
    });
  });

  it("lets the census read the archive by replays of its own name only, take from its own queue only, and look at undelivered events", () => {
    const census = permissions.filter(({ principal }) => principal === "trade-census");
    const resourcesOf = (action: string) =>
      census.filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
    const at = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111122223333:${resource}`;
    expect(resourcesOf("events:StartReplay")).to.deep.equal([
      at("events", "archive/trades-archive-dev"),
      at("events", "event-bus/trading-event-bus-dev"),
      at("events", "replay/census-*"),
    ]);
    expect(resourcesOf("events:DescribeReplay")).to.deep.equal([at("events", "replay/census-*")]);
    const [own, undelivered] = [at("sqs", "trades-census-dev"), at("sqs", "eventbridge-dlq-dev")];
    expect(resourcesOf("sqs:ReceiveMessage")).to.have.members([own, undelivered]);
    expect(resourcesOf("sqs:DeleteMessage")).to.deep.equal([own]);
    expect(resourcesOf("sqs:ChangeMessageVisibility")).to.deep.equal([undelivered]);
    expect(resourcesOf("sqs:SendMessage")).to.have.members([
      at("sqs", "unaccounted-events-dev"),
      at("sqs", "trade-census-dlq-dev"),
    ]);
  });

  it("lets schedules invoke two functions, dead-letter what they cannot, and put heartbeats on the bus", () => {
    const at = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111122223333:${resource}`;
    const scheduling = permissions.filter(({ principal }) => principal === "scheduling");
    expect(scheduling.map(({ actions, resources }) => [actions, resources]).slice(0, 3)).to.deep.equal([
      [
        ["lambda:InvokeFunction"],
        ["enrichment-completer-dev:live", "trade-census-dev:live"].map((name) =>
          at("lambda", `function:${name}`),
        ),
      ],
      // The completer shares the enricher's queue.
      [
        ["sqs:SendMessage"],
        ["metadata-enricher-dlq-dev", "trade-census-dlq-dev"].map((name) => at("sqs", name)),
      ],
      [["events:PutEvents"], [at("events", "event-bus/trading-event-bus-dev")]],
    ]);
  });

  it("lets EventBridge replicate events between the buses of both regions, and give the role to nobody else", () => {
    // EventBridge User Guide, "Making applications Regional-fault tolerant with global endpoints", "Permissions".
    const rows = permissions
      .filter(({ principal }) => principal === "replication")
      .map(({ actions, resources }) => [actions, resources]);
    expect(rows).to.deep.equal([
      [
        ["events:PutRule", "events:PutTargets", "events:DeleteRule", "events:RemoveTargets"],
        ["arn:aws:events:*:111122223333:rule/trading-event-bus-dev/GlobalEndpointManagedRule-*"],
      ],
      [["events:PutEvents"], ["arn:aws:events:*:111122223333:event-bus/trading-event-bus-dev"]],
      [["iam:PassRole"], ["arn:aws:iam::111122223333:role/role-replication-dev-us-east-1"]],
    ]);
  });

  it("lets workflow and schedules invoke published versions by their alias only", () => {
    const invoked = permissions.filter(({ actions }) => actions.includes("lambda:InvokeFunction"));
    expect(invoked.map(({ principal, resources }) => [principal, resources.length])).to.have.deep.members([
      ["workflow", 3],
      ["scheduling", 2],
    ]);
    for (const resource of invoked.flatMap(({ resources }) => resources)) expect(resource).to.match(/:live$/);
  });

  it("names the principal that it has nothing for", () => {
    expect(() => identityPolicy("nobody" as Principal, contextOf("dev", "us-east-1"))).to.throw('"nobody"');
  });
});
