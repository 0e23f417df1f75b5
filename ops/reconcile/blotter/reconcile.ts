import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Attempt, allOutcomes, outcomesOfWindow, outcomesSince } from "../../evidence/outcomes.ts";
import { rowOf } from "../../evidence/rows.ts";
import type { Findings } from "../findings.ts";
import { batchesOf, outerJoin, primed } from "../join.ts";
import { compareKeys, type Key, keyText } from "../key.ts";
import { itemsOf, KEYS_PER_REQUEST, type Selection, type Table } from "../tables.ts";
import type { Workspace } from "../workspace.ts";
import { compareTrade, type DifferentTrade } from "./compare.ts";
import type { ReadLine } from "./csv.ts";
import { compareTradeAttempts, type Fate, fates, type TradeAttempt, tradeAttempt } from "./fate.ts";
import { type BadLine, type BlotterTrade, type Mapping, tradeOfLine } from "./fields.ts";
import { type Recorded, recordedOf } from "./recorded.ts";

/** A trade version of the blotter that has no row, and what became of it instead. */
export interface MissingTrade extends Omit<Fate, "key"> {
  readonly line: number;
  readonly tradeId: string;
  readonly version: number;
}

export type ExtraTrade = Omit<Recorded, "fields">;

/** What a blotter was compared to, and how they differ; each list in the order of trades or lines. */
export interface BlotterFindings {
  /** Trades that the blotter names, its rows in the window, and trades that are the same. */
  trades: number;
  recorded: number;
  same: number;
  /** Of those compared, the ones whose row is outside the window or of another source. */
  elsewhere: number;
  /** Lines that name a trade version again. */
  repeated: number;
  readonly unreadable: Findings<BadLine>;
  readonly missing: Findings<MissingTrade>;
  readonly different: Findings<DifferentTrade>;
  readonly extra: Findings<ExtraTrade>;
}

export interface BlotterPorts {
  readonly client: DynamoDBClient;
  readonly trades: Table;
  readonly outcomesTable: string;
  readonly selection: Selection;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly onRead: () => void;
}

const keyOf = ({ tradeId, version }: { tradeId: string; version: number }): Key => ({
  id: tradeId,
  part: version,
});
const byTrade = (left: BlotterTrade, right: BlotterTrade) =>
  compareKeys(keyOf(left), keyOf(right)) || left.line - right.line;

/** Compares a blotter's lines with what was recorded, in bounded memory. */
export async function reconcileBlotter(
  lines: AsyncIterable<ReadLine>,
  mapping: Mapping,
  ports: BlotterPorts,
): Promise<BlotterFindings> {
  const { workspace, selection } = ports;
  const findings: BlotterFindings = {
    ...{ trades: 0, recorded: 0, same: 0, elsewhere: 0, repeated: 0 },
    unreadable: workspace.findings(),
    missing: workspace.findings(),
    different: workspace.findings(),
    extra: workspace.findings(),
  };
  // Before anything is read of the tables: a file that is no blotter is told at once.
  const blotter = await primed(workspace.sorted(readable(lines, mapping, selection, findings), byTrade));
  const rows = workspace.sorted(recorded(ports, findings), (left, right) =>
    compareKeys(keyOf(left), keyOf(right)),
  );
  const unmatched = workspace.findings<BlotterTrade>();
  const different = workspace.findings<DifferentTrade>();
  let last: BlotterTrade | undefined;
  for await (const [line, row] of outerJoin(blotter, rows, (a, b) => compareKeys(keyOf(a), keyOf(b)))) {
    ports.signal.throwIfAborted();
    if (line && last && compareKeys(keyOf(line), keyOf(last)) === 0) findings.repeated += 1;
    if (line) last = line;
    if (line && row) await compared(line, row, different, findings);
    else if (line) await unmatched.add(line);
    else if (row) await findings.extra.add(extraOf(row));
  }
  const missing = workspace.findings<BlotterTrade>();
  await lookedUp(unmatched, missing, different, findings, ports);
  await inOrder(workspace.sorted(different.all(), compareDifferent), findings.different);
  await withFates(missing, findings.missing, ports);
  return findings;
}

async function* readable(
  lines: AsyncIterable<ReadLine>,
  mapping: Mapping,
  { sources, isOneSource }: Selection,
  findings: BlotterFindings,
): AsyncGenerator<BlotterTrade> {
  const [only] = isOneSource ? sources : [];
  for await (const each of lines) {
    const trade = "values" in each ? tradeOfLine(each.line, each.values, mapping) : [each];
    if (Array.isArray(trade)) {
      for (const bad of trade) await findings.unreadable.add(bad);
      continue;
    }
    findings.trades += 1;
    // A blotter of one system says by that which system its trades are of.
    yield only ? { ...trade, fields: { sourceSystem: only.name, ...trade.fields } } : trade;
  }
}

async function* recorded(
  { client, trades, selection, onRead }: BlotterPorts,
  findings: BlotterFindings,
): AsyncGenerator<Recorded> {
  for await (const item of trades.items(client, selection)) {
    onRead();
    findings.recorded += 1;
    yield recordedOf(rowOf(item, trades.name));
  }
}

async function compared(
  line: BlotterTrade,
  row: Recorded,
  different: Findings<DifferentTrade>,
  findings: BlotterFindings,
): Promise<void> {
  const found = compareTrade(line, row);
  if (found) await different.add(found);
  else findings.same += 1;
}

/** What the selection lacks may be recorded all the same, at another time or for another source. */
async function lookedUp(
  unmatched: Findings<BlotterTrade>,
  missing: Findings<BlotterTrade>,
  different: Findings<DifferentTrade>,
  findings: BlotterFindings,
  { client, trades, signal }: BlotterPorts,
): Promise<void> {
  for await (const lines of batchesOf(unmatched.all(), KEYS_PER_REQUEST)) {
    const keys = new Map(lines.map((line) => [keyText(keyOf(line)), keyOf(line)]));
    const found = await itemsOf(client, trades, [...keys.values()], signal);
    for (const line of lines) {
      const item = found.get(keyText(keyOf(line)));
      if (!item) {
        await missing.add(line);
        continue;
      }
      findings.elsewhere += 1;
      await compared(line, recordedOf(rowOf(item, trades.name)), different, findings);
    }
  }
}

async function withFates(
  missing: Findings<BlotterTrade>,
  into: Findings<MissingTrade>,
  ports: BlotterPorts,
): Promise<void> {
  if (missing.total === 0) return;
  const attempts = ports.workspace.sorted(tradeAttempts(ports), compareTradeAttempts);
  for await (const [line, fate] of outerJoin(missing.all(), fates(attempts), (a, b) =>
    compareKeys(keyOf(a), b.key),
  )) {
    if (!line) continue;
    const { outcome, attempts: told } = fate ?? { outcome: "none" as const, attempts: [] };
    await into.add({
      line: line.line,
      tradeId: line.tradeId,
      version: line.version,
      outcome,
      attempts: told,
    });
  }
}

async function* tradeAttempts(ports: BlotterPorts): AsyncGenerator<TradeAttempt> {
  for await (const attempt of attemptsOf(ports)) {
    ports.onRead();
    const known = tradeAttempt(attempt);
    if (known) yield known;
  }
}

async function* attemptsOf({ client, outcomesTable, selection }: BlotterPorts): AsyncGenerator<Attempt> {
  const { window, sources, isOneSource } = selection;
  if (!window && !isOneSource) return yield* allOutcomes(client, outcomesTable);
  for (const { source } of sources)
    yield* window
      ? outcomesOfWindow(client, outcomesTable, source, window)
      : outcomesSince(client, outcomesTable, source, 0);
}

function compareDifferent(left: DifferentTrade, right: DifferentTrade): number {
  return compareKeys(keyOf(left), keyOf(right)) || left.line - right.line;
}

async function inOrder<Each>(sorted: AsyncIterable<Each>, into: Findings<Each>): Promise<void> {
  for await (const each of sorted) await into.add(each);
}

function extraOf({ fields: _fields, ...row }: Recorded): ExtraTrade {
  return row;
}
