import type { Reason } from "../contract.ts";
import { MAXIMUM_DETAIL_BYTES } from "../contract.ts";
import { boundedCopy } from "./bounded-copy.ts";
import { canonicalForm, contentHash } from "./canonical.ts";
import { type Envelope, eventKey, parseEnvelope } from "./envelope.ts";
import { isDeeperThan, isJsonObject } from "./json.ts";
import { MAXIMUM_DEPTH, MAXIMUM_REASONS, reason } from "./reasons.ts";
import type { SourceSystems } from "./source-systems.ts";
import { utf8Bytes } from "./text.ts";
import { TRADE_ID_FORMAT, type Trade } from "./trade.ts";
import { checkDetail } from "./trade-rules.ts";

/** A valid trade event: what it says, in which canonical form, and which event said it. */
export interface TradeEvent {
  readonly envelope: Envelope;
  /** `<region>#<event id>`. */
  readonly key: string;
  readonly trade: Trade;
  readonly canonical: string;
  readonly contentHash: string;
}

/** Why an event is no valid trade, and as much of it as can still be named. */
export interface InvalidEvent {
  /** At most MAXIMUM_REASONS of them. */
  readonly reasons: Reason[];
  readonly reasonCount: number;
  readonly tradeId?: string;
  readonly version?: number;
  /** Stands in for an envelope that is too large to keep. */
  readonly boundedCopy?: string;
}

export type ParsedEvent = { valid: true; event: TradeEvent } | { valid: false; invalid: InvalidEvent };

/**
 * Decides whether an EventBridge event is a valid trade of one of the systems. Takes any value, never throws, and
 * lists every reason against it, not only the first.
 */
export function parseTradeEvent(value: unknown, systems: SourceSystems): ParsedEvent {
  const parsed = parseEnvelope(value);
  if (!parsed.ok) return invalid(parsed.reasons);
  const { envelope } = parsed;
  const { detail } = envelope;
  // Depth comes first: everything after it may recurse.
  if (isDeeperThan(MAXIMUM_DEPTH, detail)) {
    const tooDeep = reason("detail.tooDeep", "detail", `deeper than ${MAXIMUM_DEPTH}`);
    return invalid([tooDeep], {
      ...namesIn(detail),
      boundedCopy: boundedCopy(envelope, undefined, undefined),
    });
  }
  const text = JSON.stringify(detail) ?? "null";
  const bytes = utf8Bytes(text);
  if (bytes > MAXIMUM_DETAIL_BYTES) {
    const tooLarge = reason("detail.tooLarge", "detail", `${bytes} bytes`);
    return invalid([tooLarge], { ...namesIn(detail), boundedCopy: boundedCopy(envelope, text, bytes) });
  }
  if (!isJsonObject(detail)) return invalid([reason("detail.notObject", "detail", detail)]);
  const checked = checkDetail(detail, envelope.source, systems);
  if (checked.trade === undefined) return invalid(checked.reasons, namesIn(detail));
  const canonical = canonicalForm(detail);
  const key = eventKey(envelope.region, envelope.id);
  const event = { envelope, key, trade: checked.trade, canonical, contentHash: contentHash(canonical) };
  return { valid: true, event };
}

function invalid(reasons: Reason[], rest: Omit<InvalidEvent, "reasons" | "reasonCount"> = {}): ParsedEvent {
  const listed = reasons.slice(0, MAXIMUM_REASONS);
  return { valid: false, invalid: { reasons: listed, reasonCount: reasons.length, ...rest } };
}

function namesIn(detail: unknown): { tradeId?: string; version?: number } {
  if (!isJsonObject(detail)) return {};
  const { tradeId, version } = detail;
  return {
    ...(typeof tradeId === "string" && TRADE_ID_FORMAT.test(tradeId) && { tradeId }),
    ...(typeof version === "number" && Number.isSafeInteger(version) && version > 0 && { version }),
  };
}
