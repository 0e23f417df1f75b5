import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { CENSUS_DELIVERY_SECONDS } from "../../functions/contract.ts";
import { MessageQueue } from "../queues/message-queue.ts";
import { queuePolicy } from "../queues/queue-policy.ts";
import type { RegionContext } from "../region-context.ts";
import { MAXIMUM_MESSAGE_BYTES } from "../standards.ts";
import { censusPattern } from "./patterns.ts";
import { RuleTarget } from "./rule-target.ts";

/** A replay's copies that no census has read are of one that broke off: the next one replays anew. */
const COPIES_KEPT_SECONDS = 86_400;

/** A census waits for what is tried again: nothing may come later than it waits, but into the dead letter queue. */
const DELIVERY = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: CENSUS_DELIVERY_SECONDS };

export interface CensusRouteArgs {
  context: RegionContext;
  busName: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  deadLetterQueue: MessageQueue;
  startAfter: pulumi.Resource[];
}

/** The way from the archive to the census, and from there on for events that it finds without an outcome. */
export class CensusRoute extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly unaccountedQueue: aws.sqs.Queue;

  constructor(name: string, args: CensusRouteArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:routing:CensusRoute", name, {}, opts);
    const { context, keyArn, topicArn, startAfter } = args;
    const { names, settings, arns, region } = context;
    this.queue = new aws.sqs.Queue(
      `${name}-queue`,
      {
        name: names.censusQueue,
        messageRetentionSeconds: COPIES_KEPT_SECONDS,
        maxMessageSize: MAXIMUM_MESSAGE_BYTES,
        kmsMasterKeyId: keyArn,
        kmsDataKeyReusePeriodSeconds: 300,
      },
      { parent: this },
    );
    const policy = new aws.sqs.QueuePolicy(
      `${name}-policy`,
      {
        queueUrl: this.queue.url,
        policy: pulumi
          .all([this.queue.arn, arns])
          .apply(([arn, known]) => JSON.stringify(queuePolicy(arn, [known.censusRule]))),
      },
      { parent: this },
    );
    new RuleTarget(
      name,
      {
        ruleName: names.censusRule,
        description: "Trades that a census replays",
        pattern: censusPattern(
          settings.sources.map(({ source }) => source),
          region,
        ),
        busName: args.busName,
        target: { arn: this.queue.arn },
        retryPolicy: DELIVERY,
        deadLetterQueue: args.deadLetterQueue,
        startAfter: [...startAfter, policy],
      },
      { parent: this },
    );
    this.unaccountedQueue = new MessageQueue(
      `${name}-unaccounted`,
      {
        queueName: names.unaccountedQueue,
        purpose: "UnaccountedEvents",
        keyArn,
        alarmName: names.unaccountedEventsAlarm,
        topicArn,
      },
      { parent: this },
    ).queue;
    this.registerOutputs({});
  }
}
