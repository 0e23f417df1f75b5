import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { Outbox, type Outcome } from "../producer/outbox.ts";
import { type ParsedLine, parseLine } from "../tape/entry.ts";
import type { TapeLine, TapeSource } from "../tape/lines.ts";
import { type AllowedBuses, busRefusal } from "./allowed-buses.ts";

export interface Refusal {
  /** From 1. */
  line: number;
  reason: string;
}

export interface SendResult {
  /** Lines that were not blank. */
  sent: number;
  refused: Refusal[];
  accepted: number;
}

export interface SendOptions {
  client: EventBridgeClient;
  /** The bus of entries that name none. */
  eventBusName: string;
  /** Id of a global endpoint to send through; the client's region if left out. */
  endpointId?: string;
  /** The buses that entries may name; a line that names another is refused. */
  allowedBuses: AllowedBuses;
  /**
   * Waits until more may be sent, and gives how many of the waiting entries, at least 1. `unanswered` counts the entries
   * whose request is under way. This is what keeps the number of outstanding events bounded.
   */
  admission?: (waiting: number, unanswered: () => number) => Promise<number>;
  /** Requests under way at once. */
  concurrency?: number;
  onProgress?: (result: SendResult) => void;
  /** Told of each accepted entry: its line, from 1, and the id that its event got. */
  onAccepted?: (line: number, eventId: string) => void;
  signal?: AbortSignal;
}

/**
 * Sends a tape's lines to EventBridge in order, in batches. What is no entry, and what PutEvents refuses for good, is
 * reported with its line number; the rest goes on. Entries that failed for a passing reason, and only those, are sent
 * again, as are those of a request that failed as a whole; in the end they are refused with the last error.
 * Stops early when the signal aborts.
 */
export async function sendTape(lines: TapeSource, options: SendOptions): Promise<SendResult> {
  const result: SendResult = { sent: 0, refused: [], accepted: 0 };
  const outbox = new Outbox(options);
  const refuse = (line: number, reason: string) => {
    result.refused.push({ line, reason });
    options.onProgress?.(result);
  };
  const settle = (line: number, outcome: Outcome) => {
    if (!("eventId" in outcome)) return refuse(line, `${outcome.code}: ${outcome.message}`);
    result.accepted += 1;
    options.onAccepted?.(line, outcome.eventId);
    options.onProgress?.(result);
  };
  let number = 0;
  for await (const line of lines) {
    if (options.signal?.aborted) break;
    number += 1;
    if (isBlank(line)) continue;
    result.sent += 1;
    const parsed = read(line, options.allowedBuses);
    const at = number;
    if ("refused" in parsed) refuse(at, parsed.refused);
    else outbox.add({ entry: parsed.entry, settle: (outcome) => settle(at, outcome) });
    await outbox.room();
  }
  outbox.dispatch();
  await outbox.drained();
  result.refused.sort((a, b) => a.line - b.line);
  return result;
}

function isBlank(line: string | TapeLine): boolean {
  const text = typeof line === "string" ? line : "line" in line ? line.line : undefined;
  return text?.trim() === "";
}

function read(line: string | TapeLine, buses: AllowedBuses): ParsedLine {
  if (typeof line !== "string" && "refused" in line) return line;
  const parsed = parseLine(typeof line === "string" ? line : line.line);
  const bus = "entry" in parsed ? parsed.entry.eventBusName : undefined;
  const refused = bus === undefined ? undefined : busRefusal(bus, buses);
  return refused === undefined ? parsed : { refused };
}
