/** What was processed in a window of time, as the tables have it. */
import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { epochMilliseconds, parseTimestamp } from "../../functions/domain/timestamp.ts";
import { DECIMAL_FIELDS } from "../../functions/domain/trade.ts";
import { OUTCOMES, type Outcome } from "../ledger/ledger.ts";
import { type Exported, ofEnvelope, ofRow, redrivenFrom } from "./exported-entry.ts";

export interface Window {
  /** Milliseconds since the epoch, included. */
  readonly from: number;
  /** Milliseconds since the epoch, not included. */
  readonly to: number;
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

type Item = Record<string, AttributeValue>;

/** Rows of the window, of one source after the other. */
export async function* processedRows(
  client: DynamoDBClient,
  TableName: string,
  { from, to, sources, region }: Window,
): AsyncGenerator<Processed> {
  for (const { name, source } of sources) {
    let start: Item | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName,
          IndexName: "SourceSystemIndex",
          KeyConditionExpression: "sourceSystem = :name AND #timestamp BETWEEN :from AND :last",
          ...(region === undefined ? {} : { FilterExpression: "#region = :region" }),
          ExpressionAttributeNames: {
            "#timestamp": "timestamp",
            ...(region === undefined ? {} : { "#region": "region" }),
          },
          ExpressionAttributeValues: {
            ":name": { S: name },
            ":from": { N: String(from) },
            ":last": { N: String(to - 1) },
            ...(region === undefined ? {} : { ":region": { S: region } }),
          },
          ExclusiveStartKey: start,
        }),
      );
      for (const item of page.Items ?? []) yield rowOf(item, source);
      start = page.LastEvaluatedKey;
    } while (start);
  }
}

function rowOf(item: Item, source: string): Processed {
  const acceptedAt = Number(item.timestamp?.N);
  const decimals = Object.fromEntries(
    DECIMAL_FIELDS.flatMap((field) => (item[field]?.S === undefined ? [] : [[field, item[field].S]])),
  );
  return {
    event: item.event?.S ?? "",
    outcome: "recorded",
    acceptedAt,
    exported: ofRow({ source, acceptedAt, content: item.content?.S ?? "", decimals }),
  };
}

/**
 * Outcomes other than recorded of events that were accepted in the window. A redriven event has its outcome later than
 * it was accepted, so there is no upper bound to what is looked at.
 */
export async function* processedOutcomes(
  client: DynamoDBClient,
  TableName: string,
  { from, to, sources, region }: Window,
): AsyncGenerator<Processed> {
  let start: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName,
        FilterExpression: `#timestamp >= :from${region === undefined ? "" : " AND begins_with(#event, :region)"}`,
        ExpressionAttributeNames: {
          "#timestamp": "timestamp",
          ...(region === undefined ? {} : { "#event": "event" }),
        },
        ExpressionAttributeValues: {
          // The text without fraction and zone comes before every instant of its second, however that is written.
          ":from": { S: new Date(from).toISOString().slice(0, 19) },
          ...(region === undefined ? {} : { ":region": { S: `${region}#` } }),
        },
        ExclusiveStartKey: start,
      }),
    );
    for (const item of page.Items ?? []) {
      const processed = outcomeOf(item);
      const { acceptedAt } = processed;
      const isOfSource = sources.some(({ source }) => source === item.source?.S);
      if (isOfSource && acceptedAt >= from && acceptedAt < to) yield processed;
    }
    start = page.LastEvaluatedKey;
  } while (start);
}

function outcomeOf({ event, outcome, timestamp, envelope, boundedCopy }: Item): Processed {
  const parsed = parseTimestamp((envelope?.S && redrivenFrom(envelope.S)) ?? timestamp?.S ?? "");
  return {
    event: event?.S ?? "",
    outcome: OUTCOMES.find((each) => each === outcome?.S) ?? "deadLettered",
    acceptedAt: parsed === undefined ? Number.NaN : epochMilliseconds(parsed),
    exported:
      envelope?.S !== undefined
        ? ofEnvelope(envelope.S)
        : {
            missing: boundedCopy
              ? "it is too large: only a bounded copy was kept"
              : "archiveOnly: only the archive holds it",
          },
  };
}
