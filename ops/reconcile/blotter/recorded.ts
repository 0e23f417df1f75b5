import { isJsonObject } from "../../../functions/domain/json.ts";
import type { Row } from "../../evidence/rows.ts";
import { FIELDS } from "./fields.ts";

/** A recorded row as a blotter is compared with it. */
export interface Recorded {
  readonly tradeId: string;
  readonly version: number;
  readonly event: string;
  readonly region: string;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Text of the fields that the trade has. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads a row's canonical content. Throws naming the row if that is no JSON object. */
export function recordedOf({ tradeId, version, event, region, timestamp, content }: Row): Recorded {
  const detail = parsed(content);
  if (!isJsonObject(detail))
    throw new Error(
      `row of ${tradeId} version ${version}: content: is no JSON object; allowed is the event's detail`,
    );
  const fields: Record<string, string> = {};
  for (const field of FIELDS) {
    const value = detail[field];
    if (typeof value === "string" || typeof value === "number") fields[field] = String(value);
  }
  return { tradeId, version, event, region, timestamp, fields };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
