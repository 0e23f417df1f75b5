import { DescribeAlarmsCommand, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { Context } from "../frame/operator-command.ts";
import { outputsOf } from "../frame/outputs.ts";
import { patiently } from "./patience.ts";

const WINDOW = 5 * 60_000;

/** What can be seen of a region now; what is undefined could not be read there, and null means that there is none. */
export interface RegionState {
  readonly region: string;
  /** States of the alarms that its health goes by, by what they watch. */
  readonly alarms: Readonly<Record<string, string>> | undefined;
  /** ISO 8601 time at which the last heartbeat was recorded. */
  readonly lastHeartbeat: string | null | undefined;
  /** Trades that its rules took in the last five minutes, by CloudWatch: an estimate. */
  readonly matched: number | undefined;
  /** Milliseconds that its writes took to the other region in the last five minutes, by CloudWatch: an estimate. */
  readonly replicationMilliseconds: number | null | undefined;
}

/** Looks at a region. A region that does not answer is described by what is missing. */
export async function regionState(context: Context, region: string): Promise<RegionState> {
  const read = <Value>(part: Promise<Value>) => part.catch(() => undefined);
  const [alarms, lastHeartbeat, matched, replicationMilliseconds] = await Promise.all([
    read(alarmStates(context, region)),
    read(heartbeat(context, region)),
    read(matchedTrades(context, region)),
    read(replication(context, region)),
  ]);
  return { region, alarms, lastHeartbeat, matched, replicationMilliseconds };
}

async function alarmStates(context: Context, region: string) {
  const names = outputsOf(context.outputs, region).healthAlarmNames;
  if (names === undefined) return {};
  const describe = new DescribeAlarmsCommand({ AlarmNames: Object.values(names) });
  const answer = await context.clients.cloudWatch(region).send(describe, patiently(context));
  const stateOf = (name: string) =>
    answer.MetricAlarms?.find(({ AlarmName }) => AlarmName === name)?.StateValue ?? "gone";
  return Object.fromEntries(Object.entries(names).map(([purpose, name]) => [purpose, stateOf(name)]));
}

async function heartbeat(context: Context, region: string): Promise<string | null> {
  const TableName = outputsOf(context.outputs, region).heartbeatsTableName;
  if (TableName === undefined) return null;
  const get = new GetItemCommand({ TableName, Key: { region: { S: region } } });
  const { Item } = await context.clients.dynamodb(region).send(get, patiently(context));
  return Item?.recordedAt?.S ?? null;
}

async function matchedTrades(context: Context, region: string): Promise<number> {
  const { eventBusName: EventBusName, ruleNames } = outputsOf(context.outputs, region);
  const sums = ruleNames.sources.map((RuleName) =>
    lastMinutes(context, region, "AWS/Events", "MatchedEvents", { RuleName, EventBusName }),
  );
  return (await Promise.all(sums)).flat().reduce((sum, { Sum = 0 }) => sum + Sum, 0);
}

async function replication(context: Context, region: string): Promise<number | null> {
  const { outputs } = context;
  const points = await lastMinutes(context, region, "AWS/DynamoDB", "ReplicationLatency", {
    TableName: outputs.TradeTableName,
    ReceivingRegion: Object.keys(outputs.regions).find((each) => each !== region) ?? "",
  });
  return points[0]?.Average ?? null;
}

/** One data point over the last five minutes, if there are values. */
async function lastMinutes(
  context: Context,
  region: string,
  Namespace: string,
  MetricName: string,
  of: Readonly<Record<string, string>>,
) {
  const now = Date.now();
  const statistics = new GetMetricStatisticsCommand({
    ...{ Namespace, MetricName },
    Dimensions: Object.entries(of).map(([Name, Value]) => ({ Name, Value })),
    Statistics: ["Sum", "Average"],
    Period: WINDOW / 1000,
    StartTime: new Date(now - WINDOW),
    EndTime: new Date(now),
  });
  const answer = await context.clients.cloudWatch(region).send(statistics, patiently(context));
  return answer.Datapoints ?? [];
}
