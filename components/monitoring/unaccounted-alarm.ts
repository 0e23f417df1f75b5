import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { METRICS, METRICS_NAMESPACE, type WorkflowFunctionName } from "../../functions/contract.ts";
import type { RegionContext } from "../region-context.ts";

export interface UnaccountedAlarmArgs {
  context: RegionContext;
  busName: pulumi.Input<string>;
  stateMachineArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
}

/** One metric that the expression adds or subtracts. */
export interface AlarmMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Seconds. Longer than the longest path of an execution (less than 270 s), so that what is under way at the end of a
 * period has ended by the end of the next: it makes at most two periods that overlap its end look short.
 */
export const PERIOD_SECONDS = 300;
/** An hour, so that single losses of a quiet market add up. */
export const EVALUATION_PERIODS = 12;
/**
 * One more than the periods that a sudden rise of what is under way can make look short, since a period that is
 * evaluated every minute may begin in the middle of the rise.
 */
export const DATAPOINTS_TO_ALARM = 3;
/** Percent of what was matched. At a steady load, 1 % of a period is what is under way when trades take 3 s. */
export const THRESHOLD_PERCENT = 1;
/** CloudWatch User Guide, "Limits that apply to alarms based on metric math expressions": a hard limit. */
const MOST_METRICS = 10;

/**
 * What entered, and how it may have ended. Entered: events that the source rules matched. Where more sources than
 * an alarm takes metrics would have to be added up, the executions that they started, which leaves out what
 * EventBridge could not deliver.
 */
export function unaccountedMetrics(
  { names, settings }: Pick<RegionContext, "names" | "settings">,
  place: { busName: pulumi.Input<string>; stateMachineArn: pulumi.Input<string> },
): { entered: AlarmMetric[]; ended: AlarmMetric[] } {
  const counted = (service: WorkflowFunctionName, metric: keyof typeof METRICS): AlarmMetric => ({
    namespace: METRICS_NAMESPACE,
    name: METRICS[metric],
    dimensions: { service, Environment: settings.environmentSuffix },
  });
  const sent = (QueueName: string): AlarmMetric => ({
    namespace: "AWS/SQS",
    name: "NumberOfMessagesSent",
    dimensions: { QueueName },
  });
  const ended = [
    counted("compliance-recorder", "recorded"),
    counted("compliance-recorder", "duplicate"),
    counted("compliance-recorder", "rejected"),
    counted("trade-validator", "rejected"),
    sent(names.functionDeadLetterQueues["trade-validator"]),
    sent(names.functionDeadLetterQueues["compliance-recorder"]),
  ];
  const undelivered = sent(names.routingDeadLetterQueue);
  const matched = settings.sources.map(({ name }) => ({
    ...{ namespace: "AWS/Events", name: "MatchedEvents" },
    dimensions: { RuleName: names.sourceRule(name), EventBusName: place.busName },
  }));
  if (matched.length + ended.length + 1 <= MOST_METRICS)
    return { entered: matched, ended: [...ended, undelivered] };
  const started = {
    ...{ namespace: "AWS/States", name: "ExecutionsStarted" },
    dimensions: { StateMachineArn: place.stateMachineArn },
  };
  return { entered: [started], ended };
}

/**
 * Percent of the entered events of a period that did not end in it; no value, and therefore healthy, for a period in
 * which nothing entered. Metrics of outcomes are filled with 0, since one that never had a value has no series to
 * subtract (CloudWatch User Guide, "Using metric math", FILL).
 */
export function unaccountedExpression(entered: number, ended: number): string {
  const sum = (count: number, metric: (index: number) => string) =>
    `SUM([${Array.from({ length: count }, (_, index) => metric(index)).join(", ")}])`;
  const all = sum(entered, (index) => `i${index}`);
  return `100 * (${all} - ${sum(ended, (index) => `FILL(o${index}, 0)`)}) / ${all}`;
}

/**
 * Alarms a region when more events entered than ended, by more than 1 % in at least three periods of five minutes of
 * an hour. Load that comes and goes, and trades that take longer than usual, shift events from one period to the next,
 * which makes one or two of them look short; only events that never end do so for longer. Metrics are best effort and
 * retries may count twice: the alarm is an estimate that says where to look, and the census is the proof.
 */
export class UnaccountedAlarm extends pulumi.ComponentResource {
  constructor(name: string, args: UnaccountedAlarmArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:monitoring:UnaccountedAlarm", name, {}, opts);
    const { context, topicArn } = args;
    const { entered, ended } = unaccountedMetrics(context, args);
    const metricQuery = (letter: string) => (metric: AlarmMetric, index: number) => ({
      id: `${letter}${index}`,
      metric: {
        namespace: metric.namespace,
        metricName: metric.name,
        dimensions: metric.dimensions,
        period: PERIOD_SECONDS,
        stat: "Sum",
      },
    });
    new aws.cloudwatch.MetricAlarm(
      `${name}-alarm`,
      {
        name: context.names.unaccountedTradesAlarm,
        alarmDescription:
          "An estimate from metrics, which are best effort: more trades were matched than were recorded, duplicate, " +
          "rejected or dead-lettered. The proof, and their names: npm run ops -- census",
        metricQueries: [
          {
            id: "unaccounted",
            label: "Unaccounted trades, percent",
            expression: unaccountedExpression(entered.length, ended.length),
            returnData: true,
          },
          ...entered.map(metricQuery("i")),
          ...ended.map(metricQuery("o")),
        ],
        comparisonOperator: "GreaterThanThreshold",
        threshold: THRESHOLD_PERCENT,
        evaluationPeriods: EVALUATION_PERIODS,
        datapointsToAlarm: DATAPOINTS_TO_ALARM,
        treatMissingData: "notBreaching",
        alarmActions: [topicArn],
        okActions: [topicArn],
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
