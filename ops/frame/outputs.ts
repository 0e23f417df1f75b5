import { z } from "zod";
import { lastPartOf } from "../../functions/domain/text.ts";

const REGION = z.object({
  eventBusName: z.string(),
  eventBusArn: z.string(),
  archiveArn: z.string(),
  stateMachineArn: z.string(),
  functionArns: z.record(z.string(), z.string()),
  functionAliasArns: z.record(z.string(), z.string()),
  deadLetterQueueUrls: z.record(z.string(), z.string()),
  routingDeadLetterQueueUrl: z.string(),
  forwardingDeadLetterQueueUrl: z.string().optional(),
  unfinishedExecutionsQueueUrl: z.string().optional(),
  unaccountedQueueUrl: z.string().optional(),
  rejectsQueueUrl: z.string(),
  unmatchedQueueUrl: z.string(),
  parameterNames: z.object({
    apiEndpoint: z.string(),
    processingThreshold: z.string(),
    maxRetries: z.string(),
  }),
  failoverRecordName: z.string().optional(),
  heartbeatsTableName: z.string().optional(),
  healthAlarmNames: z.object({ latency: z.string(), heartbeat: z.string() }).optional(),
  alarmTopicArn: z.string(),
  ruleNames: z.object({
    sources: z.array(z.string()),
    unmatched: z.string(),
    forwarding: z.string().optional(),
    census: z.string().optional(),
    heartbeat: z.string().optional(),
  }),
});

const OUTPUTS = z.object({
  StateMachineArn: z.string(),
  TradeTableName: z.string(),
  OutcomesTableName: z.string(),
  EnvironmentSuffix: z.string(),
  PrimaryRegion: z.string(),
  ReplicaRegion: z.string(),
  Sources: z.array(z.object({ name: z.string(), source: z.string() })).min(1),
  /** Of the global endpoint in front of both regions' trades buses, such as `abcde.veo`. */
  GlobalEndpointId: z.string().optional(),
  GlobalEndpointUrl: z.string().optional(),
  /** The primary region's health, which the endpoint goes by. */
  HealthCheckId: z.string().optional(),
  regions: z.record(z.string(), REGION),
});

/** What operating a stack takes of its outputs, as `pulumi stack output --json` shows them. */
export type StackOutputs = z.infer<typeof OUTPUTS>;
export type RegionOutputs = z.infer<typeof REGION>;

/** A stack's outputs. Throws naming each that is missing or of another form. */
export function parseOutputs(outputs: unknown): StackOutputs {
  const result = OUTPUTS.safeParse(outputs);
  if (!result.success)
    throw new Error(`the stack's outputs are not this program's:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** A region's outputs. Throws naming the regions that there are. */
export function outputsOf({ regions }: StackOutputs, region: string): RegionOutputs {
  const found = regions[region];
  if (!found)
    throw new Error(
      `the stack's outputs: have nothing for ${region}, but for ${Object.keys(regions).join(", ")}`,
    );
  return found;
}

/** The archive's name, the last part of its ARN. */
export function archiveName({ archiveArn }: Pick<RegionOutputs, "archiveArn">): string {
  return lastPartOf(archiveArn);
}
