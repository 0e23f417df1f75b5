import { ENRICHMENT_PENDING_INDEX } from "../standards.ts";

/** Keys and indexes of a table. */
export interface TableShape {
  hashKey: string;
  rangeKey?: string;
  attributes: { name: string; type: "S" | "N" }[];
  globalSecondaryIndexes?: {
    name: string;
    hashKey: string;
    rangeKey: string;
    projectionType: "ALL" | "KEYS_ONLY";
  }[];
}

/**
 * A trade's version has one place in both regions, whenever and wherever it is recorded. `timestamp` is when the
 * system accepted the event, in milliseconds. `enrichmentPending` is there only while enrichment is, so its index
 * holds just the rows that are to be completed.
 */
export const TRADES_TABLE: TableShape = {
  hashKey: "tradeId",
  rangeKey: "version",
  attributes: [
    { name: "tradeId", type: "S" },
    { name: "version", type: "N" },
    { name: "sourceSystem", type: "S" },
    { name: "timestamp", type: "N" },
    { name: "enrichmentPending", type: "S" },
  ],
  globalSecondaryIndexes: [
    { name: "SourceSystemIndex", hashKey: "sourceSystem", rangeKey: "timestamp", projectionType: "ALL" },
    {
      name: ENRICHMENT_PENDING_INDEX,
      hashKey: "enrichmentPending",
      rangeKey: "timestamp",
      projectionType: "KEYS_ONLY",
    },
  ],
};

/**
 * Every attempt of an event that ended other than recorded, by `<region>#<event id>` and execution. `timestamp` is the
 * start of the execution, as ISO 8601 text, so that the attempts of a window are a query.
 */
export const OUTCOMES_TABLE: TableShape = {
  hashKey: "event",
  rangeKey: "attempt",
  attributes: [
    { name: "event", type: "S" },
    { name: "attempt", type: "S" },
    { name: "source", type: "S" },
    { name: "timestamp", type: "S" },
  ],
  globalSecondaryIndexes: [
    { name: "SourceIndex", hashKey: "source", rangeKey: "timestamp", projectionType: "ALL" },
  ],
};

/** The last heartbeat of a region, in a table of that region alone. */
export const HEARTBEATS_TABLE: TableShape = {
  hashKey: "region",
  attributes: [{ name: "region", type: "S" }],
};
