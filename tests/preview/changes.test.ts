import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { compareSnapshots, type ResourceChange } from "../../local/preview/compare.ts";
import { type Snapshot, snapshotOf } from "../../local/preview/snapshot.ts";
import { evaluateOffline } from "../components/support/stacks.ts";
import { snapshotOfProgram } from "./support/programs.ts";

interface Variant {
  memorySize?: number;
  queueName?: string;
  hasSecondRule?: boolean;
  hasAlarm?: boolean;
}

/** A function, a queue that a rule sends to, and an alarm on it. */
function system(variant: Variant) {
  const { memorySize = 512, queueName = "trades", hasSecondRule = false, hasAlarm = true } = variant;
  return snapshotOfProgram((options) => {
    new aws.lambda.Function(
      "validator",
      { name: "validator", role: "arn:aws:iam::000000000000:role/validator", memorySize },
      options,
    );
    const queue = new aws.sqs.Queue("queue", { name: queueName }, options);
    const rule = new aws.cloudwatch.EventRule("rule", { name: "rule", eventPattern: "{}" }, options);
    new aws.cloudwatch.EventTarget("target", { rule: rule.name, targetId: "queue", arn: queue.arn }, options);
    if (hasSecondRule)
      new aws.cloudwatch.EventRule("second-rule", { name: "second", eventPattern: "{}" }, options);
    if (hasAlarm)
      new aws.cloudwatch.MetricAlarm(
        "alarm",
        { name: "alarm", comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1, threshold: 1 },
        options,
      );
    return { queueArn: queue.arn };
  });
}

const names = (changes: readonly ResourceChange[]) => changes.map(({ name }) => name);

describe("the difference between two programs", () => {
  let base: Snapshot;
  before(async () => {
    base = await system({});
  });

  it("is nothing between two evaluations of one program", async () => {
    expect(compareSnapshots(base, await system({}))).to.deep.equal({
      ...{ added: [], changed: [], replaced: [], removed: [], outputs: [] },
    });
  });

  it("shows a changed memory size as a change in place, old and new", async () => {
    const { changed, replaced } = compareSnapshots(base, await system({ memorySize: 1024 }));
    expect(replaced).to.deep.equal([]);
    expect(changed).to.deep.equal([
      {
        urn: "urn:pulumi:dev::example::aws:lambda/function:Function::validator",
        type: "aws:lambda/function:Function",
        name: "validator",
        region: "us-east-1",
        properties: [{ path: "memorySize", before: 512, after: 1024, replaces: false }],
      },
    ]);
  });

  it("shows a renamed queue as replaced, with its messages lost, and what follows from it", async () => {
    const changes = compareSnapshots(base, await system({ queueName: "other" }));
    expect(changes.replaced).to.have.length(1);
    const [queue] = changes.replaced;
    expect(queue).to.include({
      name: "queue",
      loses: "all messages in it",
      // Two queues with different names can be there at the same time.
      deleteBeforeReplace: false,
    });
    expect(queue?.properties).to.deep.equal([
      { path: "name", before: "trades", after: "other", replaces: true },
    ]);
    expect(names(changes.changed)).to.deep.equal(["target"]);
    expect(changes.changed[0]?.properties).to.deep.equal([
      {
        path: "arn",
        before: "arn:aws:sqs:us-east-1:000000000000:trades",
        after: "arn:aws:sqs:us-east-1:000000000000:other",
        replaces: false,
      },
    ]);
    expect(changes.outputs.map(({ path }) => path)).to.deep.equal(["queueArn"]);
  });

  it("shows what is added and what is removed, with what is lost", async () => {
    const changes = compareSnapshots(base, await system({ hasSecondRule: true, hasAlarm: false }));
    expect(names(changes.added)).to.deep.equal(["second-rule"]);
    expect(changes.removed).to.have.length(1);
    expect(changes.removed[0]).to.include({ name: "alarm", loses: "its state and history" });
    expect([changes.changed, changes.replaced]).to.deep.equal([[], []]);
  });

  it("takes a renamed resource with an alias for the one that it was", async () => {
    const queue = (name: string, aliases: { name: string }[]) =>
      snapshotOfProgram((options) => {
        new aws.sqs.Queue(name, { name: "trades" }, { ...options, aliases });
        return {};
      });
    const changes = compareSnapshots(await queue("old", []), await queue("new", [{ name: "old" }]));
    expect([changes.added, changes.removed, changes.changed]).to.deep.equal([[], [], []]);
  });

  it("takes another region for another resource", async () => {
    const resources = base.resources.map((each) =>
      each.name === "queue" ? { ...each, region: "eu-west-1" } : each,
    );
    const { replaced } = compareSnapshots(base, { ...base, resources });
    expect(replaced.map(({ properties }) => properties)).to.deep.equal([
      [{ path: "region", before: "us-east-1", after: "eu-west-1", replaces: true }],
    ]);
  });

  it("replaces where the program says so, and leaves out what it ignores", async () => {
    const queue = (
      delaySeconds: number,
      options: { replaceOnChanges?: string[]; ignoreChanges?: string[] },
    ) =>
      snapshotOfProgram((provider) => {
        new aws.sqs.Queue("queue", { name: "trades", delaySeconds }, { ...provider, ...options });
        return {};
      });
    const replacing = { replaceOnChanges: ["delaySeconds"] };
    const { replaced } = compareSnapshots(await queue(1, replacing), await queue(2, replacing));
    expect(replaced.map(({ deleteBeforeReplace }) => deleteBeforeReplace)).to.deep.equal([true]);
    const ignoring = { ignoreChanges: ["delaySeconds"] };
    const ignored = compareSnapshots(await queue(1, ignoring), await queue(2, ignoring));
    expect(Object.values(ignored).flat()).to.deep.equal([]);
  });

  it("follows a replaced resource whose id the service makes up to what holds the id", async () => {
    const network = (cidrBlock: string) =>
      snapshotOfProgram((options) => {
        const vpc = new aws.ec2.Vpc("vpc", { cidrBlock }, options);
        const subnet = new aws.ec2.Subnet("subnet", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24" }, options);
        new aws.lambda.Function(
          "validator",
          {
            name: "validator",
            role: "arn:aws:iam::000000000000:role/validator",
            vpcConfig: { subnetIds: [subnet.id], securityGroupIds: [] },
          },
          options,
        );
        return {};
      });
    const changes = compareSnapshots(await network("10.0.0.0/16"), await network("10.0.0.0/20"));
    expect(names(changes.replaced)).to.deep.equal(["vpc", "subnet"]);
    expect(changes.changed).to.have.length(1);
    expect(changes.changed[0]?.properties).to.have.length(1);
    expect(changes.changed[0]?.properties[0]).to.include({
      path: "vpcConfig.subnetIds[0]",
      after: "known once subnet is replaced",
    });
  });

  it("shows that a secret changes, and never the secret", async () => {
    const parameter = (value: string) =>
      snapshotOfProgram((options) => {
        const secret = pulumi.secret(value);
        new aws.ssm.Parameter("key", { name: "key", type: "SecureString", value: secret }, options);
        return { key: secret };
      });
    const [old, now] = [await parameter("hunter2"), await parameter("correct horse")];
    const changes = compareSnapshots(old, now);
    expect(changes.changed.map(({ properties }) => properties)).to.deep.equal([
      [{ path: "value", before: "[secret]", after: "[secret]", replaces: false }],
    ]);
    // A saved preview holds no digest to compare with.
    const saved = JSON.parse(JSON.stringify(old).replaceAll(/\[secret\] [0-9a-f]+/g, "[secret]"));
    expect(compareSnapshots(saved, now)).to.deep.include({ changed: [], outputs: [] });
    expect(JSON.stringify([old, now, changes])).not.to.match(/hunter2|horse/);
  });

  it("shows the entries that leave or join a list inside a document, wherever they stood", async () => {
    const queue = (...Action: string[]) =>
      snapshotOfProgram((options) => {
        const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Action }] });
        new aws.sqs.QueuePolicy("policy", { queueUrl: "https://queue", policy }, options);
        return {};
      });
    const { changed } = compareSnapshots(await queue("a", "b", "c"), await queue("b", "c", "d"));
    const path = "policy: Statement[0].Action";
    expect(changed[0]?.properties).to.deep.equal([
      { path, before: "a", replaces: false },
      { path, after: "d", replaces: false },
    ]);
  });

  it("shows what changes inside a document, not the document", async () => {
    const queue = (effect: string) =>
      snapshotOfProgram((options) => {
        const policy = JSON.stringify({ Statement: [{ Effect: effect, Action: "sqs:SendMessage" }] });
        new aws.sqs.QueuePolicy("policy", { queueUrl: "https://queue", policy }, options);
        return {};
      });
    const { changed } = compareSnapshots(await queue("Allow"), await queue("Deny"));
    expect(changed[0]?.properties).to.deep.equal([
      { path: "policy: Statement[0].Effect", before: "Allow", after: "Deny", replaces: false },
    ]);
  });
});

describe("the difference between two configurations of this program", () => {
  it("is the memory of six functions in both regions, in place", async () => {
    const before = snapshotOf("dev", await evaluateOffline("dev", {}));
    const overrides = { functions: JSON.stringify({ memorySize: 1024 }) };
    const after = snapshotOf("dev", await evaluateOffline("dev", overrides));
    const { changed, ...others } = compareSnapshots(before, after);
    expect(Object.values(others).flat()).to.deep.equal([]);
    expect(changed.map(({ type }) => type)).to.deep.equal(Array(12).fill("aws:lambda/function:Function"));
    for (const { properties } of changed)
      expect(properties).to.deep.equal([{ path: "memorySize", before: 512, after: 1024, replaces: false }]);
  });

  it("is a replaced workflow and lost executions when its type changes", async () => {
    const before = snapshotOf("dev", await evaluateOffline("dev", {}));
    const overrides = { workflow: JSON.stringify({ type: "EXPRESS" }) };
    const after = snapshotOf("dev", await evaluateOffline("dev", overrides));
    const machines = compareSnapshots(before, after).replaced.filter(({ type }) =>
      type.startsWith("aws:sfn/"),
    );
    expect(machines).to.have.length(2);
    expect(machines[0]?.properties).to.deep.include({
      ...{ path: "type", before: "STANDARD", after: "EXPRESS", replaces: true },
    });
    expect(machines[0]).to.include({
      deleteBeforeReplace: true,
      loses: "executions under way, and the history of those that have ended",
    });
  });
});
