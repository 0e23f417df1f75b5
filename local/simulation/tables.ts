import { OPERATOR } from "../cloud/cloud.ts";
import type { Caller, Json } from "../cloud/service.ts";
import type { LedgerNames } from "../ledger-source.ts";

/** An item with its attributes as text or truth. */
export type Row = Readonly<Record<string, string | boolean>>;

/** Rows and outcomes by region, each sorted by key. */
export interface Tables {
  readonly trades: Readonly<Record<string, readonly Row[]>>;
  readonly outcomes: Readonly<Record<string, readonly Row[]>>;
}

/** Both tables in both regions, of these events only. */
export async function readTables(
  names: LedgerNames,
  call: Caller,
  events: Pick<ReadonlySet<string>, "has">,
): Promise<Tables> {
  const of = async (table: string, key: (row: Row) => string) => {
    const regions = Object.keys(names.regions).map(async (region) => {
      const rows = (await scan(call, region, table)).filter(({ event }) => events.has(String(event)));
      return [region, rows.sort((one, other) => (key(one) < key(other) ? -1 : 1))] as const;
    });
    return Object.fromEntries(await Promise.all(regions));
  };
  return {
    trades: await of(names.tradesTable, ({ tradeId, version }) => `${tradeId} ${version}`),
    outcomes: await of(names.outcomesTable, ({ event, attempt }) => `${event} ${attempt}`),
  };
}

async function scan(call: Caller, region: string, TableName: string): Promise<Row[]> {
  const rows: Row[] = [];
  let ExclusiveStartKey: unknown;
  do {
    const input: Json = { TableName, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) };
    const page = await call("dynamodb", "Scan", input, { region, principal: OPERATOR });
    rows.push(...(page.Items as Record<string, Json>[]).map(plain));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return rows;
}

function plain(item: Record<string, Json>): Row {
  return Object.fromEntries(
    Object.entries(item).map(([name, { S, N, BOOL }]) => [
      name,
      BOOL === true || String(S ?? N ?? BOOL ?? ""),
    ]),
  );
}
