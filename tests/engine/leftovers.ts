/** What exists in the local cloud, listed through its endpoint as an operator would list it. */

const REGIONS = ["us-east-1", "eu-west-1"];

interface Answered {
  [member: string]: unknown;
}

/** AWS JSON: service, target, the list in the answer, and what names an element, if it is none itself. */
const JSON_LISTINGS: readonly (readonly [service: string, target: string, list: string, name?: string])[] = [
  ["dynamodb", "DynamoDB_20120810.ListTables", "TableNames"],
  ["ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", "repositories", "repositoryName"],
  ["events", "AWSEvents.ListEventBuses", "EventBuses", "Name"],
  ["events", "AWSEvents.ListRules", "Rules", "Name"],
  ["events", "AWSEvents.ListArchives", "Archives", "ArchiveName"],
  ["kms", "TrentService.ListAliases", "Aliases", "AliasName"],
  ["logs", "Logs_20140328.DescribeLogGroups", "logGroups", "logGroupName"],
  ["logs", "Logs_20140328.DescribeResourcePolicies", "resourcePolicies", "policyName"],
  ["logs", "Logs_20140328.ListLogDeliveries", "logDeliveries", "logDeliveryId"],
  ["monitoring", "GraniteServiceVersion20100801.DescribeAlarms", "MetricAlarms", "AlarmName"],
  ["sqs", "AmazonSQS.ListQueues", "QueueUrls"],
  ["ssm", "AmazonSSM.DescribeParameters", "Parameters", "Name"],
  ["states", "AWSStepFunctions.ListStateMachines", "stateMachines", "name"],
];

/** The query protocol: service, action, version and the element that names. */
const QUERY_LISTINGS = [
  ["iam", "ListRoles", "2010-05-08", "RoleName"],
  ["sns", "ListTopics", "2010-03-31", "TopicArn"],
  ["sns", "ListSubscriptions", "2010-03-31", "SubscriptionArn"],
] as const;

/**
 * Everything of every service in both regions, as `region service name`. A KMS key whose deletion is scheduled is none;
 * networks and what is only written down have no listing over the wire, and come from the control interface.
 */
export async function existing(port: number): Promise<string[]> {
  const found = await Promise.all(
    REGIONS.flatMap((region) => [
      ...JSON_LISTINGS.map(async ([service, target, list, name]) =>
        labelled(region, service, namesIn(await asked(port, region, service, target), list, name)),
      ),
      ...QUERY_LISTINGS.map(async ([service, action, version, element]) => {
        const body = `Action=${action}&Version=${version}`;
        const type = "application/x-www-form-urlencoded";
        const answer = await send(port, region, service, "POST", "/", body, { "content-type": type });
        const names = [...answer.matchAll(new RegExp(`<${element}>([^<]+)</${element}>`, "g"))];
        return labelled(
          region,
          service,
          names.map(([, name = ""]) => name),
        );
      }),
      (async () => {
        const answer = await send(port, region, "lambda", "GET", "/2015-03-31/functions");
        return labelled(region, "lambda", namesIn(JSON.parse(answer), "Functions", "FunctionName"));
      })(),
      keys(port, region),
    ]),
  );
  const kept = await fetch(`http://127.0.0.1:${port}/_local/kept`);
  return [...found.flat(), ...((await kept.json()) as string[])].sort();
}

async function keys(port: number, region: string): Promise<string[]> {
  const ids = namesIn(await asked(port, region, "kms", "TrentService.ListKeys"), "Keys", "KeyId");
  const states = await Promise.all(
    ids.map(async (KeyId) => {
      const { KeyMetadata } = await asked(port, region, "kms", "TrentService.DescribeKey", { KeyId });
      return [KeyId, (KeyMetadata as { KeyState: string }).KeyState] as const;
    }),
  );
  return labelled(
    region,
    "kms",
    states.flatMap(([id, state]) => (state === "PendingDeletion" ? [] : [id])),
  );
}

function labelled(region: string, service: string, names: readonly string[]): string[] {
  return names.map((name) => `${region} ${service} ${name}`);
}

function namesIn(answer: Answered, list: string, name?: string): string[] {
  const elements = (answer[list] ?? []) as (string | Answered)[];
  return elements.map((each) => String(typeof each === "string" ? each : each[name ?? ""]));
}

/** The answer to an AWS JSON request. */
export async function asked(
  port: number,
  region: string,
  service: string,
  target: string,
  input: object = {},
): Promise<Answered> {
  const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" };
  return JSON.parse(
    await send(port, region, service, "POST", "/", JSON.stringify(input), headers),
  ) as Answered;
}

/** Signed as any client signs: the endpoint reads service and region from it. Throws if it is refused. */
async function send(
  port: number,
  region: string,
  service: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const scope = `local/20260101/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...{ method, headers: { ...headers, authorization } },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service}: ${text}`);
  return text;
}
