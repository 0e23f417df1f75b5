import { HEARTBEAT_SOURCE } from "../contract.ts";
import { isJsonObject } from "./json.ts";

/** Whether an event is a heartbeat, by the one mark that it has: its source. */
export function isHeartbeat(envelope: unknown): boolean {
  return isJsonObject(envelope) && envelope.source === HEARTBEAT_SOURCE;
}
