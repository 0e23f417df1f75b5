import { eventKey } from "../domain/envelope.ts";
import { isJsonObject, parsedJson } from "../domain/json.ts";
import { membersOf } from "../domain/json-tokens.ts";

/** An event as a replay brings it. */
export interface ArchivedEvent {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly source: string;
  readonly time: string;
  /** Of the detail, where it has them. */
  readonly tradeId?: string;
  readonly version?: number;
  readonly replay: string;
  /** The event's own text as it was put, without the replay's name: numbers keep every digit, escapes stay as they are. */
  readonly envelope: string;
}

const REPLAY_NAME = "replay-name";

/** Reads the body of a message that a replay sent; undefined if it is none. */
export function archivedEvent(body: string): ArchivedEvent | undefined {
  const value = parsedJson(body);
  if (!isJsonObject(value)) return undefined;
  const { [REPLAY_NAME]: replay, id, region, source, time, detail } = value;
  if (typeof replay !== "string" || typeof id !== "string" || typeof region !== "string") return undefined;
  const { tradeId, version = 1 } = isJsonObject(detail) ? detail : {};
  return {
    event: eventKey(region, id),
    source: String(source),
    time: String(time),
    ...(typeof tradeId === "string" && { tradeId }),
    ...(typeof version === "number" && { version }),
    ...{ replay, envelope: withoutReplayName(body) },
  };
}

function withoutReplayName(body: string): string {
  const kept = membersOf(body).filter(({ key }) => key !== REPLAY_NAME);
  return `{${kept.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}
