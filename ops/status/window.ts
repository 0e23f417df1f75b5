/** Reads what the tables say of a window, page by page, into the folds. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Attempt, attemptsOf, keptEvent, outcomesSince } from "../evidence/outcomes.ts";
import type { TimeWindow } from "../evidence/pages.ts";
import { type Row, rowsOfWindow, versionsOf } from "../evidence/rows.ts";
import { Bounded } from "./bounded.ts";
import { type IncompleteHistory, incompleteHistory } from "./histories.ts";
import { keptFacts } from "./kept-event.ts";
import { carrierOf, Proof, type ProofFigures } from "./proof.ts";
import { type SequenceFigures, Sequences } from "./sequences.ts";
import { settle } from "./settle.ts";
import type { Undelivered } from "./undelivered.ts";

export interface WindowPlace {
  /** Reads the window, in one region. */
  readonly client: DynamoDBClient;
  /** Each of them reads a trade's versions. */
  readonly regions: readonly DynamoDBClient[];
  readonly tradesTable: string;
  readonly outcomesTable: string;
  readonly sources: readonly { readonly name: string; readonly source: string }[];
  readonly window: TimeWindow;
  /** Whether the figures count events that were put in a region. Default: all. */
  readonly isCounted?: (region: string) => boolean;
  readonly undelivered: readonly Undelivered[];
  /** Told of every item that was read. */
  readonly onRead: () => void;
}

export interface WindowFigures {
  readonly proof: ProofFigures;
  readonly incompleteHistories: { readonly total: number; readonly listed: readonly IncompleteHistory[] };
  /** By source system. */
  readonly sequences: Readonly<Record<string, SequenceFigures>>;
}

/** Where the events of the window are. Reads outcomes first, since a row may then settle what they say. */
export async function readWindow(place: WindowPlace): Promise<WindowFigures> {
  const { sources, isCounted } = place;
  const proof = new Proof(
    sources.map(({ name }) => name),
    isCounted,
  );
  const sequences = new Map(sources.map(({ name }) => [name, new Sequences()]));
  for (const { event, source, error, envelope } of place.undelivered) {
    const name = sources.find((each) => each.source === source)?.name ?? source;
    const facts = keptFacts(envelope);
    const { trade, sequence } = facts;
    if (sequence !== undefined) sequences.get(name)?.attempt(sequence, carrierOf(trade, event));
    proof.attempt({
      ...{ event, sourceSystem: name, outcome: "deadLettered", stage: "delivery", reasons: [error] },
      ...(trade && { trade }),
    });
  }
  for (const { name, source } of sources)
    for await (const attempt of outcomesSince(place.client, place.outcomesTable, source, place.window.from))
      await foldAttempt(attempt, name, place, proof, sequences.get(name));
  const revised = new Set<string>();
  for (const { name } of sources) await foldRows(name, place, proof, sequences.get(name), revised);
  await settle(place, proof);
  const histories = new Bounded<IncompleteHistory>();
  for (const tradeId of revised) {
    const history = incompleteHistory(await versions(place, tradeId));
    if (history) histories.add(history);
  }
  return {
    proof: proof.figures(),
    incompleteHistories: histories.figures(),
    sequences: Object.fromEntries([...sequences].map(([name, each]) => [name, each.figures()])),
  };
}

async function foldAttempt(
  attempt: Attempt,
  sourceSystem: string,
  { client, outcomesTable, window, onRead }: WindowPlace,
  proof: Proof,
  sequences: Sequences | undefined,
): Promise<void> {
  onRead();
  const { event, acceptedAt, outcome, stage, reasons, error } = attempt;
  const isKnown = proof.has(event);
  // A later attempt at an event of the window, such as a replay of it, may change its outcome.
  if (!isKnown && (acceptedAt < window.from || acceptedAt >= window.to)) return;
  const { trade, sequence, isReplayed } = keptFacts(keptEvent(attempt));
  if (!isKnown && isReplayed) {
    const all = await attemptsOf(client, outcomesTable, event);
    if (all.some((each) => each.acceptedAt < window.from)) return;
  }
  if (sequence !== undefined) sequences?.attempt(sequence, carrierOf(trade, event));
  proof.attempt({
    ...{ event, sourceSystem, outcome, stage, ...(trade && { trade }) },
    reasons: outcome === "deadLettered" ? [error ?? "unknown"] : reasons,
  });
}

async function foldRows(
  sourceSystem: string,
  { client, tradesTable, window, onRead }: WindowPlace,
  proof: Proof,
  sequences: Sequences | undefined,
  revised: Set<string>,
): Promise<void> {
  const rows = () => rowsOfWindow(client, tradesTable, sourceSystem, window);
  for await (const row of rows()) {
    onRead();
    proof.row(row.event, sourceSystem);
    if (row.sequence !== undefined) sequences?.row(row.sequence, carrierOf(row, row.event));
    // Without a second version nothing of a trade can be missing.
    if (row.version > 1) revised.add(row.tradeId);
  }
  if (!sequences?.hasUnnamed) return;
  for await (const row of rows())
    if (row.sequence !== undefined) sequences.rowAgain(row.sequence, carrierOf(row, row.event));
}

/** A trade's versions as every region has them. */
async function versions({ regions, tradesTable }: WindowPlace, tradeId: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const client of regions)
    for await (const row of versionsOf(client, tradesTable, tradeId)) rows.push(row);
  return rows;
}
