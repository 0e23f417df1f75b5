/** What was processed in a window of time, as the tables have it. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Attempt, outcomesOfWindow } from "../evidence/outcomes.ts";
import type { TimeWindow } from "../evidence/pages.ts";
import { rowsOfWindow } from "../evidence/rows.ts";
import type { Outcome } from "../ledger/ledger.ts";
import { type Exported, ofEnvelope, ofRow } from "./exported-entry.ts";

export interface Window extends TimeWindow {
  readonly sources: readonly { readonly name: string; readonly source: string }[];
  /** Events that were put in this region only. */
  readonly region?: string;
}

/** A row, or one attempt's outcome. */
export interface Processed {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly outcome: Outcome;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly acceptedAt: number;
  readonly exported: Exported;
}

/** Rows of the window, of one source after the other. */
export async function* processedRows(
  client: DynamoDBClient,
  table: string,
  { sources, region, ...window }: Window,
): AsyncGenerator<Processed> {
  for (const { name, source } of sources)
    for await (const row of rowsOfWindow(client, table, name, window)) {
      if (region !== undefined && row.region !== region) continue;
      const { event, timestamp: acceptedAt, content, decimals } = row;
      const exported = ofRow({ source, acceptedAt, content, decimals });
      yield { event, outcome: "recorded", acceptedAt, exported };
    }
}

/** Outcomes other than recorded of events that were accepted in the window, of one source after the other. */
export async function* processedOutcomes(
  client: DynamoDBClient,
  table: string,
  { sources, region, ...window }: Window,
): AsyncGenerator<Processed> {
  for (const { source } of sources)
    for await (const attempt of outcomesOfWindow(client, table, source, window)) {
      const { event, outcome, acceptedAt } = attempt;
      if (region === undefined || event.startsWith(`${region}#`))
        yield { event, outcome, acceptedAt, exported: exportedOf(attempt) };
    }
}

function exportedOf({ envelope, boundedCopy }: Attempt): Exported {
  if (envelope !== undefined) return ofEnvelope(envelope);
  const missing =
    boundedCopy === undefined
      ? "archiveOnly: only the archive holds it"
      : "it is too large: only a bounded copy was kept";
  return { missing };
}
