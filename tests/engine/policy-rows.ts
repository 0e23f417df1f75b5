/** For each rule of the policy pack a resource that violates it, and nothing else, and what mends that. */

interface Row {
  readonly rule: string;
  readonly type: string;
  readonly name: string;
  /** Inputs that keep to every rule. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What of them is other in the violating program; undefined takes an input away. */
  readonly wrong: Readonly<Record<string, unknown>>;
  /** Its provider: by default one with tags in a region that is allowed. */
  readonly wrongProvider?: "untagged" | "elsewhere";
}

/** A resource for the program. */
export interface ProgramResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly provider: "good" | "untagged" | "elsewhere";
}

const ACCOUNT = "000000000000";
const IMAGE = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/images-dev@sha256:${"0".repeat(64)}`;

const FUNCTION = {
  ...{ packageType: "Image", architectures: ["arm64"], imageUri: IMAGE },
  role: `arn:aws:iam::${ACCOUNT}:role/function-dev`,
  ...{ reservedConcurrentExecutions: 1, tracingConfig: { mode: "Active" } },
  deadLetterConfig: { targetArn: "arn of functions-dlq" },
  vpcConfig: { subnetIds: ["subnet-12345678"], securityGroupIds: ["sg-12345678"] },
};
const TABLE = {
  ...{ hashKey: "id", attributes: [{ name: "id", type: "S" }] },
  ...{ billingMode: "PAY_PER_REQUEST", pointInTimeRecovery: { enabled: true } },
  ...{ streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES", serverSideEncryption: { enabled: true } },
};
const SCHEDULE = { scheduleExpression: "rate(1 minute)", flexibleTimeWindow: { mode: "OFF" } };
const TARGET = {
  arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:reader-dev`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/schedule-dev`,
  input: "{}",
};
const DEAD_LETTERS = "arn of functions-dlq";
const REPOSITORY = { forceDelete: true, imageScanningConfiguration: { scanOnPush: true } };
const ALARM = {
  ...{ namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible", statistic: "Maximum" },
  dimensions: { QueueName: "functions-dlq-dev" },
  ...{ comparisonOperator: "GreaterThanOrEqualToThreshold", threshold: 1, evaluationPeriods: 1, period: 60 },
  alarmActions: [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms-dev`],
};

function policy(statement: Record<string, unknown>): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
}

const OWN = { Action: "sqs:SendMessage", Resource: "*" };
const WRITER = {
  Action: "dynamodb:PutItem",
  Resource: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/trades-dev`,
};

function functionRow(rule: string, wrong: Record<string, unknown>): Row {
  const inputs = { ...FUNCTION, name: `${rule}-dev` };
  return { rule, type: "aws:lambda/function:Function", name: rule, inputs, wrong };
}

export const ROWS: readonly Row[] = [
  {
    ...{ rule: "dead-letter-retention", type: "aws:sqs/queue:Queue", name: "orders-dlq" },
    ...{ inputs: { name: "orders-dlq-dev", messageRetentionSeconds: 1_209_600 } },
    wrong: { messageRetentionSeconds: 345_600 },
  },
  {
    ...{ rule: "destroyable", type: "aws:ecr/repository:Repository", name: "kept" },
    ...{ inputs: { ...REPOSITORY, name: "kept-dev" }, wrong: { forceDelete: undefined } },
  },
  functionRow("arm64-images", { architectures: ["x86_64"] }),
  functionRow("reserved-concurrency", { reservedConcurrentExecutions: undefined }),
  functionRow("function-dead-letters", { deadLetterConfig: undefined }),
  functionRow("active-tracing", { tracingConfig: { mode: "PassThrough" } }),
  functionRow("private-functions", { vpcConfig: undefined }),
  {
    ...{ rule: "tables", type: "aws:dynamodb/table:Table", name: "plain" },
    ...{ inputs: { ...TABLE, name: "plain-dev" }, wrong: { billingMode: "PROVISIONED" } },
  },
  {
    ...{ rule: "table-replicas", type: "aws:dynamodb/table:Table", name: "global" },
    inputs: {
      ...TABLE,
      name: "global-dev",
      replicas: [{ regionName: "eu-west-1", pointInTimeRecovery: true }],
    },
    wrong: { replicas: [{ regionName: "eu-west-1" }] },
  },
  {
    ...{ rule: "endpoint-policies", type: "aws:ec2/vpcEndpoint:VpcEndpoint", name: "way-out" },
    inputs: {
      ...{ vpcId: "vpc-12345678", serviceName: "com.amazonaws.us-east-1.dynamodb" },
      policy: policy({ Principal: "*", ...WRITER }),
    },
    wrong: { policy: undefined },
  },
  {
    ...{ rule: "no-public-access", type: "aws:sqs/queuePolicy:QueuePolicy", name: "open" },
    inputs: {
      queueUrl: `http://127.0.0.1/${ACCOUNT}/orders-dlq-dev`,
      policy: policy({ Principal: { Service: "events.amazonaws.com" }, ...OWN }),
    },
    wrong: { policy: policy({ Principal: "*", ...OWN }) },
  },
  {
    ...{ rule: "least-privilege", type: "aws:iam/rolePolicy:RolePolicy", name: "broad" },
    inputs: { name: "broad-dev", role: "function-dev", policy: policy(WRITER) },
    wrong: { policy: policy({ ...WRITER, Action: "dynamodb:*" }) },
  },
  {
    ...{
      rule: "kept-stream-records",
      type: "aws:lambda/eventSourceMapping:EventSourceMapping",
      name: "forgetful",
    },
    inputs: {
      eventSourceArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/trades-dev/stream/2026-01-05T14:30:00.000`,
      ...{ functionName: "reader-dev", startingPosition: "TRIM_HORIZON" },
    },
    wrong: { maximumRetryAttempts: 3 },
  },
  {
    ...{ rule: "schedule-dead-letters", type: "aws:scheduler/schedule:Schedule", name: "dropped" },
    inputs: {
      name: "dropped-dev",
      ...SCHEDULE,
      target: { ...TARGET, deadLetterConfig: { arn: DEAD_LETTERS } },
    },
    wrong: { target: TARGET },
  },
  {
    ...{ rule: "string-parameters", type: "aws:ssm/parameter:Parameter", name: "hidden" },
    ...{ inputs: { name: "/hidden/dev", type: "String", value: "1" }, wrong: { type: "SecureString" } },
  },
  {
    ...{ rule: "scanned-images", type: "aws:ecr/repository:Repository", name: "unseen" },
    ...{ inputs: { ...REPOSITORY, name: "unseen-dev" }, wrong: { imageScanningConfiguration: undefined } },
  },
  {
    ...{ rule: "log-retention", type: "aws:cloudwatch/logGroup:LogGroup", name: "endless" },
    ...{ inputs: { name: "/endless-dev", retentionInDays: 14 }, wrong: { retentionInDays: undefined } },
  },
  {
    ...{ rule: "environment-suffix", type: "aws:sqs/queue:Queue", name: "nameless" },
    ...{ inputs: { name: "orders-dev" }, wrong: { name: "orders" } },
  },
  {
    ...{ rule: "explicit-provider", type: "aws:sqs/queue:Queue", name: "far-away" },
    ...{ inputs: { name: "far-away-dev" }, wrong: {}, wrongProvider: "elsewhere" },
  },
  {
    ...{ rule: "required-tags", type: "aws:sqs/queue:Queue", name: "nobodys" },
    ...{ inputs: { name: "nobodys-dev" }, wrong: {}, wrongProvider: "untagged" },
  },
  {
    ...{ rule: "alarm-actions", type: "aws:cloudwatch/metricAlarm:MetricAlarm", name: "silent" },
    ...{ inputs: { ...ALARM, name: "silent-alarm-dev" }, wrong: { alarmActions: undefined } },
  },
];

/** What the functions' dead letters need: in both programs. */
const COMMON: readonly ProgramResource[] = [
  {
    ...{ type: "aws:sqs/queue:Queue", name: "functions-dlq", provider: "good" },
    inputs: { name: "functions-dlq-dev", messageRetentionSeconds: 1_209_600 },
  },
  {
    ...{ type: "aws:cloudwatch/metricAlarm:MetricAlarm", name: "functions-dlq-alarm", provider: "good" },
    inputs: { ...ALARM, name: "functions-dlq-alarm-dev" },
  },
];

/** The resources of a program that violates these rules, and keeps to all others. */
export function violating(rules: readonly string[], rows: readonly Row[] = ROWS): ProgramResource[] {
  const resources = rows.map(({ rule, type, name, inputs, wrong, wrongProvider }): ProgramResource => {
    const isWrong = rules.includes(rule);
    return {
      ...{ type, name, inputs: isWrong ? { ...inputs, ...wrong } : inputs },
      provider: (isWrong && wrongProvider) || "good",
    };
  });
  return [...COMMON, ...resources];
}
