import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { Properties } from "../../local/program/wire.ts";
import {
  COMPONENTS,
  createResourceProvider,
  RESOURCE_TYPES,
} from "../../local/providers/resource-provider.ts";
import { sdkSchema } from "../../local/providers/sdk-schema.ts";
import { evaluatedStack, STACKS } from "../components/support/stacks.ts";
import { AWS_DISABLED, evaluate, messages } from "./program-support.ts";

/** A custom resource of any type, with any inputs, as a typed constructor would not let through. */
class Raw extends pulumi.CustomResource {
  constructor(type: string, name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(type, name, inputs, opts);
  }
}

const QUEUE = "aws:sqs/queue:Queue";

function raw(type: string, inputs: pulumi.Inputs) {
  return evaluate(async () => {
    const provider = new aws.Provider("here", { region: "eu-west-1" });
    new Raw(type, "thing", inputs, { provider });
    return {};
  });
}

describe("the resource types of the local cloud", () => {
  for (const stack of STACKS)
    it(`has every type that stack ${stack} declares`, async () => {
      const { resources } = await evaluatedStack(stack);
      const made = resources.filter(
        ({ custom, type }) =>
          custom && !type.startsWith("pulumi:providers:") && !type.startsWith("pulumi-nodejs:dynamic"),
      );
      expect(made.length).to.be.greaterThan(100);
      expect(
        made.map(({ type }) => type).filter((type) => !Object.hasOwn(RESOURCE_TYPES, type)),
      ).to.deep.equal([]);
      const remote = resources.filter((each) => each.remote).map(({ type }) => type);
      expect(new Set(remote)).to.deep.equal(new Set(Object.keys(COMPONENTS)));
    });

  it("either does something or says why not, each of them", () => {
    for (const [type, { create, inert }] of Object.entries(RESOURCE_TYPES))
      expect(create === undefined, type).to.equal(inert !== undefined && inert.length > 10);
  });

  it("can be checked against a class of the SDK, each of them", () => {
    for (const type of Object.keys(RESOURCE_TYPES))
      expect(sdkSchema(type)?.inputs.size, type).to.be.greaterThan(0);
  });
});

describe("what the local cloud cannot make", () => {
  it("is refused as a resource, by type and name", async () => {
    const evaluation = await raw("aws:s3/bucket:Bucket", {});
    expect(messages(evaluation)).to.deep.equal([
      'aws:s3/bucket:Bucket "thing": The local cloud cannot make a resource of type "aws:s3/bucket:Bucket"',
    ]);
  });

  it("is refused as a remote component, by type and name", async () => {
    class Other extends pulumi.ComponentResource {
      constructor() {
        super("awsx:lb:ApplicationLoadBalancer", "balancer", {}, {}, true);
      }
    }
    const evaluation = await evaluate(async () => {
      new Other();
      return {};
    });
    expect(messages(evaluation)).to.deep.equal([
      'awsx:lb:ApplicationLoadBalancer "balancer": The local cloud cannot make a component of type ' +
        '"awsx:lb:ApplicationLoadBalancer"; it makes: awsx:ec2:Vpc',
    ]);
  });

  it("is refused as a provider function, by token", async () => {
    const evaluation = await evaluate(async () => {
      const provider = new aws.Provider("here", { region: "eu-west-1" });
      const zone = await aws.route53.getZone({ name: "example.com" }, { provider });
      return { zone: zone.id };
    });
    const [message = "", ...more] = messages(evaluation);
    expect(more).to.deep.equal([]);
    expect(message)
      .to.include('no provider function "aws:route53/getZone:getZone"')
      .and.include("getCallerIdentity");
  });
});

describe("the inputs of a resource", () => {
  it("must be inputs of its type: an unknown one is named", async () => {
    const [message = "", ...more] = messages(await raw(QUEUE, { name: "q", fifoQueues: true }));
    expect(more).to.deep.equal([]);
    expect(message).to.match(
      /^aws:sqs\/queue:Queue "thing": fifoQueues: is no input; known are .*fifoQueue,/,
    );
  });

  it("must be complete: every required one that is missing is named", async () => {
    const type = "aws:cloudwatch/eventTarget:EventTarget";
    expect(messages(await raw(type, {}))).to.deep.equal([
      `${type} "thing": arn: is required; rule: is required`,
    ]);
  });

  it("must be known text where an id is made of them", async () => {
    expect(
      messages(await raw("aws:sqs/queuePolicy:QueuePolicy", { queueUrl: 1, policy: "{}" })),
    ).to.deep.equal(['aws:sqs/queuePolicy:QueuePolicy "thing": queueUrl: must be a text, got 1']);
  });
});

describe("a resource of the local cloud", () => {
  const request = (inputs: Properties) => ({
    ...{ urn: "urn:pulumi:s::p::aws:sqs/queue:Queue::work", type: QUEUE, name: "work" },
    ...{ inputs, region: "us-east-1", account: "000000000000" },
  });

  it("gets a generated name where it has none, the same each time and another for another URN", async () => {
    const provider = createResourceProvider();
    const one = await provider.create(request({}));
    expect(one.outputs.name).to.match(/^work-[0-9a-f]{7}$/);
    expect(await provider.create(request({}))).to.deep.equal(one);
    const other = await provider.create({
      ...request({}),
      urn: "urn:pulumi:t::p::aws:sqs/queue:Queue::work",
    });
    expect(other.outputs.name).not.to.equal(one.outputs.name);
  });

  it("is made in its provider's region, or in the region that it names itself", async () => {
    const calls: string[] = [];
    const provider = createResourceProvider({
      call: async (service, operation, _input, { region }) => {
        calls.push(`${service}:${operation} ${region}`);
        return { QueueUrl: "http://127.0.0.1/000000000000/q" };
      },
      pushImage: async () => {},
    });
    await provider.create(request({ name: "q" }));
    const { outputs } = await provider.create(request({ name: "q", region: "eu-west-1" }));
    expect(calls).to.deep.equal(["sqs:CreateQueue us-east-1", "sqs:CreateQueue eu-west-1"]);
    expect(outputs.arn).to.equal("arn:aws:sqs:eu-west-1:000000000000:q");
  });

  it("is reported with type and name when its service refuses it, once", async () => {
    const provider = createResourceProvider({
      call: async () => {
        throw new Error("Value for parameter DelaySeconds is invalid.");
      },
      pushImage: async () => {},
    });
    const evaluation = await evaluate(
      async () => {
        const aws1 = new aws.Provider("here", { region: "eu-west-1" });
        const queue = new aws.sqs.Queue("work", { name: "work" }, { provider: aws1 });
        new aws.sqs.QueuePolicy("policy", { queueUrl: queue.url, policy: "{}" }, { provider: aws1 });
        return { url: queue.url };
      },
      { provider, config: AWS_DISABLED },
    );
    expect(messages(evaluation)).to.deep.equal([
      'aws:sqs/queue:Queue "work": Value for parameter DelaySeconds is invalid.',
    ]);
  });
});
