/** Every kind of bad record that the tape generator makes, each wrong in one way. */

export type Detail = Record<string, unknown>;

/** Changes a valid detail into one that the validator must reject. */
type Spoil = (detail: Detail) => Detail;

const without =
  (field: string): Spoil =>
  (detail) =>
    Object.fromEntries(Object.entries(detail).filter(([key]) => key !== field));
const set =
  (field: string, value: unknown): Spoil =>
  (detail) => ({ ...detail, [field]: value });

/** What is wrong, by a name that tells. */
export const BAD_RECORDS = {
  "tradeId missing": without("tradeId"),
  "tradeId with a space": (detail) => ({ ...detail, tradeId: `${String(detail.tradeId)} x` }),
  "amount missing": without("amount"),
  "amount zero": set("amount", "0.00"),
  "amount negative": set("amount", "-12.50"),
  "amount no number": set("amount", "12,50"),
  "amount beyond a number's digits": set("amount", 1234567.890123456),
  "currency in lower case": set("currency", "usd"),
  "currency withdrawn": set("currency", "DEM"),
  "source system of another": set("sourceSystem", "system9"),
  "instrument with a wrong check digit": set("instrument", "US0378331004"),
  "counterparty with wrong check digits": set("counterparty", "HWUPKR0MPOU8FGXBT395"),
  "venue no market code": set("venue", "nasdaq"),
  "side unknown": set("side", "HOLD"),
  "executedAt no time": set("executedAt", "2026-13-01T10:00:00Z"),
  "quantity no number": set("quantity", "ten"),
  "action unknown": set("action", "AMEND"),
  "correction without a version": (detail) => without("version")({ ...detail, action: "CORRECT" }),
  "new trade with version 2": (detail) => ({ ...detail, action: "NEW", version: 2 }),
  "sequence no integer": set("sequence", 1.5),
  "detail above 64 KiB": set("note", "x".repeat(65_600)),
} as const satisfies Record<string, Spoil>;

export type BadRecord = keyof typeof BAD_RECORDS;

/** Lines that are no JSON, as a broken feed writes them. `line` is a good line. */
export const BROKEN_LINES: readonly ((line: string) => string)[] = [
  (line) => line.slice(0, Math.floor(line.length / 2)),
  (line) => line.replaceAll('"', "'"),
  () => "<html><body>502 Bad Gateway</body></html>",
  (line) => `${line}}`,
];
