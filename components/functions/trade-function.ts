import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../functions/contract.ts";
import { FUNCTION_IMAGES } from "../../functions/contract.ts";
import { PrincipalRole } from "../principal-role.ts";
import { MessageQueue } from "../queues/message-queue.ts";
import type { RegionContext } from "../region-context.ts";
import { ARCHITECTURE, DEAD_LETTER_PURPOSE, LIVE_ALIAS } from "../standards.ts";
import { functionEnvironment } from "./environment.ts";

export interface TradeFunctionArgs {
  functionName: FunctionName;
  context: RegionContext;
  /** Image in the region's own repository, by digest. */
  imageUri: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  securityGroupIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Group that the function is moved to before it is destroyed. */
  defaultSecurityGroupId: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  /** Queue for its dead letters, where it shares another function's. Default: one of its own. */
  deadLetterQueue?: aws.sqs.Queue;
}

/** A function with all that belongs to it: role, logs, dead letter queue with alarm, live alias. */
export class TradeFunction extends pulumi.ComponentResource {
  readonly function: aws.lambda.Function;
  readonly alias: aws.lambda.Alias;
  readonly deadLetterQueue: aws.sqs.Queue;

  constructor(name: string, args: TradeFunctionArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:functions:TradeFunction", name, {}, opts);
    const { functionName, context, keyArn } = args;
    const { settings, names } = context;
    const figures = settings.functions[functionName];
    this.deadLetterQueue =
      args.deadLetterQueue ??
      new MessageQueue(
        `${name}-dlq`,
        {
          queueName: names.functionDeadLetterQueues[functionName],
          purpose: DEAD_LETTER_PURPOSE.value,
          keyArn,
          alarmName: names.functionDeadLetterAlarms[functionName],
          topicArn: args.topicArn,
        },
        { parent: this },
      ).queue;
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      {
        name: names.functionLogGroups[functionName],
        retentionInDays: settings.logging.retentionDays,
        kmsKeyId: keyArn,
      },
      { parent: this },
    );
    const role = new PrincipalRole(name, { principal: functionName, context, keyArn }, { parent: this });
    this.function = new aws.lambda.Function(
      `${name}-function`,
      {
        name: names.functions[functionName],
        packageType: "Image",
        imageUri: args.imageUri,
        imageConfig: { commands: [FUNCTION_IMAGES[functionName].command] },
        architectures: [ARCHITECTURE],
        memorySize: figures.memorySize,
        timeout: figures.timeoutSeconds,
        reservedConcurrentExecutions: figures.reservedConcurrency,
        publish: true,
        role: role.role.arn,
        environment: {
          variables: pulumi
            .all([context.arns, context.account])
            .apply(([arns, account]) => functionEnvironment(functionName, { ...context, arns, account })),
        },
        kmsKeyArn: keyArn,
        deadLetterConfig: { targetArn: this.deadLetterQueue.arn },
        loggingConfig: {
          logFormat: "JSON",
          logGroup: logGroup.name,
          applicationLogLevel: settings.logging.level,
          systemLogLevel: "WARN",
        },
        tracingConfig: { mode: "Active" },
        vpcConfig: { subnetIds: args.subnetIds, securityGroupIds: args.securityGroupIds },
        // Lambda frees its network interfaces up to 20 minutes late; the group would wait for them on destroy.
        replaceSecurityGroupsOnDestroy: true,
        replacementSecurityGroupIds: [args.defaultSecurityGroupId],
      },
      { parent: this, dependsOn: [role.policy] },
    );
    this.alias = new aws.lambda.Alias(
      `${name}-alias`,
      { name: LIVE_ALIAS, functionName: this.function.name, functionVersion: this.function.version },
      { parent: this },
    );
    if (figures.provisionedConcurrency > 0)
      new aws.lambda.ProvisionedConcurrencyConfig(
        `${name}-provisioned`,
        {
          functionName: this.function.name,
          qualifier: this.alias.name,
          provisionedConcurrentExecutions: figures.provisionedConcurrency,
        },
        { parent: this },
      );
    this.registerOutputs({ functionArn: this.function.arn, aliasArn: this.alias.arn });
  }
}
