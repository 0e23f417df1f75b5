import { type ParsedEvent, parseTradeEvent, type TradeEvent } from "../../functions/domain/event.ts";
import { parseSourceSystems } from "../../functions/domain/source-systems.ts";

/** Ordinary trade events for tests to vary. */

export const SYSTEMS = parseSourceSystems("system1=trading.system1,system2=trading.system2") ?? new Map();

export const DETAIL = {
  tradeId: "T-1",
  amount: "1500.50",
  currency: "USD",
  sourceSystem: "system1",
} as const;

export const FULL_DETAIL = {
  ...DETAIL,
  action: "NEW",
  version: 1,
  instrument: "US0378331005",
  side: "BUY",
  quantity: "10",
  price: "150.05",
  venue: "XNAS",
  counterparty: "HWUPKR0MPOU8FGXBT394",
  executedAt: "2026-01-05T14:29:59.123456Z",
  sequence: 42,
} as const;

export function envelopeOf(detail: unknown, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: "0",
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "Trade Event",
    source: "trading.system1",
    account: "000000000000",
    time: "2026-01-05T14:30:00Z",
    region: "us-east-1",
    resources: [],
    detail,
    ...changes,
  };
}

export function parseDetail(detail: unknown, changes: Record<string, unknown> = {}): ParsedEvent {
  return parseTradeEvent(envelopeOf(detail, changes), SYSTEMS);
}

/** The event, or an error that lists why it is none. */
export function validEvent(detail: unknown, changes: Record<string, unknown> = {}): TradeEvent {
  const parsed = parseDetail(detail, changes);
  if (!parsed.valid) throw new Error(JSON.stringify(parsed.invalid.reasons));
  return parsed.event;
}

/** Codes and fields of an event's reasons, such as `currency.unknown at currency`. */
export function reasonsOf(detail: unknown, changes: Record<string, unknown> = {}): string[] {
  const parsed = parseDetail(detail, changes);
  return parsed.valid ? [] : parsed.invalid.reasons.map(({ code, field }) => `${code} at ${field}`);
}
