/** The status as it is reported: the shape of --json, and the same as people read it. */
import type { TimeWindow } from "../evidence/pages.ts";
import type { SilentRegion } from "../failover/answers.ts";
import type { Estimates } from "./estimates.ts";
import type { OpenNow, Waiting } from "./open-now.ts";
import { total } from "./proof.ts";
import type { WindowFigures } from "./window.ts";

/** A region that could not be asked, and why. */
export interface Unanswered {
  readonly problem: string;
}

export interface StatusFindings extends WindowFigures {
  readonly window: TimeWindow;
  /** The one region that was asked for. */
  readonly region?: string;
  /** Regions of which nothing is known now; the tables were read in the others. */
  readonly silent: readonly SilentRegion[];
  /** Whether every message of the rules' dead letter queues was looked at. */
  readonly isDeliveryComplete: boolean;
  readonly openNow: Readonly<Record<string, OpenNow | Unanswered>>;
  readonly estimates: Readonly<Record<string, Estimates | Unanswered>>;
}

/** The object of --json. Times are ISO 8601, null stands for what there is not. */
export function statusJson(found: StatusFindings) {
  const { window, region, proof, isDeliveryComplete, incompleteHistories, sequences } = found;
  return {
    window: { from: instant(window.from), to: instant(window.to) },
    region: region ?? null,
    proof: { ...proof, undeliveredComplete: isDeliveryComplete },
    unanswered: Object.fromEntries(found.silent.map((each) => [each.region, each.problem])),
    openNow: mapped(found.openNow, (open) =>
      "problem" in open
        ? open
        : {
            workflowType: open.workflowType,
            executions: open.executions ? waiting(open.executions) : null,
            pendingEnrichments: waiting(open.pendingEnrichments),
            queues: open.queues.map(({ oldestSeconds, ...depth }) => ({
              ...depth,
              estimatedOldestSeconds: oldestSeconds ?? null,
            })),
          },
    ),
    incompleteHistories,
    sequences: mapped(sequences, ({ first, last, ...rest }) => ({
      first: first ?? null,
      last: last ?? null,
      ...rest,
    })),
    estimates: mapped(found.estimates, (estimates, name) =>
      "problem" in estimates
        ? estimates
        : {
            ...estimates,
            unaccounted: unaccounted(found, name, estimates),
            replays: estimates.replays ?? null,
            alarm: estimates.alarm ?? null,
          },
    ),
  };
}

/** Matched by the metrics, less the events that have an outcome and the executions that run: an estimate. */
export function unaccounted(
  { proof, openNow }: Pick<StatusFindings, "proof" | "openNow">,
  region: string,
  { matched }: Estimates,
): number {
  const counts = proof.byRegion[region];
  const open = openNow[region];
  const running = open && !("problem" in open) ? (open.executions?.count ?? 0) : 0;
  return matched - (counts ? total(counts) : 0) - running;
}

export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function waiting({ count, oldest }: Waiting) {
  return { count, oldest: oldest === undefined ? null : instant(oldest) };
}

function mapped<Value, Other>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value, name: string) => Other,
): Record<string, Other> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
