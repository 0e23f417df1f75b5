import { foldOutcomes } from "../../ops/ledger/ledger.ts";
import type { Refusal } from "../../ops/send/send-tape.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { Caller } from "../cloud/service.ts";
import { type LedgerNames, readWitnesses } from "../ledger-source.ts";
import type { Properties, Value } from "../program/wire.ts";
import type { TapeTrade } from "./tape-result.ts";

/** Attributes that differ from run to run. What else holds an event's id is put in terms of the tape's lines. */
const OF_THE_RUN = new Set([
  ...["event", "eventId", "attempt", "execution", "timestamp", "recordedAt", "eventTime"],
  ...["enrichedAt"],
]);
/** Members of a stored envelope that differ from run to run. */
const OF_THE_ENVELOPE = new Set(["id", "time"]);
const IDENTIFIER = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** What became of every line that was sent, by the witnesses of the ledger and the rows of both tables. */
export async function readTrades(
  names: LedgerNames,
  call: Caller,
  lineOfEvent: ReadonlyMap<string, number>,
  refused: readonly Refusal[],
): Promise<TapeTrade[]> {
  const outcomes = foldOutcomes(await readWitnesses(names, call));
  const rows = new Map<string, Properties[]>();
  for (const table of [names.tradesTable, names.outcomesTable])
    for (const row of await scan(table, names.homeRegion, call))
      rows.set(String(row.event), [...(rows.get(String(row.event)) ?? []), row]);
  const eventOf = new Map(
    [...outcomes.keys(), ...rows.keys()].map((event) => [event.slice(event.indexOf("#") + 1), event]),
  );
  const accepted = [...lineOfEvent].map(([id, line]) => {
    const event = eventOf.get(id) ?? "";
    const own = rows.get(event) ?? [];
    return {
      line,
      outcome: outcomes.get(event) ?? "unmatched",
      reasons: own.flatMap(reasonsOf),
      stored: own.map((row) => comparable(row, lineOfEvent)),
    };
  });
  const others = refused.map(({ line, reason }) => ({
    line,
    outcome: "refused",
    reasons: [reason],
    stored: [],
  }));
  return [...accepted, ...others].sort((a, b) => a.line - b.line);
}

/** Codes of a rejection, or the error of a dead letter. */
function reasonsOf({ reasons, error }: Properties): string[] {
  if (typeof reasons === "string") {
    const all = JSON.parse(reasons) as { code?: string }[];
    return all.map(({ code }) => code ?? "unknown").sort();
  }
  return typeof error === "string" ? [error] : [];
}

function comparable(row: Properties, lineOfEvent: ReadonlyMap<string, number>): Properties {
  const kept = Object.entries(row).filter(([name]) => !OF_THE_RUN.has(name));
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const whole = name === "envelope" && typeof value === "string" ? envelope(value) : value;
      return [name, inLines(whole, lineOfEvent)];
    }),
  );
}

function envelope(text: string): Value {
  const members = Object.entries(JSON.parse(text) as Properties);
  return Object.fromEntries(members.filter(([name]) => !OF_THE_ENVELOPE.has(name)));
}

/** The value with every event's id replaced by its line, and every other such id by a word. */
function inLines(value: Value, lineOfEvent: ReadonlyMap<string, number>): Value {
  const text = JSON.stringify(value).replace(IDENTIFIER, (id) => {
    const line = lineOfEvent.get(id);
    return line === undefined ? "an id" : `line ${line}`;
  });
  return JSON.parse(text) as Value;
}

type Attribute = Record<string, unknown>;

async function scan(table: string, region: string, call: Caller): Promise<Properties[]> {
  const rows: Properties[] = [];
  let start: unknown;
  do {
    const page = await call(
      "dynamodb",
      "Scan",
      { TableName: table, ...(start ? { ExclusiveStartKey: start } : {}) },
      { region, principal: OPERATOR },
    );
    for (const item of page.Items as Record<string, Attribute>[])
      rows.push(Object.fromEntries(Object.entries(item).map(([name, each]) => [name, plain(each)])));
    start = page.LastEvaluatedKey;
  } while (start);
  return rows;
}

/** An attribute's value; numbers stay text, with all their digits. */
function plain(attribute: Attribute): Value {
  const [[type, value] = ["NULL", true]] = Object.entries(attribute);
  if (type === "NULL") return null;
  if (type === "L") return (value as Attribute[]).map(plain);
  if (type === "M")
    return Object.fromEntries(
      Object.entries(value as Record<string, Attribute>).map(([name, each]) => [name, plain(each)]),
    );
  return value as Value;
}
