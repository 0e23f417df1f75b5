import { foldOutcomes, type Ledger, type Outcome } from "../../ops/ledger/ledger.ts";
import { readWitnesses } from "../ledger-source.ts";
import type { Simulation } from "../simulation/simulation.ts";
import { type Row, readTables, type Tables } from "../simulation/tables.ts";
import { readLedger } from "../system.ts";

/** What the services have written of a drill. */
export interface Evidence {
  /** Both tables in both regions. */
  readonly tables: Tables;
  /** By `<region>#<event id>`, over rows, outcomes and queues. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Reads what is written since a time, in milliseconds since the epoch; nothing else may have sent events since. */
export async function readEvidence({ names, services }: Simulation, since: number): Promise<Evidence> {
  const { call } = services.cloud.surroundings;
  const all = await readTables(names, call, { has: () => true });
  const isOf = ({ timestamp }: Row) => timeOf(String(timestamp)) >= since;
  const tables = {
    trades: ofRegions(all.trades, isOf),
    outcomes: ofRegions(all.outcomes, isOf),
  };
  const earlier = new Set(
    [...Object.values(all.trades), ...Object.values(all.outcomes)]
      .flat()
      .filter((row) => !isOf(row))
      .map(({ event }) => String(event)),
  );
  const witnesses = await readWitnesses(names, call);
  return { tables, outcomes: foldOutcomes(witnesses.filter(({ event }) => !earlier.has(event))) };
}

/** The ledger of what has come since another, of which `sent` were accepted. */
export function ledgerSince(simulation: Simulation, sent: number, before?: Ledger): Promise<Ledger> {
  return readLedger(simulation, { sent, refused: [], accepted: sent }, 0, before);
}

function ofRegions(regions: Tables["trades"], isOf: (row: Row) => boolean): Record<string, Row[]> {
  return Object.fromEntries(Object.entries(regions).map(([region, rows]) => [region, rows.filter(isOf)]));
}

/** Rows tell their time in milliseconds, outcomes in ISO 8601. */
function timeOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
