import { DEAD_LETTER_PURPOSE } from "../../components/standards.ts";
import { type CheckedResource, member } from "./rule.ts";

const QUEUE = "aws:sqs/queue:Queue";

/** Where resources name their dead letter queue: resource type, input, and how to find the ARN in the input. */
const REFERENCES: readonly { type: string; input: string; arn: (value: unknown) => unknown }[] = [
  {
    type: "aws:lambda/function:Function",
    input: "deadLetterConfig",
    arn: (value) => member(value, "targetArn"),
  },
  {
    type: "aws:cloudwatch/eventTarget:EventTarget",
    input: "deadLetterConfig",
    arn: (value) => member(value, "arn"),
  },
  {
    type: "aws:cloudwatch/eventBus:EventBus",
    input: "deadLetterConfig",
    arn: (value) => member(value, "arn"),
  },
  { type: QUEUE, input: "redrivePolicy", arn: redriveTarget },
  { type: "aws:sns/topicSubscription:TopicSubscription", input: "redrivePolicy", arn: redriveTarget },
  {
    type: "aws:lambda/eventSourceMapping:EventSourceMapping",
    input: "destinationConfig",
    arn: (value) => member(member(value, "onFailure"), "destinationArn"),
  },
  {
    type: "aws:scheduler/schedule:Schedule",
    input: "target",
    arn: (value) => member(member(value, "deadLetterConfig"), "arn"),
  },
];

/**
 * Queues that are dead letter queues: by their tag, by their name, or because something sends its dead letters
 * there. References are followed by ARN and, where that is unknown as in a first preview, by dependency.
 */
export function deadLetterQueues(resources: readonly CheckedResource[]): CheckedResource[] {
  const queues = resources.filter((resource) => resource.type === QUEUE);
  const referred = resources.flatMap((resource) => referredQueues(resource, queues));
  return queues.filter((queue) => isMarked(queue) || isNamed(queue) || referred.includes(queue));
}

function isMarked({ properties }: CheckedResource): boolean {
  return member(properties.tags, DEAD_LETTER_PURPOSE.key) === DEAD_LETTER_PURPOSE.value;
}

function isNamed({ name, properties }: CheckedResource): boolean {
  return [name, properties.name].some(
    (each) => typeof each === "string" && /(^|[-_.])(dlq|dead-?letters?)([-_.]|$)/i.test(each),
  );
}

function referredQueues(resource: CheckedResource, queues: readonly CheckedResource[]): CheckedResource[] {
  return REFERENCES.filter((reference) => reference.type === resource.type).flatMap(({ input, arn }) => {
    const target = arn(resource.properties[input]);
    const sources = resource.propertyDependencies[input] ?? [];
    return queues.filter(
      (queue) =>
        sources.includes(queue.urn) || (typeof target === "string" && queue.properties.arn === target),
    );
  });
}

function redriveTarget(value: unknown): unknown {
  if (typeof value !== "string") return member(value, "deadLetterTargetArn");
  try {
    return member(JSON.parse(value), "deadLetterTargetArn");
  } catch {
    return undefined;
  }
}
