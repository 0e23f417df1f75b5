import { list, record } from "../providers/resource-type.ts";
import { ASSUMPTIONS } from "./assumptions.ts";
import type { Usage } from "./cost.ts";
import {
  EVENT_KILOBYTES,
  executionUsage,
  KILOBYTES_IN_GIGABYTE,
  times,
  writeUsage,
} from "./execution-usage.ts";
import { hasCensus } from "./schedule-usage.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a month's trades use: each outcome's share, along its way through the primary region's workflow. */
export function tradeUsage(snapshot: Snapshot, volume: number): { usages: Usage[]; problems: string[] } {
  const region = String(snapshot.outputs.PrimaryRegion ?? "");
  const [machine] = snapshot.resources.filter(
    (each) => each.type === "aws:sfn/stateMachine:StateMachine" && each.region === region,
  );
  if (!machine) return { usages: [], problems: [`costs of trades: there is no workflow in "${region}"`] };
  const problems: string[] = [];
  const usages = times(volume, [
    ...eventUsage(snapshot, region),
    ...censusUsage(snapshot, region),
    ...copiedTo(snapshot).flatMap((where) => eventUsage(snapshot, where)),
  ]);
  for (const { outcome, share, through } of ASSUMPTIONS.outcomes)
    try {
      const recorded = outcome === "recorded" ? [String(snapshot.outputs.TradeTableName)] : [];
      const trade = [
        ...executionUsage(machine, through, snapshot, { region, isEnriched: true }),
        ...recorded.flatMap((table) => writeUsage(table, ASSUMPTIONS.tradeRowKilobytes, snapshot, region)),
      ];
      usages.push(...times(volume * share, trade));
    } catch (error) {
      problems.push(`costs of ${outcome} trades: ${(error as Error).message}`);
    }
  return { usages, problems };
}

/** Regions that a global endpoint copies events to: that which is not the primary one. */
function copiedTo({ resources }: Snapshot): string[] {
  return resources
    .filter(
      ({ type, inputs }) =>
        type === "aws:cloudwatch/eventEndpoint:EventEndpoint" &&
        record(inputs.replicationConfig).state !== "DISABLED",
    )
    .flatMap(({ inputs, region }) =>
      list(inputs.eventBuses)
        .map((bus) => String(record(bus).eventBusArn).split(":")[3] ?? "")
        .filter((each) => each !== region),
    );
}

/** One event on a region's bus: itself, its place in the archive, and its replay to a census. */
function eventUsage(snapshot: Snapshot, region: string): Usage[] {
  const kilobytes = ASSUMPTIONS.eventKilobytes;
  const units = Math.ceil(kilobytes / EVENT_KILOBYTES);
  const archives = snapshot.resources.filter(
    (each) => each.type === "aws:cloudwatch/eventArchive:EventArchive" && each.region === region,
  ).length;
  return [
    { price: "event", region, quantity: units },
    { price: "archiveGigabyte", region, quantity: (archives * kilobytes) / KILOBYTES_IN_GIGABYTE },
    { price: "replayedEvent", region, quantity: hasCensus(snapshot, region) ? units : 0 },
  ];
}

/** What the census of the region where an event was put does with it; copies are replayed, but not looked for. */
function censusUsage(snapshot: Snapshot, region: string): Usage[] {
  if (!hasCensus(snapshot, region)) return [];
  const messages = Math.ceil(ASSUMPTIONS.eventKilobytes / EVENT_KILOBYTES);
  return [
    { price: "queueRequest", region, quantity: messages + 2 * ASSUMPTIONS.censusBatchShare },
    { price: "read", region, quantity: 1 + (1 - recordedShare()) },
  ];
}

/** What is not recorded is asked for twice: its row, and its outcomes. */
function recordedShare(): number {
  return ASSUMPTIONS.outcomes.find(({ outcome }) => outcome === "recorded")?.share ?? 0;
}
