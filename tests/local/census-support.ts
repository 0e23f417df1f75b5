import { setTimeout as pause } from "node:timers/promises";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { drain, type LocalSystem } from "../../local/system.ts";
import { CENSUS } from "../../ops/census/command.ts";
import type { RegionCensus } from "../../ops/census/report.ts";
import { carryOut } from "../ops/redrive-support.ts";

export const HOME = "us-east-1";
export const OTHER = "eu-west-1";

export interface CensusAnswer {
  readonly proven: boolean;
  readonly regions: readonly RegionCensus[];
}

/** Times of whole seconds that no earlier event of this process has. */
export async function freshWindow(): Promise<number> {
  await pause(1_000 - (Date.now() % 1_000) + 5);
  return Math.floor(Date.now() / 1_000) * 1_000;
}

/** `npm run ops -- census --local` of everything since `from`, once its last second is over. */
export async function censusSince(
  system: LocalSystem,
  from: number,
  options: Record<string, string> = {},
): Promise<CensusAnswer & { complete: boolean; lines: readonly string[]; printed: string }> {
  const to = await freshWindow();
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  const result = await carryOut(system, CENSUS, {
    ...{ from: iso(from), to: iso(to), "settled-after": "0", ...options },
  });
  return { ...(result.json as CensusAnswer), ...result };
}

/** Puts a detail on a region's trades bus; gives the key of its event. */
export async function put(
  system: LocalSystem,
  detail: Json | string,
  { region = HOME, ...more }: Json & { region?: string } = {},
): Promise<string> {
  const Entries = [
    {
      ...{ Source: "trading.system1", DetailType: "Trade Event", EventBusName: "trading-event-bus-dev" },
      ...{ Detail: typeof detail === "string" ? detail : JSON.stringify(detail), ...more },
    },
  ];
  const from = { region, principal: OPERATOR };
  const answer = await system.services.cloud.surroundings.call("events", "PutEvents", { Entries }, from);
  return `${region}#${(answer.Entries as Json[])[0]?.EventId}`;
}

/** Puts and waits until nothing is under way. */
export async function processed(
  system: LocalSystem,
  detail: Json | string,
  more: Json = {},
): Promise<string> {
  const event = await put(system, detail, more);
  await drain(system);
  return event;
}

/** The names of the events that a census of a region found without an outcome. */
export function named({ regions }: CensusAnswer, region = HOME): string[] {
  return regions.flatMap((each) => (each.region === region ? each.named.map(({ event }) => event) : []));
}

/** What a census of a region counted. */
export function figures({ regions }: CensusAnswer, region = HOME): Json {
  const found = regions.find((each) => each.region === region);
  return { events: found?.events, ...found?.byOutcome, unaccounted: found?.unaccounted };
}
