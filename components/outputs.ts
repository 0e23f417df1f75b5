import type * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../functions/contract.ts";
import type { GlobalEndpoint } from "./failover/global-endpoint.ts";
import { deadLetterOwner } from "./naming.ts";
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
  /** What producers send to; none where failover is switched off. */
  endpoint: GlobalEndpoint | undefined;
}

/** The stack's outputs: the primary region's by their well-known names, and under `regions` what operating takes. */
export function stackOutputs(args: StackOutputsArgs): Record<string, pulumi.Input<unknown>> {
  const { settings, tables, repositoryUrl, primary, replica, endpoint } = args;
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
    GlobalTableName: tables.trades.name,
    GlobalTableArn: tables.trades.arn,
    ProcessingLambdaArn: primary.functions["compliance-recorder"].function.arn,
    EventBusArn: primary.routing.bus.arn,
    DLQAlarmArn: primary.routing.deadLetterAlarm.arn,
    ...(endpoint && {
      GlobalEndpointUrl: endpoint.endpoint.endpointUrl,
      GlobalEndpointId: endpoint.endpointId,
      HealthCheckId: endpoint.healthCheckId,
    }),
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

function regionOutputs({
  functions,
  workflow,
  routing,
  network,
  parameters,
  maintenance,
  health,
  topicArn,
}: RegionalStack) {
  const eachFunction = Object.entries(functions);
  return {
    eventBusName: routing.bus.name,
    eventBusArn: routing.bus.arn,
    archiveArn: routing.archive.arn,
    stateMachineArn: workflow.stateMachine.arn,
    functionArns: Object.fromEntries(eachFunction.map(([name, each]) => [name, each.function.arn])),
    functionAliasArns: Object.fromEntries(eachFunction.map(([name, each]) => [name, each.alias.arn])),
    deadLetterQueueUrls: Object.fromEntries(
      eachFunction
        .filter(([name]) => deadLetterOwner(name as FunctionName) === name)
        .map(([name, each]) => [name, each.deadLetterQueue.url]),
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
    failoverRecordName: parameters.failoverRecord,
    heartbeatsTableName: maintenance.heartbeats.name,
    ...(health && { healthAlarmNames: health.alarms }),
    unaccountedQueueUrl: routing.unaccountedQueue.url,
    rejectsQueueUrl: workflow.rejectsQueue.url,
    unmatchedQueueUrl: routing.unmatchedQueue.url,
    alarmTopicArn: topicArn,
    vpcId: network.vpcId,
  };
}
