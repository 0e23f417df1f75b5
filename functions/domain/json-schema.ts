import * as z from "zod/mini";
import { MAXIMUM_DETAIL_BYTES } from "../contract.ts";
import { MAXIMUM_DEPTH, MAXIMUM_NUMBER_DIGITS, MAXIMUM_TEXT_DIGITS, MAXIMUM_VERSION } from "./reasons.ts";
import { TradeSchema } from "./trade.ts";

/**
 * The event detail as JSON Schema (draft 2020-12), made from the schema that the functions check with. Check digits,
 * numbers of digits and the size are beyond JSON Schema and said in words.
 */
export function tradeEventJsonSchema(): Record<string, unknown> {
  const { $schema, properties, ...rest } = z.toJSONSchema(TradeSchema, { io: "input" });
  return {
    $schema,
    title: "Trade Event",
    description:
      `Detail of a trade event. At most ${MAXIMUM_DETAIL_BYTES} bytes and ${MAXIMUM_DEPTH} levels; unknown fields are ` +
      `kept. Every JSON number has at most ${MAXIMUM_NUMBER_DIGITS} significant digits, a decimal sent as text at ` +
      `most ${MAXIMUM_TEXT_DIGITS}. Identifiers need their right check digits.`,
    ...rest,
    properties: describe(properties ?? {}),
    ...VERSION_RULE,
  };
}

/** The text of docs/trade-event.schema.json. */
export function tradeEventJsonSchemaText(): string {
  return `${JSON.stringify(tradeEventJsonSchema(), null, 2)}\n`;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  tradeId: "Unique over all trading systems.",
  amount: "Greater than 0.",
  currency: "Active ISO 4217 code.",
  sourceSystem: "Name of the trading system that the event's source belongs to.",
  action: "NEW if absent.",
  version: "1 if absent; required and at least 2 for CORRECT and CANCEL.",
  instrument: "ISIN or CUSIP.",
  venue: "Market identifier code, ISO 10383.",
  counterparty: "Legal entity identifier, ISO 17442.",
  executedAt: "ISO 8601; kept as sent, with its precision.",
  sequence: "Counts a source's events, for finding gaps.",
};

const VERSION_RULE = {
  if: { properties: { action: { enum: ["CORRECT", "CANCEL"] } }, required: ["action"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { version: { minimum: 2, maximum: MAXIMUM_VERSION } }, required: ["version"] },
  else: { properties: { version: { const: 1 } } },
};

function describe(properties: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const description = DESCRIPTIONS[name];
      return [name, { ...(description !== undefined && { description }), ...(schema as object) }];
    }),
  );
}
