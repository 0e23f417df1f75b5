import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type EventEntry, requestEntry } from "./entry.ts";
import { entryFailure, type Failure, givenUp, requestFailure } from "./failure.ts";

export interface PutEventsOptions {
  readonly client: EventBridgeClient;
  /** The bus of entries that name none. */
  readonly eventBusName: string;
  /** Id of a global endpoint to send through, such as `abcde.veo`; the client's own region if left out. */
  readonly endpointId?: string | undefined;
}

export type Answer = { readonly eventId: string } | Failure;

/**
 * One PutEvents request: an answer for each entry, in order. Never throws; answers at once if the signal aborts. What
 * goes wrong before the request is handed to the client says that no entry can have been accepted.
 */
export async function putEvents(
  entries: readonly EventEntry[],
  { client, eventBusName, endpointId }: PutEventsOptions,
  signal: AbortSignal,
): Promise<Answer[]> {
  const given = aborted(signal);
  let isUnderWay = false;
  try {
    // Requests to a global endpoint are signed for any region, which the SDK does only where this is loaded.
    if (endpointId !== undefined) await import("@aws-sdk/signature-v4a");
    if (signal.aborted) return entries.map(() => givenUp(false));
    const command = new PutEventsCommand({
      Entries: entries.map((entry) => requestEntry(entry, eventBusName)),
      ...(endpointId === undefined ? {} : { EndpointId: endpointId }),
    });
    isUnderWay = true;
    const answer = await Promise.race([client.send(command, { abortSignal: signal }), given.up]);
    if (answer === GIVEN_UP) return entries.map(() => givenUp(true));
    return entries.map((_, index) => {
      const { EventId, ErrorCode, ErrorMessage } = answer.Entries?.[index] ?? {};
      return EventId ? { eventId: EventId } : entryFailure(ErrorCode, ErrorMessage);
    });
  } catch (error) {
    const failure = signal.aborted ? givenUp(isUnderWay) : requestFailure(error);
    return entries.map(() => (isUnderWay ? failure : { ...failure, mayBeAccepted: false }));
  } finally {
    given.ignore();
  }
}

const GIVEN_UP = Symbol("given up");

/** The SDK's promise is raced against the signal, since a client need not heed it in time. */
function aborted(signal: AbortSignal): { up: Promise<typeof GIVEN_UP>; ignore: () => void } {
  const { promise, resolve } = Promise.withResolvers<typeof GIVEN_UP>();
  const end = () => resolve(GIVEN_UP);
  signal.addEventListener("abort", end, { once: true });
  return { up: promise, ignore: () => signal.removeEventListener("abort", end) };
}
