/** What is lost with a resource of a type when it is removed, or replaced by a new one. */
const LOSSES: Readonly<Record<string, string>> = {
  "aws:dynamodb/table:Table":
    "all rows; with point-in-time recovery on, DynamoDB keeps a system backup of them for 35 days",
  "pulumi-nodejs:dynamic/trade-processing:TableReplica":
    "the region's copy of all rows; they stay in the other region, and the region cannot take over without them",
  "aws:sqs/queue:Queue": "all messages in it",
  "aws:cloudwatch/logGroup:LogGroup": "all logs in it",
  "aws:cloudwatch/eventArchive:EventArchive": "all archived events: nothing of the past can be replayed",
  "aws:cloudwatch/eventBus:EventBus": "events that are put while it is not there, and its archives' source",
  "aws:kms/key:Key": "everything encrypted under it, once its deletion period is over",
  "aws:ecr/repository:Repository": "all images in it; functions cannot start from them any more",
  "aws:s3/bucket:Bucket": "all objects in it",
  "aws:sfn/stateMachine:StateMachine": "executions under way, and the history of those that have ended",
  "aws:lambda/function:Function": "its published versions; calls fail until its aliases are there again",
  "aws:ssm/parameter:Parameter": "the value that an operator has set, and its history",
  "aws:sns/topic:Topic": "all subscriptions, also those that were confirmed by hand",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "its state and history",
  "aws:ec2/eip:Eip": "the public address, which others may have allowed by its number",
  "aws:kinesis/stream:Stream": "all records in it",
  "aws:backup/vault:Vault": "all recovery points in it",
};

/** What is lost with a resource of this type; undefined if nothing but the resource itself is. */
export function lossOf(type: string): string | undefined {
  return Object.hasOwn(LOSSES, type) ? LOSSES[type] : undefined;
}
