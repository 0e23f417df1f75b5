import type * as pulumi from "@pulumi/pulumi";
import type { RegionalStack } from "./regional-stack.ts";
import type { Settings } from "./settings.ts";
import type { Tables } from "./storage/tables.ts";

export interface StackOutputsArgs {
  settings: Settings;
  tables: Tables;
  /** The primary region's image repository. */
  repositoryUrl: pulumi.Output<string>;
  primary: RegionalStack;
  replica: RegionalStack;
}

/** The stack's outputs: the primary region's by their well-known names, and under `regions` what operating takes. */
export function stackOutputs(args: StackOutputsArgs): Record<string, pulumi.Input<unknown>> {
  const { settings, tables, repositoryUrl, primary, replica } = args;
  return {
    StateMachineArn: primary.workflow.stateMachine.arn,
    TradeTableName: tables.trades.name,
    TradeTableArn: tables.trades.arn,
    ECRRepositoryUri: repositoryUrl,
    ValidatorFunctionArn: primary.functions["trade-validator"].function.arn,
    EnricherFunctionArn: primary.functions["metadata-enricher"].function.arn,
    RecorderFunctionArn: primary.functions["compliance-recorder"].function.arn,
    OutcomesTableName: tables.outcomes.name,
    OutcomesTableArn: tables.outcomes.arn,
    EnvironmentSuffix: settings.environmentSuffix,
    Sources: settings.sources,
    PrimaryRegion: settings.primaryRegion,
    ReplicaRegion: settings.replicaRegion,
    regions: {
      [settings.primaryRegion]: regionOutputs(primary),
      [settings.replicaRegion]: regionOutputs(replica),
    },
  };
}

function regionOutputs({ functions, workflow, routing, network, parameters, topicArn }: RegionalStack) {
  const eachFunction = Object.entries(functions);
  return {
    eventBusName: routing.bus.name,
    eventBusArn: routing.bus.arn,
    archiveArn: routing.archive.arn,
    stateMachineArn: workflow.stateMachine.arn,
    functionArns: Object.fromEntries(eachFunction.map(([name, each]) => [name, each.function.arn])),
    functionAliasArns: Object.fromEntries(eachFunction.map(([name, each]) => [name, each.alias.arn])),
    deadLetterQueueUrls: Object.fromEntries(
      eachFunction.map(([name, each]) => [name, each.deadLetterQueue.url]),
    ),
    routingDeadLetterQueueUrl: routing.deadLetterQueue.url,
    ...(routing.forwardingDeadLetterQueue && {
      forwardingDeadLetterQueueUrl: routing.forwardingDeadLetterQueue.url,
    }),
    ...(routing.unfinishedExecutionsQueue && {
      unfinishedExecutionsQueueUrl: routing.unfinishedExecutionsQueue.url,
    }),
    ruleNames: routing.rules,
    parameterNames: parameters.names,
    rejectsQueueUrl: workflow.rejectsQueue.url,
    unmatchedQueueUrl: routing.unmatchedQueue.url,
    alarmTopicArn: topicArn,
    vpcId: network.vpcId,
  };
}
