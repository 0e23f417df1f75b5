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
import { type BadLine, type BlotterTrade, type Mapping, type NamedTrade, tradeOfLine } from "./fields.ts";
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
  /** Lines that name a trade version and can be compared. */
  trades: number;
  /** Rows in the window. */
  recorded: number;
  /** Trade versions whose row is what each line that names them says. */
  same: number;
  /** Of the trade versions compared, those whose row is outside the window or of another source. */
  elsewhere: number;
  /** Of the lines that can be compared, those that name a trade version again. */
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

/** A line of which no more can be read than the trade version that it names. */
type NamingLine = NamedTrade & Pick<BlotterTrade, "line">;

/** A line that can be compared, and whether another has named its trade version before. */
type ComparedLine = BlotterTrade & { readonly isAgain: boolean };

const keyOf = ({ tradeId, version }: NamedTrade): Key => ({ id: tradeId, part: version });
const byTrade = (left: NamingLine, right: NamingLine) =>
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
  const unmatched = workspace.findings<ComparedLine>();
  const different = workspace.findings<DifferentTrade>();
  let last: BlotterTrade | undefined;
  for await (const [line, row] of outerJoin(blotter, rows, (a, b) => compareKeys(keyOf(a), keyOf(b)))) {
    ports.signal.throwIfAborted();
    if (!line && row) await findings.extra.add(extraOf(row));
    // Of a line that cannot be read its mistakes are told; all the same its trade is in the blotter, and not extra.
    if (!line || !("fields" in line)) continue;
    const isAgain = last !== undefined && compareKeys(keyOf(line), keyOf(last)) === 0;
    if (isAgain) findings.repeated += 1;
    last = line;
    if (row) await compared({ ...line, isAgain }, row, different, findings);
    else await unmatched.add({ ...line, isAgain });
  }
  const missing = workspace.findings<BlotterTrade>();
  await lookedUp(unmatched, missing, different, findings, ports);
  const differing = await inOrder(workspace.sorted(different.all(), byTrade), findings.different);
  findings.same -= differing;
  await withFates(missing, findings.missing, ports);
  return findings;
}

/** Lines that can be compared, and what can be read of others. */
async function* readable(
  lines: AsyncIterable<ReadLine>,
  mapping: Mapping,
  { sources, isOneSource }: Selection,
  findings: BlotterFindings,
): AsyncGenerator<BlotterTrade | NamingLine> {
  const [only] = isOneSource ? sources : [];
  for await (const each of lines) {
    const trade = "values" in each ? tradeOfLine(each.line, each.values, mapping) : each;
    if ("mistakes" in trade) {
      for (const mistake of trade.mistakes) await findings.unreadable.add(mistake);
      if (trade.named) yield { line: trade.line, ...trade.named };
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

/** Counts a trade version once as the same: those of which a line differs are taken off when all are known. */
async function compared(
  line: ComparedLine,
  row: Recorded,
  different: Findings<DifferentTrade>,
  findings: BlotterFindings,
): Promise<void> {
  if (!line.isAgain) findings.same += 1;
  const found = compareTrade(line, row);
  if (found) await different.add(found);
}

/** What the selection lacks may be recorded all the same, at another time or for another source. */
async function lookedUp(
  unmatched: Findings<ComparedLine>,
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
      if (item) await compared(line, recordedOf(rowOf(item, trades.name)), different, findings);
      if (line.isAgain) continue;
      if (item) findings.elsewhere += 1;
      else await missing.add(line);
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

/** Adds sorted findings, and gives the number of their trade versions. */
async function inOrder<Each extends NamedTrade>(
  sorted: AsyncIterable<Each>,
  into: Findings<Each>,
): Promise<number> {
  let trades = 0;
  let last: Each | undefined;
  for await (const each of sorted) {
    if (!last || compareKeys(keyOf(each), keyOf(last)) !== 0) trades += 1;
    last = each;
    await into.add(each);
  }
  return trades;
}

function extraOf({ fields: _fields, ...row }: Recorded): ExtraTrade {
  return row;
}
