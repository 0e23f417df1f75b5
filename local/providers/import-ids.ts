import type { Properties } from "../program/wire.ts";

const lastOf = (separator: string) => (id: string) => id.slice(id.lastIndexOf(separator) + 1);
const named = (id: string): Properties => ({ name: id });

/**
 * What a resource's id says of its inputs, by type: all that is known of one that is imported (`pulumi import`, the
 * resource option `import`). Ids are the provider's own, as its documentation has them under "Import".
 */
export const IMPORT_IDS: Readonly<Record<string, (id: string) => Properties>> = {
  "aws:cloudwatch/eventArchive:EventArchive": named,
  "aws:cloudwatch/eventBus:EventBus": named,
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": (id) => ({ eventBusName: id }),
  "aws:cloudwatch/eventEndpoint:EventEndpoint": named,
  "aws:cloudwatch/eventRule:EventRule": (id) => {
    const [name = "", bus] = id.split("/").reverse();
    return { name, ...(bus === undefined ? {} : { eventBusName: bus }) };
  },
  "aws:cloudwatch/logGroup:LogGroup": named,
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": (id) => ({ policyName: id }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named,
  "aws:dynamodb/resourcePolicy:ResourcePolicy": (id) => ({ resourceArn: id }),
  "aws:dynamodb/table:Table": named,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": (id) => ({ repository: id }),
  "aws:ecr/repository:Repository": named,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": (id) => ({ repository: id }),
  "aws:iam/role:Role": named,
  "aws:iam/rolePolicy:RolePolicy": (id) => {
    const [role = "", ...name] = id.split(":");
    return { role, name: name.join(":") };
  },
  "aws:kms/alias:Alias": named,
  "aws:lambda/alias:Alias": (id) => {
    // arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS
    const [name = "", functionName = ""] = id.split(":").reverse();
    return { name, functionName };
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": () => ({}),
  "aws:lambda/function:Function": (id) => ({ name: id, packageType: "Image" }),
  "aws:scheduler/schedule:Schedule": (id) => {
    const [groupName = "", name = ""] = id.split("/");
    return groupName === "default" ? { name } : { groupName, name };
  },
  "aws:route53/healthCheck:HealthCheck": () => ({}),
  "aws:sfn/stateMachine:StateMachine": (id) => ({ name: lastOf(":")(id) }),
  "aws:sns/topic:Topic": (id) => ({ name: lastOf(":")(id) }),
  "aws:sns/topicPolicy:TopicPolicy": (id) => ({ arn: id }),
  "aws:sqs/queue:Queue": (id) => ({ name: lastOf("/")(id) }),
  "aws:sqs/queuePolicy:QueuePolicy": (id) => ({ queueUrl: id }),
  "aws:ssm/parameter:Parameter": named,
};
