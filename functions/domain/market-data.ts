/** The market data API as docs/market-data-api.md describes it: shared by the client and by servers of it. */
import * as z from "zod/mini";
import { PLAIN_DECIMAL } from "./decimal.ts";
import { MIC_FORMAT } from "./identifiers.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { Trade } from "./trade.ts";

/** Largest response body that is read, in bytes. */
export const MAXIMUM_RESPONSE_BYTES = 16_384;

const text = (maximum: number) => z.string().check(z.minLength(1), z.maxLength(maximum));
const currency = () => z.string().check(z.regex(/^[A-Z]{3}$/));
const decimal = () => z.string().check(z.maxLength(64), z.regex(PLAIN_DECIMAL));
const instant = () => z.string().check(z.refine((value) => parseTimestamp(value) !== undefined));

/** `GET {api}/instruments/{id}`, status 200. */
export const InstrumentSchema = z.object({
  id: text(12),
  name: text(256),
  assetClass: z.enum(["equity", "debt", "fund", "derivative", "commodity", "other"]),
  currency: currency(),
  primaryVenue: z.optional(z.string().check(z.regex(MIC_FORMAT))),
  lotSize: z.optional(decimal()),
  tickSize: z.optional(decimal()),
  asOf: instant(),
});

/** `GET {api}/currencies/{code}`, status 200. */
export const CurrencySchema = z.object({
  code: currency(),
  name: text(256),
  minorUnits: z.optional(z.int().check(z.gte(0), z.lte(6))),
  referenceRate: z.optional(z.object({ currency: currency(), rate: decimal() })),
  asOf: instant(),
});

/** Body of every response with another status. */
export const ProblemSchema = z.object({ error: text(256) });

export type Instrument = z.infer<typeof InstrumentSchema>;
export type Currency = z.infer<typeof CurrencySchema>;
export type Problem = z.infer<typeof ProblemSchema>;

/** What is asked of the API for a trade: its instrument if it names one, else its currency. */
export interface MarketQuestion {
  readonly kind: "instrument" | "currency";
  readonly id: string;
}

/** What the API said: the data, or that it knows nothing under this identifier, which is an answer as well. */
export type MarketAnswer =
  | { kind: "instrument"; id: string; known: true; instrument: Instrument }
  | { kind: "currency"; id: string; known: true; currency: Currency }
  | { kind: "instrument" | "currency"; id: string; known: false };

/** The question that a trade raises. */
export function questionOf(trade: Pick<Trade, "instrument" | "currency">): MarketQuestion {
  if (trade.instrument !== undefined) return { kind: "instrument", id: trade.instrument };
  return { kind: "currency", id: trade.currency };
}

/** Path of a question below the API's endpoint. CUSIPs may contain `#` and `@`, which are percent-encoded. */
export function pathOf({ kind, id }: MarketQuestion): string {
  return `${kind === "instrument" ? "instruments" : "currencies"}/${encodeURIComponent(id)}`;
}

/** Reads the body of a 200; undefined if it is not what the contract says, or about something else. */
export function answerOf({ kind, id }: MarketQuestion, body: unknown): MarketAnswer | undefined {
  if (kind === "instrument") {
    const parsed = InstrumentSchema.safeParse(body);
    if (!parsed.success || parsed.data.id !== id) return undefined;
    return { kind, id, known: true, instrument: parsed.data };
  }
  const parsed = CurrencySchema.safeParse(body);
  if (!parsed.success || parsed.data.code !== id) return undefined;
  return { kind, id, known: true, currency: parsed.data };
}
