import type { UnaccountedEvent } from "../../functions/contract.ts";
import { OUTCOMES, type Outcome } from "../../functions/domain/outcome.ts";
import { bounded } from "../../functions/domain/text.ts";
import { type SilentRegion, silenceText } from "../failover/answers.ts";
import { table } from "../frame/terminal.ts";

const SHOWN = 20;

/** What the censuses of a region's archive found together. */
export interface RegionCensus {
  readonly region: string;
  readonly events: number;
  readonly byOutcome: Readonly<Record<Outcome, number>>;
  readonly unaccounted: number;
  readonly named: readonly UnaccountedEvent[];
  /** Replays of which the archive was read. */
  readonly replays: readonly string[];
  /** Given if the window begins earlier: the archive may have dropped what was put before. */
  readonly keptSince?: string;
}

/** Whether every event of every region has an outcome, and each archive still has all of the window. */
export function isProven(censuses: readonly RegionCensus[]): boolean {
  return censuses.every(({ unaccounted, keptSince }) => unaccounted === 0 && keptSince === undefined);
}

/** The report as people read it; of silent regions there is no census. */
export function censusLines(
  from: number,
  to: number,
  censuses: readonly RegionCensus[],
  silent: readonly SilentRegion[] = [],
): string[] {
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  const heads = ["archive", "events", ...OUTCOMES, "without outcome"];
  const rows = censuses.map(({ region, events, byOutcome, unaccounted }) => [
    region,
    events,
    ...OUTCOMES.map((outcome) => byOutcome[outcome]),
    unaccounted,
  ]);
  const named = censuses.flatMap((each) => each.named.map((event) => ({ ...event, archive: each.region })));
  return [
    `Events of ${iso(from)} to ${iso(to)}, by their own time, as each region's archive has them`,
    ...table([heads, ...rows]).map((line) => `  ${line}`),
    ...named
      .slice(0, SHOWN)
      .map(({ event, source, time, tradeId, archive }) =>
        bounded(
          `  no outcome: ${event} of ${source}, trade ${tradeId ?? "unknown"}, ${time}, archived in ${archive}`,
          400,
        ),
      ),
    ...(named.length > SHOWN ? [`  … and ${named.length - SHOWN} more; --json names them`] : []),
    ...verdict(censuses, silent),
    ...silent.map(
      (each) => `Not proven: what the archive of ${each.region} holds, since ${silenceText(each)}`,
    ),
  ];
}

function verdict(censuses: readonly RegionCensus[], silent: readonly SilentRegion[]): string[] {
  if (isProven(censuses)) {
    const only = silent.length === 0 ? "" : ` of ${censuses.map(({ region }) => region).join(", ")} alone`;
    return [
      `Proven${only}: every archived trade event ended as exactly one of recorded, duplicate, rejected or dead-lettered`,
    ];
  }
  const isLost = censuses.some(({ unaccounted }) => unaccounted > 0);
  return [
    ...(isLost
      ? [
          "Not proven: bring the events without an outcome back with `npm run ops -- redrive --queue unaccounted`",
        ]
      : []),
    ...censuses.flatMap(({ region, keptSince }) =>
      keptSince === undefined
        ? []
        : [
            `Not proven: the archive of ${region} keeps what was put since ${keptSince}, and the window begins earlier`,
          ],
    ),
  ];
}
