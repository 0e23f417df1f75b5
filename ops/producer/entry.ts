/** An event as PutEvents takes it. The form, its size and the largest that can be kept have their home with the tape. */
import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { TapeEntry } from "../tape/entry.ts";

export type EventEntry = TapeEntry;

/** The entry as a PutEvents request carries it. */
export function requestEntry(entry: EventEntry, eventBusName: string): PutEventsRequestEntry {
  return {
    Source: entry.source,
    DetailType: entry.detailType,
    Detail: entry.detail,
    EventBusName: entry.eventBusName ?? eventBusName,
    ...(entry.time ? { Time: entry.time } : {}),
    ...(entry.resources ? { Resources: [...entry.resources] } : {}),
    ...(entry.traceHeader ? { TraceHeader: entry.traceHeader } : {}),
  };
}

/** The entry as a line of a tape, without its end; an entry that names no bus goes to whichever bus the tape goes to. */
export function entryLine(entry: EventEntry): string {
  const { EventBusName, ...fields } = requestEntry(entry, "");
  return JSON.stringify(EventBusName ? { ...fields, EventBusName } : fields);
}
