import type { JsonObject } from "../../functions/domain/json.ts";
import { isJsonObject } from "../../functions/domain/json.ts";
import { TRADE_ID_FORMAT } from "../../functions/domain/trade.ts";
import type { TradeKey } from "./proof.ts";

/** What can be read off an event that was kept, however wrong it is. */
export interface KeptFacts {
  readonly trade?: TradeKey;
  readonly sequence?: number;
  /** Whether EventBridge replayed it from the archive. */
  readonly isReplayed: boolean;
}

/** Reads an envelope; what is missing or malformed is left out. */
export function keptFacts(envelope: JsonObject | undefined): KeptFacts {
  const detail = isJsonObject(envelope?.detail) ? envelope.detail : {};
  const { tradeId, version = 1, sequence } = detail;
  const isReplayed = envelope?.["replay-name"] !== undefined;
  return {
    isReplayed,
    ...(typeof tradeId === "string" &&
      TRADE_ID_FORMAT.test(tradeId) &&
      isWhole(version) &&
      version > 0 && { trade: { tradeId, version } }),
    ...(isWhole(sequence) && sequence >= 0 && { sequence }),
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
