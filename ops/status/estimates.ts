/** What CloudWatch metrics say of a window: best effort, and therefore estimates. */

import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { METRICS, METRICS_NAMESPACE, type WorkflowFunctionName } from "../../functions/contract.ts";
import { lastPartOf } from "../../functions/domain/text.ts";
import type { TimeWindow } from "../evidence/pages.ts";
import type { Clients } from "../frame/clients.ts";
import type { RegionOutputs } from "../frame/outputs.ts";
import { type Measure, measured } from "./metrics.ts";
import { replaysIn } from "./replays.ts";

export interface Estimates {
  /** Times that source rules took an event; replays count again. */
  readonly matched: number;
  readonly recorded: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Messages sent to the dead letter queues of validator and recorder, and to that of the rules. */
  readonly deadLettered: number;
  /** Replays that ran in the window: their events count again as matched. Undefined if that cannot be read. */
  readonly replays?: number;
  /** State of the alarm on unaccounted trades; undefined if there is no such alarm. */
  readonly alarm?: string;
}

export interface EstimatesPlace {
  readonly region: string;
  readonly outputs: RegionOutputs;
  readonly suffix: string;
  readonly window: TimeWindow;
}

/** What the metrics of a region say of the window, and the alarm of now. */
export async function readEstimates(clients: Clients, place: EstimatesPlace): Promise<Estimates> {
  const { region, outputs, suffix, window } = place;
  const client = clients.cloudWatch(region);
  const groups = measuresOf(place);
  const values = await measured(client, Object.values(groups).flat(), window);
  let next = 0;
  const sums = Object.entries(groups).map(([name, measures]) => {
    const sum = measures.reduce((all, _, index) => all + (values[next + index] ?? 0), 0);
    next += measures.length;
    return [name, sum] as const;
  });
  const { MetricAlarms = [] } = await client.send(
    new DescribeAlarmsCommand({ AlarmNames: [`unaccounted-trades-alarm-${suffix}`] }),
  );
  const alarm = MetricAlarms[0]?.StateValue;
  const replays = await replaysIn(clients.eventBridge(region), outputs.archiveArn, window).catch(
    () => undefined,
  );
  const {
    matched = 0,
    recorded = 0,
    duplicate = 0,
    rejected = 0,
    deadLettered = 0,
  } = Object.fromEntries(sums);
  return {
    ...{ matched, recorded, duplicate, rejected, deadLettered },
    ...(replays !== undefined && { replays }),
    ...(alarm && { alarm }),
  };
}

function measuresOf({ outputs, suffix }: EstimatesPlace): Record<string, Measure[]> {
  const sum = (namespace: string, name: string, dimensions: Record<string, string>): Measure => ({
    ...{ namespace, name, dimensions },
    take: "sum",
  });
  const counted = (service: WorkflowFunctionName, metric: keyof typeof METRICS) =>
    sum(METRICS_NAMESPACE, METRICS[metric], { service, Environment: suffix });
  const { deadLetterQueueUrls } = outputs;
  const queues = [
    deadLetterQueueUrls["trade-validator"],
    deadLetterQueueUrls["compliance-recorder"],
    outputs.routingDeadLetterQueueUrl,
  ].filter((url) => url !== undefined);
  return {
    matched: outputs.ruleNames.sources.map((RuleName) =>
      sum("AWS/Events", "MatchedEvents", { RuleName, EventBusName: outputs.eventBusName }),
    ),
    recorded: [counted("compliance-recorder", "recorded")],
    duplicate: [counted("compliance-recorder", "duplicate")],
    rejected: [counted("trade-validator", "rejected"), counted("compliance-recorder", "rejected")],
    deadLettered: queues.map((url) => sum("AWS/SQS", "NumberOfMessagesSent", { QueueName: lastPartOf(url) })),
  };
}
