import type { Reason } from "../../functions/contract.ts";
import { MAXIMUM_DETAIL_BYTES } from "../../functions/contract.ts";
import { isJsonObject } from "../../functions/domain/json.ts";
import { reason } from "../../functions/domain/reasons.ts";
import { utf8Bytes } from "../../functions/domain/text.ts";
import { checkDetail } from "../../functions/domain/trade-rules.ts";
import { TradeRefusedError } from "./errors.ts";
import { lossesOf } from "./json.ts";

export interface DetailOptions {
  readonly source: string;
  /** Name of the trading system that `source` belongs to; whatever the trade says if left out. */
  readonly sourceSystem?: string | undefined;
  /** Whether the event contract is checked, and not only what would be lost or cut off. */
  readonly validate: boolean;
}

/** Characters that no queue message can hold (SQS API reference, "SendMessage"). */
const NOT_CARRIED = /[\uFFFE\uFFFF]/g;

/**
 * The trade as the event's Detail text. Throws TradeRefusedError with every reason for which the trade would not arrive
 * as it is, or would be rejected by the functions' own check.
 */
export function detailText(trade: unknown, options: DetailOptions): string {
  refuseFor([...lossesOf(trade)]);
  const text = JSON.stringify(trade);
  const bytes = utf8Bytes(text);
  if (bytes > MAXIMUM_DETAIL_BYTES) refuseFor([reason("detail.tooLarge", "detail", `${bytes} bytes`)]);
  // The functions check what arrives, not what was given.
  const detail: unknown = JSON.parse(text);
  if (!isJsonObject(detail)) throw new TradeRefusedError([reason("detail.notObject", "detail", detail)]);
  if (options.validate) {
    const { source } = options;
    const system = options.sourceSystem ?? detail.sourceSystem;
    refuseFor(checkDetail(detail, source, new Map([[source, String(system)]])).reasons);
  }
  return text.replace(NOT_CARRIED, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

function refuseFor(reasons: readonly Reason[]): void {
  if (reasons.length > 0) throw new TradeRefusedError(reasons);
}
