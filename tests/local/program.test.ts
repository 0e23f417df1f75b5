import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { UNKNOWN } from "../../local/program/wire.ts";
import { AWS_DISABLED, evaluate, inRegion, messages } from "./program-support.ts";

const turn = () => new Promise((done) => setImmediate(done));

/** What nobody handles while the work runs and for a while after it. */
async function unhandledDuring(work: () => Promise<unknown>): Promise<unknown[]> {
  const others = process.listeners("unhandledRejection");
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  await work();
  // Only what comes after the evaluation counts: during it, its own listener is told too.
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", note);
  await new Promise((done) => setTimeout(done, 300));
  process.off("unhandledRejection", note);
  for (const other of others) process.on("unhandledRejection", other);
  return unhandled;
}

describe("the evaluation of a program", () => {
  it("registers resources in order, with URNs as the engine computes them, parents and providers", async () => {
    class Group extends pulumi.ComponentResource {
      constructor(opts: pulumi.ComponentResourceOptions) {
        super("example:index:Group", "group", {}, opts);
        new aws.sqs.Queue("inner", {}, { parent: this });
        this.registerOutputs({ done: true });
      }
    }
    const evaluation = await evaluate(async () => {
      const { provider } = inRegion("eu-west-1");
      new Group({ providers: { aws: provider } });
      return { answer: 42 };
    });
    expect(messages(evaluation)).to.deep.equal([]);
    const group = "urn:pulumi:test::example::example:index:Group::group";
    const inner = "urn:pulumi:test::example::example:index:Group$aws:sqs/queue:Queue::inner";
    expect([...evaluation.byUrn.keys()].slice(1)).to.deep.equal([
      "urn:pulumi:test::example::pulumi:providers:aws::in-eu-west-1",
      group,
      inner,
    ]);
    expect(evaluation.byUrn.get(inner)).to.include({ parent: group });
    expect(evaluation.byUrn.get(inner)?.provider?.urn).to.match(/::in-eu-west-1$/);
    expect(evaluation.byUrn.get(inner)?.outputs.arn).to.match(/^arn:aws:sqs:eu-west-1:/);
    expect(evaluation.byUrn.get(group)?.outputs).to.deep.equal({ done: true });
    expect(evaluation.outputs).to.deep.equal({ answer: 42 });
  });

  it("refuses a resource without a provider where default providers are disabled, in the engine's words", async () => {
    const program = async () => {
      new aws.sqs.Queue("forgotten", {});
      return {};
    };
    const urn = "urn:pulumi:test::example::aws:sqs/queue:Queue::forgotten";
    const expected = [
      `aws:sqs/queue:Queue "forgotten": Default provider for 'aws' disabled. '${urn}' must use an explicit provider.`,
    ];
    expect(messages(await evaluate(program))).to.deep.equal(expected);
    const every = { "pulumi:disable-default-providers": '["*"]' };
    expect(messages(await evaluate(program, { config: every }))).to.deep.equal(expected);
    expect(messages(await evaluate(program, { config: {} }))).to.deep.equal([]);
  });

  it("refuses a provider function without a provider in the same way", async () => {
    const evaluation = await evaluate(async () => ({ account: (await aws.getCallerIdentity({})).accountId }));
    const [message = "", ...more] = messages(evaluation);
    expect(more).to.deep.equal([]);
    expect(message).to.include(
      "Default provider for 'aws' disabled. 'aws:index/getCallerIdentity:getCallerIdentity'",
    );
  });

  it("refuses a second resource of the same URN", async () => {
    const evaluation = await evaluate(async () => {
      const opts = inRegion("eu-west-1");
      new aws.sqs.Queue("twice", { name: "one" }, opts);
      new aws.sqs.Queue("twice", { name: "two" }, opts);
      return {};
    });
    expect(messages(evaluation)).to.deep.equal([
      "Duplicate resource URN 'urn:pulumi:test::example::aws:sqs/queue:Queue::twice'; try giving it a unique name",
    ]);
  });

  it("reports a resource that fails once, with type and name, whatever depends on it", async () => {
    let evaluation: Awaited<ReturnType<typeof evaluate>> | undefined;
    const unhandled = await unhandledDuring(async () => {
      evaluation = await evaluate(async () => {
        const opts = inRegion("eu-west-1");
        const bucket = new aws.s3.Bucket("store", {}, opts);
        const queue = new aws.sqs.Queue("after", { name: bucket.id }, { ...opts, dependsOn: [bucket] });
        return { arn: pulumi.all([bucket.arn, queue.arn]).apply(([one, other]) => one + other) };
      });
    });
    expect(evaluation && messages(evaluation)).to.deep.equal([
      'aws:s3/bucket:Bucket "store": The local cloud cannot make a resource of type "aws:s3/bucket:Bucket"',
    ]);
    expect(unhandled).to.deep.equal([]);
  });

  it("reports every resource that fails by itself", async () => {
    const evaluation = await evaluate(async () => {
      const opts = inRegion("eu-west-1");
      new aws.s3.Bucket("one", {}, opts);
      new aws.s3.Bucket("other", {}, opts);
      return {};
    });
    expect(messages(evaluation).map((message) => message.split(":").slice(0, 3).join(":"))).to.deep.equal([
      'aws:s3/bucket:Bucket "one"',
      'aws:s3/bucket:Bucket "other"',
    ]);
  });

  for (const [where, program] of [
    [
      "the program itself",
      async () => {
        throw new Error("wrong");
      },
    ],
    [
      "an output of the stack",
      async () => ({
        name: new aws.sqs.Queue("q", {}, inRegion("eu-west-1")).arn.apply(() => {
          throw new Error("wrong");
        }),
      }),
    ],
    [
      "an apply that nothing waits for",
      async () => {
        new aws.sqs.Queue("q", {}, inRegion("eu-west-1")).arn.apply(() => {
          throw new Error("wrong");
        });
        return {};
      },
    ],
  ] as const)
    it(`reports what ${where} throws, once`, async () => {
      let found: string[] = [];
      const unhandled = await unhandledDuring(async () => {
        found = messages(await evaluate(program));
      });
      expect(found).to.deep.equal(["wrong"]);
      expect(unhandled).to.deep.equal([]);
    });

  it("leaves no listener behind", async () => {
    const before = process.listenerCount("unhandledRejection");
    await Promise.all([evaluate(async () => ({})), evaluate(async () => Promise.reject(new Error("wrong")))]);
    expect(process.listenerCount("unhandledRejection")).to.equal(before);
  });
});

describe("evaluations side by side", () => {
  const program = async () => {
    const name = new pulumi.Config("example").require("name");
    await turn();
    const queue = new aws.sqs.Queue("queue", { name }, inRegion("eu-west-1"));
    await turn();
    return {
      name,
      again: new pulumi.Config("example").require("name"),
      stack: pulumi.getStack(),
      arn: queue.arn,
    };
  };

  it("do not mix configuration, stack or resources", async () => {
    const names = ["one", "two", "three", "four"];
    const evaluations = await Promise.all(
      names.map((name) =>
        evaluate(program, { stack: `s-${name}`, config: { ...AWS_DISABLED, "example:name": name } }),
      ),
    );
    evaluations.forEach((evaluation, index) => {
      const name = names[index] ?? "";
      expect(messages(evaluation)).to.deep.equal([]);
      expect(evaluation.outputs).to.deep.equal({
        ...{ name, again: name, stack: `s-${name}` },
        arn: `arn:aws:sqs:eu-west-1:000000000000:${name}`,
      });
      expect(evaluation.resources.filter(({ type }) => type === "aws:sqs/queue:Queue")).to.have.length(1);
    });
  });

  it("do not see each other's errors", async () => {
    const slow = async () => {
      const queue = new aws.sqs.Queue("queue", { name: "good" }, inRegion("eu-west-1"));
      await new Promise((done) => setTimeout(done, 300));
      return { arn: queue.arn };
    };
    const failing = async () => {
      new aws.sqs.Queue("forgotten", {});
      return {};
    };
    const [good, bad] = await Promise.all([evaluate(slow), evaluate(failing)]);
    expect(messages(bad)).to.have.length(1);
    expect(messages(good)).to.deep.equal([]);
    expect(good.outputs).to.deep.equal({ arn: "arn:aws:sqs:eu-west-1:000000000000:good" });
  });
});

describe("a preview", () => {
  it("knows inputs, and nothing of what only creation tells", async () => {
    const seen: string[] = [];
    const evaluation = await evaluate(
      async () => {
        const queue = new aws.sqs.Queue("queue", { name: "work" }, inRegion("eu-west-1"));
        queue.arn.apply(() => seen.push("arn"));
        queue.id.apply(() => seen.push("id"));
        queue.name.apply((name) => seen.push(`name ${name}`));
        return { dryRun: pulumi.runtime.isDryRun(), arn: queue.arn, name: queue.name };
      },
      { preview: true },
    );
    expect(messages(evaluation)).to.deep.equal([]);
    expect(seen).to.deep.equal(["name work"]);
    expect(evaluation.outputs).to.deep.equal({ dryRun: true, arn: UNKNOWN, name: "work" });
    expect(evaluation.resources.find(({ name }) => name === "queue")?.id).to.equal("");
  });

  it("still refuses what could not be made", async () => {
    const program = async () => {
      new aws.sqs.Queue("forgotten", {});
      return {};
    };
    expect(messages(await evaluate(program, { preview: true }))[0]).to.include(
      "Default provider for 'aws' disabled",
    );
  });
});
