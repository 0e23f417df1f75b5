import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { SourceSystems } from "../../../functions/domain/source-systems.ts";
import type { Findings } from "../findings.ts";
import { batchesOf } from "../join.ts";
import { KEYS_PER_REQUEST, type Selection } from "../tables.ts";
import type { Workspace } from "../workspace.ts";
import { type Difference, difference } from "./difference.ts";
import { carryOut, type MendTables } from "./mend.ts";
import { type Clients, differing, reread } from "./pass.ts";
import { mendsOf } from "./plan.ts";

export interface RegionPorts {
  readonly clients: Clients;
  readonly regions: readonly [string, string];
  readonly tables: MendTables;
  readonly selection: Selection;
  readonly systems: SourceSystems;
  /** How long replication may take, in milliseconds. */
  readonly margin: number;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly onRead: () => void;
}

/** Items that were read, by table and region. */
export type ItemsRead = Readonly<Record<Difference["table"], Record<string, number>>>;

const TABLES = ["trades", "outcomes"] as const;
/** Pause before a difference that may be under way is read once more, in milliseconds. */
const SECOND_LOOK = 1_000;

/** Compares both tables between the regions. */
export async function findDifferences(
  ports: RegionPorts,
): Promise<{ read: ItemsRead; differences: Findings<Difference> }> {
  const { regions, tables, margin, workspace, signal } = ports;
  const context = { ...ports, settledBefore: Date.now() - margin };
  const counts = () => Object.fromEntries(regions.map((region) => [region, 0]));
  const read: ItemsRead = { trades: counts(), outcomes: counts() };
  const first = workspace.findings<Difference>();
  for (const table of TABLES) {
    const onRead = (side: 0 | 1) => {
      ports.onRead();
      read[table][regions[side]] = (read[table][regions[side]] ?? 0) + 1;
    };
    for await (const each of differing(tables[table], { ...ports, onRead })) {
      signal.throwIfAborted();
      await first.add(difference(table, each, context));
    }
  }
  return { read, differences: await withSecondLook(first, ports, context.settledBefore) };
}

/** Reads again what may be under way. */
async function withSecondLook(
  first: Findings<Difference>,
  ports: RegionPorts,
  settledBefore: number,
): Promise<Findings<Difference>> {
  let isPaused = false;
  const again = ports.workspace.findings<Difference>();
  for await (const batch of batchesOf(first.all(), KEYS_PER_REQUEST)) {
    const isYoung = batch.some(({ mayBeUnderWay }) => mayBeUnderWay);
    if (isYoung && !isPaused) await setTimeout(SECOND_LOOK, undefined, { signal: ports.signal });
    if (isYoung) isPaused = true;
    for (const each of isYoung ? await rereadAll(batch, ports, settledBefore) : batch) await again.add(each);
  }
  return again;
}

/** What mending did. */
export interface Mended {
  readonly mended: number;
  /** Left alone: replication may still carry them. */
  readonly leftAlone: number;
  /** Not written, since something had changed since it was shown. */
  readonly changed: number;
  /** Why some were not mended, the first of them. */
  readonly problems: readonly string[];
  readonly remaining: Findings<Difference>;
}

const MOST_PROBLEMS = 20;

/**
 * Ends differences as they were shown, then reads them again. What is no longer as it was shown, or is young now, is not
 * written; and each write has the condition that its place has not changed.
 */
export async function mendDifferences(
  differences: Findings<Difference>,
  ports: RegionPorts,
): Promise<Mended> {
  const { signal, workspace } = ports;
  const counts = { mended: 0, leftAlone: 0, changed: 0 };
  const problems: string[] = [];
  const tell = ({ table, key }: Difference, why: string) => {
    if (problems.length < MOST_PROBLEMS) problems.push(`${table} ${key.id} ${key.part}: ${why}`);
  };
  for await (const shown of differences.all()) {
    signal.throwIfAborted();
    const end = shown.mayBeUnderWay ? "leftAlone" : await mendShown(shown, ports);
    if (end instanceof Error) tell(shown, `${end.name}: ${end.message}`);
    else if (end !== "gone") counts[end] += 1;
    if (end === "changed") tell(shown, "not written, as it is no longer what was shown");
  }
  const remaining = workspace.findings<Difference>();
  for await (const batch of batchesOf(differences.all(), KEYS_PER_REQUEST))
    for (const each of await rereadAll(batch, ports, Date.now() - ports.margin)) await remaining.add(each);
  return { ...counts, problems, remaining };
}

/**
 * Ends one difference, if it still is what was shown; `gone` if the regions agree by now, an error if it could not be
 * written. Throws if a region cannot be read, since nothing could be mended then.
 */
async function mendShown(
  shown: Difference,
  ports: RegionPorts,
): Promise<"mended" | "changed" | "gone" | Error> {
  const { tables, clients, systems, margin, signal } = ports;
  // One key at a time, right before its writes: their condition is on the place that is written, so a copy of a pending
  // row, read earlier, would be written into one region after the row was completed in the other, and replicated over it.
  for await (const each of reread(tables[shown.table], [shown.key], clients, signal)) {
    const now = difference(shown.table, each, { ...ports, settledBefore: Date.now() - margin });
    if (!isDeepStrictEqual(now, shown)) return "changed";
    try {
      const writes = mendsOf(shown.table, each.pair, systems);
      return (await carryOut(writes, tables, clients, signal)) ? "mended" : "changed";
    } catch (error) {
      signal.throwIfAborted();
      return error as Error;
    }
  }
  return "gone";
}

async function rereadAll(
  batch: readonly Difference[],
  ports: RegionPorts,
  settledBefore: number,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const { table, keys } of byTable(batch))
    for await (const each of reread(ports.tables[table], keys, ports.clients, ports.signal))
      found.push(difference(table, each, { ...ports, settledBefore }));
  return found;
}

function byTable(batch: readonly Difference[]) {
  return TABLES.map((table) => ({
    table,
    keys: batch.filter((each) => each.table === table).map(({ key }) => key),
  })).filter(({ keys }) => keys.length > 0);
}
