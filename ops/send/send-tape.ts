import { setTimeout } from "node:timers/promises";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { TapeEntry } from "../tape/entry.ts";
import { entryBytes, MAXIMUM_ENTRY_BYTES, type ParsedLine, parseLine } from "../tape/entry.ts";
import type { TapeLine, TapeSource } from "../tape/lines.ts";
import { busRefusal } from "./allowed-buses.ts";

/** PutEvents takes at most this many entries (EventBridge quotas, "PutEvents request entries"). */
const ENTRIES_PER_REQUEST = 10;
/** Kept below PutEvents' limit of 1 MB a request, and enough for the largest entry. */
const BYTES_PER_REQUEST = MAXIMUM_ENTRY_BYTES;
/** Error codes of an entry that may pass (EventBridge API reference, "PutEventsResultEntry"). */
const TRANSIENT = new Set(["ThrottlingException", "InternalFailure", "InternalException"]);
const ENTRY_ATTEMPTS = 6;
const FIRST_DELAY_MILLISECONDS = 50;

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
  /** Names of the buses that entries may name, themselves or by ARN; `eventBusName` and "default" if left out. */
  allowedBuses?: readonly string[];
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

interface Numbered {
  line: number;
  entry: TapeEntry;
}

/**
 * Sends a tape's lines to EventBridge in order, in batches. What is no entry, and what PutEvents refuses for good, is
 * reported with its line number; the rest goes on. Entries that failed for a passing reason, and only those, are sent
 * again; a request that fails as a whole is retried by the SDK, and in the end its entries are refused with its error.
 * Stops early when the signal aborts.
 */
export async function sendTape(lines: TapeSource, options: SendOptions): Promise<SendResult> {
  const buses = options.allowedBuses ?? [options.eventBusName, "default"];
  const region = await options.client.config.region();
  const result: SendResult = { sent: 0, refused: [], accepted: 0 };
  const open = new Set<Promise<void>>();
  const batch: Numbered[] = [];
  let bytes = 0;
  let unanswered = 0;
  const flush = async () => {
    while (batch.length > 0) {
      while (open.size >= (options.concurrency ?? 4)) await Promise.race(open);
      const allowed = (await options.admission?.(batch.length, () => unanswered)) ?? batch.length;
      const request = batch.splice(0, allowed);
      unanswered += request.length;
      const sending: Promise<void> = put(request, options, result).finally(() => {
        unanswered -= request.length;
        open.delete(sending);
      });
      open.add(sending);
    }
    bytes = 0;
  };
  let number = 0;
  for await (const line of lines) {
    if (options.signal?.aborted) break;
    number += 1;
    if (isBlank(line)) continue;
    result.sent += 1;
    const parsed = read(line, buses, region);
    if ("refused" in parsed) {
      result.refused.push({ line: number, reason: parsed.refused });
      options.onProgress?.(result);
      continue;
    }
    const size = entryBytes(parsed.entry);
    if (bytes + size > BYTES_PER_REQUEST) await flush();
    batch.push({ line: number, entry: parsed.entry });
    bytes += size;
    if (batch.length === ENTRIES_PER_REQUEST) await flush();
  }
  await flush();
  await Promise.all(open);
  result.refused.sort((a, b) => a.line - b.line);
  return result;
}

function isBlank(line: string | TapeLine): boolean {
  const text = typeof line === "string" ? line : "line" in line ? line.line : undefined;
  return text?.trim() === "";
}

function read(line: string | TapeLine, buses: readonly string[], region: string): ParsedLine {
  if (typeof line !== "string" && "refused" in line) return line;
  const parsed = parseLine(typeof line === "string" ? line : line.line);
  const bus = "entry" in parsed ? parsed.entry.eventBusName : undefined;
  const refused = bus === undefined ? undefined : busRefusal(bus, buses, region);
  return refused === undefined ? parsed : { refused };
}

async function put(request: Numbered[], options: SendOptions, result: SendResult): Promise<void> {
  let waiting = request;
  for (let attempt = 1; waiting.length > 0; attempt += 1) {
    const failed = await putOnce(waiting, options);
    result.accepted += waiting.length - failed.length;
    const again = attempt < ENTRY_ATTEMPTS ? failed.filter(({ code }) => TRANSIENT.has(code)) : [];
    for (const each of failed)
      if (!again.includes(each))
        result.refused.push({ line: each.line, reason: `${each.code}: ${each.message}` });
    waiting = again;
    if (waiting.length > 0) await setTimeout(Math.random() * FIRST_DELAY_MILLISECONDS * 2 ** attempt);
  }
  options.onProgress?.(result);
}

type Failed = Numbered & { code: string; message: string };

/** One request. Gives the entries that failed; all of them if the request itself did, after the SDK's retries. */
async function putOnce(request: Numbered[], options: SendOptions): Promise<Failed[]> {
  const Entries = request.map(({ entry }) => ({
    Source: entry.source,
    DetailType: entry.detailType,
    Detail: entry.detail,
    EventBusName: entry.eventBusName ?? options.eventBusName,
    ...(entry.time ? { Time: entry.time } : {}),
    ...(entry.resources ? { Resources: [...entry.resources] } : {}),
    ...(entry.traceHeader ? { TraceHeader: entry.traceHeader } : {}),
  }));
  try {
    const answer = await options.client.send(new PutEventsCommand({ Entries }));
    return request.flatMap((each, index) => {
      const { EventId, ErrorCode, ErrorMessage } = answer.Entries?.[index] ?? {};
      if (EventId) options.onAccepted?.(each.line, EventId);
      return EventId ? [] : [{ ...each, code: ErrorCode ?? "NoAnswer", message: ErrorMessage ?? "" }];
    });
  } catch (error) {
    const { name, message } = error as Error;
    return request.map((each) => ({ ...each, code: name, message }));
  }
}
