import { expect } from "chai";
import { analyze } from "../../policy/analyze.ts";
import { PACK_NAME, policiesOf } from "../../policy/pack.ts";
import { deadLetterRetention } from "../../policy/rules/dead-letter-retention.ts";
import { destroyable } from "../../policy/rules/destroyable.ts";
import { keptStreamRecords } from "../../policy/rules/event-sources.ts";
import type { CheckedResource } from "../../policy/rules/rule.ts";
import { UNKNOWN, violationsOf } from "../../policy/rules/rule.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { scheduleDeadLetters } from "../../policy/rules/schedules.ts";

const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const urnOf = (type: string, name: string) => `urn:pulumi:dev::trade-processing::${type}::${name}`;

function resource(
  type: string,
  name: string,
  properties: Record<string, unknown> = {},
  further: Partial<CheckedResource> = {},
): CheckedResource {
  return {
    urn: urnOf(type, name),
    type,
    name,
    properties,
    propertyDependencies: {},
    protect: false,
    ...further,
  };
}
const queue = (name: string, properties: Record<string, unknown> = {}) =>
  resource("aws:sqs/queue:Queue", name, { name, ...properties });
const ARN = "arn:aws:sqs:us-east-1:111122223333:q";
const SHORT = { messageRetentionSeconds: 345_600 };

describe("the rule dead-letter-retention", () => {
  const messages = (...resources: CheckedResource[]) =>
    violationsOf(deadLetterRetention, resources).map(({ message }) => message);

  it("passes a dead letter queue of exactly 14 days", () => {
    expect(messages(queue("orders-dlq", { messageRetentionSeconds: 1_209_600 }))).to.deep.equal([]);
  });

  for (const seconds of [1_209_599, 1_209_601, 345_600, 60])
    it(`refuses one of ${seconds} seconds`, () => {
      expect(messages(queue("orders-dlq", { messageRetentionSeconds: seconds }))).to.deep.equal([
        `messageRetentionSeconds: got ${seconds}; must be 1209600`,
      ]);
    });

  it("refuses one that says nothing, since SQS then keeps messages for 4 days", () => {
    expect(messages(queue("orders-dlq"))).to.have.length(1);
  });

  it("refuses one whose retention is not known before deployment", () => {
    expect(messages(queue("orders-dlq", { messageRetentionSeconds: UNKNOWN }))).to.have.length(1);
  });

  it("leaves other queues alone", () => {
    expect(messages(queue("orders", SHORT), queue("dlqueue-reader", SHORT))).to.deep.equal([]);
  });

  for (const name of [
    "orders-dlq",
    "dlq-orders",
    "orders_DLQ_dev",
    "orders-dead-letter",
    "dead-letters.fifo",
  ])
    it(`knows ${name} by its name`, () => {
      expect(messages(queue(name, SHORT))).to.have.length(1);
    });

  it("knows one by its tag", () => {
    expect(messages(queue("parking", { ...SHORT, tags: { Purpose: "DeadLetterQueue" } }))).to.have.length(1);
    expect(messages(queue("parking", { ...SHORT, tags: { Purpose: "Parking" } }))).to.deep.equal([]);
  });

  const references: [what: string, type: string, input: string, value: unknown][] = [
    ["a function", "aws:lambda/function:Function", "deadLetterConfig", { targetArn: ARN }],
    ["a rule's target", "aws:cloudwatch/eventTarget:EventTarget", "deadLetterConfig", { arn: ARN }],
    ["a bus", "aws:cloudwatch/eventBus:EventBus", "deadLetterConfig", { arn: ARN }],
    [
      "another queue",
      "aws:sqs/queue:Queue",
      "redrivePolicy",
      JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 3 }),
    ],
    [
      "a subscription",
      "aws:sns/topicSubscription:TopicSubscription",
      "redrivePolicy",
      JSON.stringify({ deadLetterTargetArn: ARN }),
    ],
    [
      "an event source",
      "aws:lambda/eventSourceMapping:EventSourceMapping",
      "destinationConfig",
      { onFailure: { destinationArn: ARN } },
    ],
    ["a schedule", "aws:scheduler/schedule:Schedule", "target", { deadLetterConfig: { arn: ARN } }],
  ];
  for (const [what, type, input, value] of references) {
    it(`knows one that ${what} names by its ARN`, () => {
      const referring = resource(type, "referring", { [input]: value });
      expect(messages(queue("parking", { ...SHORT, arn: ARN }), referring)).to.have.length(1);
    });

    it(`knows one that ${what} names while its ARN is unknown`, () => {
      const parking = queue("parking", { ...SHORT, arn: UNKNOWN });
      const referring = resource(
        type,
        "referring",
        { [input]: UNKNOWN },
        {
          propertyDependencies: { [input]: [parking.urn] },
        },
      );
      expect(messages(parking, referring)).to.have.length(1);
    });
  }
});

describe("the rule schedule-dead-letters", () => {
  const messages = (target: unknown) =>
    violationsOf(scheduleDeadLetters, [resource("aws:scheduler/schedule:Schedule", "each", { target })]).map(
      ({ message }) => message,
    );

  it("passes a schedule with a queue, known or not yet", () => {
    for (const arn of [ARN, UNKNOWN]) expect(messages({ deadLetterConfig: { arn } })).to.deep.equal([]);
    expect(messages(UNKNOWN)).to.deep.equal([]);
  });

  it("passes one whose late runs have no use", () => {
    expect(messages({ retryPolicy: { maximumRetryAttempts: 0 } })).to.deep.equal([]);
  });

  for (const target of [{}, { retryPolicy: { maximumRetryAttempts: 3 } }, { deadLetterConfig: { arn: "" } }])
    it(`refuses ${JSON.stringify(target)}`, () => {
      expect(messages(target)).to.have.length(1);
      expect(messages(target)[0]).to.match(/^target\.deadLetterConfig\.arn: got /);
    });
});

describe("the rule kept-stream-records", () => {
  const messages = (properties: Record<string, unknown>) =>
    violationsOf(keptStreamRecords, [
      resource("aws:lambda/eventSourceMapping:EventSourceMapping", "changes", properties),
    ]).map(({ message }) => message);

  it("passes a mapping that tries without end, said or by Lambda's default", () => {
    expect(messages({ maximumRetryAttempts: -1, maximumRecordAgeInSeconds: -1 })).to.deep.equal([]);
    expect(messages({})).to.deep.equal([]);
  });

  it("passes one that hands on what it gives up", () => {
    for (const destinationArn of [ARN, UNKNOWN])
      expect(
        messages({ maximumRetryAttempts: 3, destinationConfig: { onFailure: { destinationArn } } }),
      ).to.deep.equal([]);
  });

  it("refuses one that passes records over after some attempts or hours, or may", () => {
    expect(messages({ maximumRetryAttempts: 3 })).to.deep.equal([
      "maximumRetryAttempts: got 3; must be -1, or destinationConfig.onFailure given",
    ]);
    expect(messages({ maximumRetryAttempts: 0, maximumRecordAgeInSeconds: 3600 })).to.have.length(2);
    expect(messages({ maximumRetryAttempts: UNKNOWN })).to.have.length(1);
    expect(messages({ maximumRetryAttempts: 3, destinationConfig: { onFailure: {} } })).to.have.length(1);
  });
});

describe("the rule destroyable", () => {
  const messages = (each: CheckedResource) => violationsOf(destroyable, [each]).map(({ message }) => message);

  it("passes what can be destroyed", () => {
    expect(messages(queue("orders"))).to.deep.equal([]);
    expect(
      messages(resource("aws:ecr/repository:Repository", "images", { forceDelete: true })),
    ).to.deep.equal([]);
    expect(
      messages(resource("aws:dynamodb/table:Table", "t", { deletionProtectionEnabled: false })),
    ).to.deep.equal([]);
  });

  const refused: [what: string, each: CheckedResource, start: string][] = [
    ["a protected resource", resource("a:b:C", "x", {}, { protect: true }), "protect"],
    ["a retained resource", resource("a:b:C", "x", {}, { retainOnDelete: true }), "retainOnDelete"],
    ["a repository that keeps its images", resource("aws:ecr/repository:Repository", "x"), "forceDelete"],
    [
      "a bucket that keeps its objects",
      resource("aws:s3/bucket:Bucket", "x", { forceDestroy: false }),
      "forceDestroy",
    ],
    [
      "a protected table",
      resource("aws:dynamodb/table:Table", "x", { deletionProtectionEnabled: true }),
      "deletionProtectionEnabled",
    ],
    [
      "a log group that is skipped",
      resource("aws:cloudwatch/logGroup:LogGroup", "x", { skipDestroy: true }),
      "skipDestroy",
    ],
    [
      "a protected load balancer",
      resource("aws:lb/loadBalancer:LoadBalancer", "x", { enableDeletionProtection: true }),
      "enableDeletionProtection",
    ],
  ];
  for (const [what, each, start] of refused)
    it(`refuses ${what}`, () => {
      expect(messages(each)).to.have.length(1);
      expect(messages(each)[0]).to.match(new RegExp(`^${start}: got`));
    });
});

describe("the pack", () => {
  const pack = { name: PACK_NAME, policies: policiesOf([deadLetterRetention, destroyable]) };
  const analyzed = (type: string, name: string, inputs: Record<string, unknown>, further: object = {}) => ({
    urn: urnOf(type, name),
    type,
    name,
    protect: false,
    dependencies: [],
    propertyDependencies: {},
    ignoreChanges: [],
    inputs,
    outputs: {},
    ...further,
  });

  it("stops a deployment: every rule is mandatory, with a remedy", () => {
    for (const policy of policiesOf(RULES)) {
      expect(policy.enforcementLevel).to.equal("mandatory");
      expect(policy.remediationSteps).to.have.length.above(10);
    }
  });

  it("reports each violation with its resource through Pulumi's own analyzer", async () => {
    const results = await analyze(pack, [
      analyzed("aws:sqs/queue:Queue", "orders-dlq", SHORT),
      analyzed("aws:ecr/repository:Repository", "images", {}, { protect: true }),
    ]);
    expect(results.map(({ policy, urn, level }) => [policy, urn.split("::").at(-1), level])).to.deep.equal([
      ["destroyable", "images", "mandatory"],
      ["destroyable", "images", "mandatory"],
      ["dead-letter-retention", "orders-dlq", "mandatory"],
    ]);
  });

  it("judges what a first preview knows, instead of giving up at what it does not", async () => {
    const parking = analyzed("aws:sqs/queue:Queue", "parking", { ...SHORT, arn: UNKNOWN_ON_THE_WIRE });
    const referring = analyzed(
      "aws:lambda/function:Function",
      "worker",
      { deadLetterConfig: { targetArn: UNKNOWN_ON_THE_WIRE } },
      { propertyDependencies: { deadLetterConfig: [parking.urn] } },
    );
    const results = await analyze(pack, [parking, referring]);
    expect(results.map(({ urn, level }) => [urn, level])).to.deep.equal([[parking.urn, "mandatory"]]);
  });
});
