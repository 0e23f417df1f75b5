import { TRADE_DETAIL_TYPE } from "../contract.ts";
import type { ReplacedOutcome, RowImage } from "./replacement.ts";
import type { SourceSystems } from "./source-systems.ts";

/**
 * The outcome as the workflow writes outcomes (components/workflow/outcome-states.ts). The row does not keep the
 * event's own time, so the envelope has that of its acceptance; its detail is the canonical one.
 */
export function outcomeItem(
  former: RowImage,
  { event, attempt, outcome, reasons }: ReplacedOutcome,
  systems: SourceSystems,
): Record<string, string> {
  const source = [...systems].find(([, name]) => name === former.sourceSystem)?.[0] ?? former.sourceSystem;
  const acceptedAt = new Date(former.timestamp).toISOString();
  const envelope = {
    id: former.eventId,
    "detail-type": TRADE_DETAIL_TYPE,
    source,
    time: acceptedAt,
    region: former.region,
    detail: JSON.parse(former.content) as unknown,
  };
  return {
    ...{ event, attempt, outcome, source },
    stage: "replication",
    eventTime: acceptedAt,
    timestamp: acceptedAt,
    tradeId: former.tradeId,
    ...(outcome === "rejected" && {
      reasons: JSON.stringify(reasons),
      reasonCount: String(reasons.length),
    }),
    envelope: JSON.stringify(envelope),
  };
}
