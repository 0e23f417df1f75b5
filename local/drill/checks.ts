import type { Ledger } from "../../ops/ledger/ledger.ts";
import { differences } from "../simulation/run.ts";
import { type Case, unansweredReplacements, wrongOutcomes, wrongRows } from "./judge.ts";
import { KIND_SETTINGS, type Kind } from "./kinds.ts";
import type { Recovery } from "./recovery.ts";

/** Most that EventBridge says a failover takes, in seconds (User Guide, "Recovery Time & Recovery Point Objectives"). */
export const LONGEST_FAILOVER_SECONDS = 420;

export interface Check {
  readonly name: string;
  readonly holds: boolean;
  /** What was found where it does not hold; at most a few lines. */
  readonly problems: readonly string[];
}

/** What a drill has shown. */
export interface Findings {
  readonly kind: Kind;
  readonly regions: readonly [string, string];
  /** Before anything was recovered, once all had come to rest. */
  readonly atRest: Case;
  /** After recovery. */
  readonly final: Case;
  readonly ledger: Ledger;
  readonly recovery: Recovery;
  /** Whether trades went to the primary region before the failure. */
  readonly wasHealthy: boolean;
  /** From the begin of the failure to the endpoint's change, in seconds; undefined if it did not. */
  readonly failoverSeconds: number | undefined;
  /** Where the endpoint leads in the end. */
  readonly finalRegion: string;
  /** Entries that producers never got accepted. */
  readonly notAccepted: number;
  readonly overwritten: readonly string[];
}

const MOST_PROBLEMS = 5;

/** Everything that has to hold after a drill, by name. */
export function checksOf(findings: Findings): Check[] {
  const { kind, regions, atRest, final, ledger, recovery, overwritten } = findings;
  const [primary] = regions;
  const { failsOver } = KIND_SETTINGS[kind];
  const accepted = final.accepted.size;
  return [
    check("healthy before the failure", findings.wasHealthy ? [] : [`${primary} was not in use`]),
    ...failoverChecks(findings, failsOver),
    check(
      `returned to ${primary} by itself`,
      findings.finalRegion === primary ? [] : [`the endpoint leads to ${findings.finalRegion}`],
    ),
    check(
      "no event given up by producers",
      findings.notAccepted === 0 ? [] : [`${findings.notAccepted} never accepted`],
    ),
    check("replaced events have their outcome from the stream", unansweredReplacements(atRest)),
    check(`no accepted event lost: each of ${accepted} has the outcome it has to have`, wrongOutcomes(final)),
    check("no trade twice: one row a trade version, as it was sent", wrongRows(final)),
    check("no row replaced within its region", overwritten),
    check("recovered with the operator's commands", recovery.problems),
    check("both regions hold the same", differences(final.tables, regions)),
    check("the ledger balances over both regions, heartbeats in no count", ledgerProblems(ledger, accepted)),
  ];
}

function failoverChecks(
  { failoverSeconds }: Findings,
  failsOver: (typeof KIND_SETTINGS)[Kind]["failsOver"],
): Check[] {
  const limit = LONGEST_FAILOVER_SECONDS;
  if (failsOver === "never")
    return [
      check("no failover", failoverSeconds === undefined ? [] : [`failed over after ${failoverSeconds} s`]),
    ];
  if (failsOver === "maybe") return [];
  const problem =
    failoverSeconds === undefined
      ? ["it did not fail over"]
      : failoverSeconds > limit
        ? [`it took ${failoverSeconds} s`]
        : [];
  return [check(`failover within ${limit} s`, problem)];
}

function ledgerProblems(ledger: Ledger, accepted: number): string[] {
  if (ledger.balanced && ledger.accepted === accepted) return [];
  const { seconds: _, tradesPerSecond: __, regions, ...figures } = ledger;
  return [`${accepted} were accepted; ${JSON.stringify(figures)}`, JSON.stringify(regions)];
}

function check(name: string, problems: readonly string[]): Check {
  const more = problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [];
  return { name, holds: problems.length === 0, problems: [...problems.slice(0, MOST_PROBLEMS), ...more] };
}
