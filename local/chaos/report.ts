import type { WorkflowType } from "./mortal-system.ts";
import type { ChaosOptions } from "./options.ts";
import type { ChaosResult } from "./run.ts";

export interface SeedResult extends ChaosResult {
  readonly seed: number;
  readonly type: WorkflowType;
}

/** A run as one JSON object. */
export function jsonOf({ problems, ...result }: SeedResult): Record<string, unknown> {
  return { ...result, passed: problems.length === 0, problems };
}

/** A run in a line, and below it what is wrong and how to repeat it. */
export function linesOf(result: SeedResult, { events, faults }: ChaosOptions): string[] {
  const { seed, type, ledger, recovery, problems } = result;
  const harm = `${result.faults} faults, ${result.killed} killed, ${result.paused} paused, ${result.restarts} restarts`;
  const ends = `${ledger.recorded} recorded, ${ledger.duplicate} duplicate, ${ledger.rejected} rejected`;
  const repair = `${recovery.redriven} redriven, ${recovery.replays} replays`;
  const verdict = problems.length === 0 ? "ok    " : "FAILED";
  return [
    `${verdict} seed ${seed} ${type}: ${ledger.sent} sent; ${harm}; ${ends}; ${repair}; ${result.seconds.toFixed(1)} s`,
    ...problems.map((problem) => `  ${problem}`),
    ...(problems.length === 0
      ? []
      : [`  repeat: npm run chaos -- --seed ${seed} --type ${type} --events ${events} --faults ${faults}`]),
  ];
}

export function summaryOf(results: readonly SeedResult[]): {
  seeds: number;
  passed: number;
  failed: number[];
} {
  const failed = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
  return { seeds: results.length, passed: results.length - failed.length, failed };
}
