import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrincipalRole } from "../principal-role.ts";
import { MessageQueue } from "../queues/message-queue.ts";
import type { RegionContext } from "../region-context.ts";
import { DEAD_LETTER_PURPOSE } from "../standards.ts";
import { CensusRoute } from "./census-route.ts";
import { DefaultBusForwarding } from "./default-bus-forwarding.ts";
import { ExecutionReports } from "./execution-reports.ts";
import { archivedPattern, heartbeatPattern, sourcePattern, unmatchedPattern } from "./patterns.ts";
import { RuleTarget } from "./rule-target.ts";

export interface RoutingArgs {
  context: RegionContext;
  stateMachineArn: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  /** What must be there before the first trade comes in. Default: nothing more than the workflow. */
  startAfter?: pulumi.Resource[];
}

export interface RuleNames {
  sources: string[];
  unmatched: string;
  /** Takes replays to the census. */
  census: string;
  /** Takes heartbeats to the workflow. */
  heartbeat: string;
  /** On the default bus; only where that is forwarded. */
  forwarding?: string;
}

/** The trades bus of a region: its archive, a rule for each source, and a rule for what no source rule takes. */
export class Routing extends pulumi.ComponentResource {
  readonly bus: aws.cloudwatch.EventBus;
  readonly archive: aws.cloudwatch.EventArchive;
  readonly unmatchedQueue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;
  readonly deadLetterAlarm: aws.cloudwatch.MetricAlarm;
  /** Names of the rules, for whoever reads their metrics. */
  readonly rules: RuleNames;
  /** Takes what could not be handed on from the default bus; only where that is forwarded. */
  readonly forwardingDeadLetterQueue: aws.sqs.Queue | undefined;
  /** Takes events that a census finds without an outcome. */
  readonly unaccountedQueue: aws.sqs.Queue;
  /** Names executions that died; only where the workflow is STANDARD. */
  readonly unfinishedExecutionsQueue: aws.sqs.Queue | undefined;

  constructor(name: string, args: RoutingArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:routing:Routing", name, {}, opts);
    const { context, keyArn, topicArn, startAfter = [] } = args;
    const { names, settings, region, arns } = context;
    const { maximumRetryAttempts, maximumEventAgeInSeconds, archiveRetentionDays } = settings.routing;
    const retryPolicy = { maximumRetryAttempts, maximumEventAgeInSeconds };

    this.bus = new aws.cloudwatch.EventBus(`${name}-bus`, { name: names.bus }, { parent: this });
    const deadLetters = new MessageQueue(
      `${name}-dlq`,
      {
        queueName: names.routingDeadLetterQueue,
        purpose: DEAD_LETTER_PURPOSE.value,
        keyArn,
        ruleArns: arns.apply((known) => [
          ...known.sourceRules,
          known.unmatchedRule,
          known.censusRule,
          ...(settings.workflow.type === "STANDARD" ? [known.executionStatusRule] : []),
        ]),
        alarmName: names.routingDeadLetterAlarm,
        topicArn,
      },
      { parent: this },
    );
    const unmatched = new MessageQueue(
      `${name}-unmatched`,
      {
        queueName: names.unmatchedQueue,
        purpose: "UnmatchedEvents",
        keyArn,
        ruleArns: arns.apply((known) => [known.unmatchedRule]),
        alarmName: names.unmatchedAlarm,
        topicArn,
      },
      { parent: this },
    );
    const role = new PrincipalRole(name, { principal: "routing", context, keyArn }, { parent: this });
    const delivery = { retryPolicy, deadLetterQueue: deadLetters, busName: this.bus.name };
    const sourceRules = settings.sources.map(
      (source) =>
        new RuleTarget(
          `${name}-${source.name}`,
          {
            ...delivery,
            ruleName: names.sourceRule(source.name),
            description: `Trades of ${source.source}`,
            pattern: sourcePattern(source.source, region),
            target: { arn: args.stateMachineArn, role },
            startAfter,
          },
          { parent: this },
        ),
    );
    const heartbeatRule = new RuleTarget(
      `${name}-heartbeat`,
      {
        busName: this.bus.name,
        // A heartbeat that is late is lost, and no dead letter: the next one comes in a minute.
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        ruleName: names.heartbeatRule,
        description: "Heartbeats",
        pattern: heartbeatPattern(region),
        target: { arn: args.stateMachineArn, role },
        startAfter,
      },
      { parent: this },
    );
    const unmatchedRule = new RuleTarget(
      `${name}-unmatched-events`,
      {
        ...delivery,
        ruleName: names.unmatchedRule,
        description: "Events that no source rule takes",
        pattern: unmatchedPattern(
          settings.sources.map((each) => each.source),
          region,
        ),
        target: { arn: unmatched.queue.arn },
        startAfter: [...startAfter, unmatched.policy],
      },
      { parent: this },
    );
    const census = new CensusRoute(
      `${name}-census`,
      {
        ...{ context, keyArn, topicArn, startAfter },
        busName: this.bus.name,
        deadLetterQueue: deadLetters,
      },
      { parent: this },
    );
    const forwarding = settings.routing.forwardDefaultBus
      ? new DefaultBusForwarding(
          `${name}-forwarding`,
          { context, busArn: this.bus.arn, keyArn, topicArn, retryPolicy, startAfter },
          { parent: this },
        )
      : undefined;
    const reports =
      settings.workflow.type === "STANDARD"
        ? new ExecutionReports(
            `${name}-executions`,
            {
              ...{ context, keyArn, topicArn, retryPolicy, startAfter },
              stateMachineArn: args.stateMachineArn,
              deadLetterQueue: deadLetters,
            },
            { parent: this },
          )
        : undefined;
    this.unaccountedQueue = census.unaccountedQueue;
    this.unfinishedExecutionsQueue = reports?.queue;
    this.forwardingDeadLetterQueue = forwarding?.deadLetterQueue;
    this.rules = {
      sources: settings.sources.map((source) => names.sourceRule(source.name)),
      unmatched: names.unmatchedRule,
      census: names.censusRule,
      heartbeat: names.heartbeatRule,
      ...(forwarding && { forwarding: names.forwardingRule }),
    };
    this.archive = new aws.cloudwatch.EventArchive(
      `${name}-archive`,
      {
        name: names.archive,
        eventSourceArn: this.bus.arn,
        eventPattern: JSON.stringify(archivedPattern()),
        retentionDays: archiveRetentionDays,
        kmsKeyIdentifier: keyArn,
      },
      // Removed first: a bus cannot be deleted while the rule that fills its archive is still there.
      { parent: this, dependsOn: [...sourceRules, heartbeatRule, unmatchedRule, census] },
    );
    this.unmatchedQueue = unmatched.queue;
    this.deadLetterQueue = deadLetters.queue;
    this.deadLetterAlarm = deadLetters.alarm;
    this.registerOutputs({ busArn: this.bus.arn });
  }
}
