/** What was kept of an event, as a tape's line that says the same. */
import { MAXIMUM_DETAIL_BYTES, TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import { formatDecimal } from "../../functions/domain/decimal.ts";
import type { JsonObject } from "../../functions/domain/json.ts";
import { isJsonObject, parsedJson } from "../../functions/domain/json.ts";
import { membersOf } from "../../functions/domain/json-tokens.ts";
import { utf8Bytes } from "../../functions/domain/text.ts";
import { type DECIMAL_FIELDS, decimalOf } from "../../functions/domain/trade.ts";
import { parseLine } from "../tape/entry.ts";

/** A tape's line, or why there cannot be one. */
export type Exported = { readonly line: string } | { readonly missing: string };

/** What a row of the trades table says of its event. */
export interface RowContent {
  readonly source: string;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** Canonical form of the detail. */
  readonly content: string;
  /** The row's own texts of the decimal fields that the trade has. */
  readonly decimals: Readonly<Partial<Record<(typeof DECIMAL_FIELDS)[number], string>>>;
}

/**
 * The line of a recorded trade. Its detail is the canonical form without what is filled in when it is left out, and
 * with decimals as the row has them, so that it is recorded as the same row; the event's own time is not in the row,
 * so `Time` is when the system accepted it.
 */
export function ofRow({ source, acceptedAt, content, decimals }: RowContent): Exported {
  const canonical: unknown = parsedJson(content);
  if (!isJsonObject(canonical)) return { missing: "its row has no content" };
  const { action, version, ...rest } = canonical;
  const said = action === "NEW" ? rest : canonical;
  const texts = { ...said, ...decimals };
  const fits = utf8Bytes(JSON.stringify(texts)) <= MAXIMUM_DETAIL_BYTES;
  return checked({
    Source: source,
    DetailType: TRADE_DETAIL_TYPE,
    Time: new Date(acceptedAt).toISOString(),
    Detail: JSON.stringify(fits ? texts : { ...said, ...shortest(decimals) }),
  });
}

/** Decimals as numbers where that says the same in fewer characters: the detail may be just as long as is allowed. */
function shortest(decimals: RowContent["decimals"]): JsonObject {
  return Object.fromEntries(
    Object.entries(decimals).map(([field, text]) => {
      const decimal = decimalOf(Number(text));
      return [field, decimal && formatDecimal(decimal) === text ? Number(text) : text];
    }),
  );
}

/** The line of an event whose envelope was kept; numbers stay as they stand there. */
export function ofEnvelope(envelope: string): Exported {
  const fields: unknown = parsedJson(envelope);
  if (!isJsonObject(fields)) return { missing: "its envelope is not JSON" };
  const { resources } = fields;
  return checked({
    Source: String(fields.source),
    DetailType: String(fields["detail-type"]),
    Time: String(fields.time),
    ...(Array.isArray(resources) && resources.length > 0 ? { Resources: resources } : {}),
    Detail: membersOf(envelope).find(({ key }) => key === "detail")?.text ?? "null",
  });
}

/** Puts a line together, its Detail as it stands, and makes sure that it can be sent. */
function checked({ Detail, ...entry }: { Detail: string } & Record<string, unknown>): Exported {
  const line = `${JSON.stringify(entry).slice(0, -1)},"Detail":${Detail}}`;
  const result = parseLine(line);
  return "entry" in result ? { line } : { missing: `no tape can hold it: ${result.refused}` };
}
