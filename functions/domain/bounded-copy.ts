import type { Envelope } from "./envelope.ts";
import { bounded, printable } from "./text.ts";

const PREFIX_LENGTH = 4096;

/**
 * What is kept of an event that is too large to keep: who sent it, when, how large it was and how it began.
 * Printable JSON of a few kilobytes; `detailText` is the detail as compact JSON, absent if it cannot be written out.
 */
export function boundedCopy(
  envelope: Envelope,
  detailText: string | undefined,
  bytes: number | undefined,
): string {
  return JSON.stringify({
    id: bounded(envelope.id),
    region: bounded(envelope.region),
    source: bounded(envelope.source),
    time: envelope.time,
    ...(bytes !== undefined && { detailBytes: bytes }),
    ...(detailText !== undefined && {
      detailPrefix: printable(detailText.slice(0, PREFIX_LENGTH)).slice(0, PREFIX_LENGTH),
    }),
  });
}
