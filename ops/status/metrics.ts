import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import type { TimeWindow } from "../evidence/pages.ts";

/** A metric of CloudWatch and how its values become one. */
export interface Measure {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Sum over the window, or the latest maximum. */
  readonly take: "sum" | "latest";
}

const MINUTE = 60;
const HOUR = 3_600;
/** Data points of a minute are kept for 15 days (CloudWatch User Guide, "Metrics retention"). */
const MINUTES_KEPT_MILLISECONDS = 15 * 86_400_000;
const MINUTES_OF_WINDOW_MILLISECONDS = 86_400_000;

/**
 * The value of each measure in the window, widened to whole minutes, or to whole hours if it is long or long ago;
 * undefined without data. CloudWatch metrics are best effort: estimates.
 */
export async function measured(
  client: CloudWatchClient,
  measures: readonly Measure[],
  { from, to }: TimeWindow,
  now: number = Date.now(),
): Promise<(number | undefined)[]> {
  const isFine =
    Math.min(to, now) - from <= MINUTES_OF_WINDOW_MILLISECONDS &&
    now - from < MINUTES_KEPT_MILLISECONDS - HOUR * 1000;
  const period = isFine ? MINUTE : HOUR;
  const StartTime = new Date(Math.floor(from / 1000 / period) * period * 1000);
  const EndTime = new Date(Math.ceil(Math.min(to, now) / 1000 / period) * period * 1000);
  const found = measures.map((): number | undefined => undefined);
  if (EndTime <= StartTime) return found;
  let NextToken: string | undefined;
  do {
    const MetricDataQueries = measures.map((measure, index) => queryOf(measure, `m${index}`, period));
    const page = await client.send(
      new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime, ...(NextToken && { NextToken }) }),
    );
    for (const { Id, Values = [] } of page.MetricDataResults ?? []) {
      const index = Number(Id?.slice(1));
      // Values are newest first.
      if (measures[index]?.take === "latest") found[index] ??= Values[0];
      else for (const value of Values) found[index] = (found[index] ?? 0) + value;
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

function queryOf(
  { namespace, name, dimensions, take }: Measure,
  Id: string,
  Period: number,
): MetricDataQuery {
  return {
    Id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period,
      Stat: take === "sum" ? "Sum" : "Maximum",
    },
  };
}
