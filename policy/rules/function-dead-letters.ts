import { type CheckedResource, member, type StackRule, UNKNOWN, type Violation } from "./rule.ts";

const FUNCTION = "aws:lambda/function:Function";
const QUEUE = "aws:sqs/queue:Queue";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** Comparisons with a threshold that the first message meets. */
const FIRST_MESSAGE: Readonly<Record<string, number>> = {
  GreaterThanOrEqualToThreshold: 1,
  GreaterThanThreshold: 0,
};

export const functionDeadLetters: StackRule = {
  name: "function-dead-letters",
  description: "Every function has a dead letter queue, and every such queue an alarm at its first message",
  severity: "high",
  remediation:
    "Set deadLetterConfig.targetArn to a queue's ARN, and make an alarm on AWS/SQS ApproximateNumberOfMessagesVisible " +
    "of that queue: Maximum, GreaterThanOrEqualToThreshold, threshold 1, one period",
  check: (resources) =>
    resources.filter(({ type }) => type === FUNCTION).flatMap((each) => violations(each, resources)),
};

function violations(lambda: CheckedResource, resources: readonly CheckedResource[]): Violation[] {
  const target = member(lambda.properties.deadLetterConfig, "targetArn");
  const sources = lambda.propertyDependencies.deadLetterConfig ?? [];
  const queue = resources.find(
    ({ type, urn, properties }) =>
      target !== undefined &&
      type === QUEUE &&
      (sources.includes(urn) || (typeof target === "string" && properties.arn === target)),
  );
  const { urn } = lambda;
  if (!queue) {
    const found = target === undefined ? "nothing" : target === UNKNOWN ? "something else" : String(target);
    return [{ urn, message: `deadLetterConfig.targetArn: got ${found}; must be a queue of this stack` }];
  }
  const alarms = resources.filter((each) => each.type === ALARM && watches(each, queue));
  if (alarms.some(isAtFirstMessage)) return [];
  const message =
    alarms.length === 0
      ? `deadLetterConfig.targetArn: no alarm watches the depth of queue ${queue.name}`
      : `deadLetterConfig.targetArn: the alarm on queue ${queue.name} misses its first message`;
  return [{ urn, message }];
}

function watches({ properties, propertyDependencies }: CheckedResource, queue: CheckedResource): boolean {
  const { namespace, metricName, dimensions } = properties;
  if (namespace !== "AWS/SQS" || metricName !== "ApproximateNumberOfMessagesVisible") return false;
  const name = member(dimensions, "QueueName");
  return (
    (propertyDependencies.dimensions ?? []).includes(queue.urn) ||
    (typeof name === "string" && name === queue.properties.name)
  );
}

/** An average over a minute may stay below 1 while there is a message, so only maximum and sum count. */
function isAtFirstMessage({ properties }: CheckedResource): boolean {
  const { comparisonOperator, threshold, statistic, evaluationPeriods } = properties;
  return (
    typeof threshold === "number" &&
    threshold <= (FIRST_MESSAGE[String(comparisonOperator)] ?? Number.NEGATIVE_INFINITY) &&
    (statistic === "Maximum" || statistic === "Sum") &&
    evaluationPeriods === 1
  );
}
