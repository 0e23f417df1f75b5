import { TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import { isJsonObject } from "../../functions/domain/json.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { Call, Json } from "../cloud/service.ts";
import type { LocalServices } from "../services.ts";
import type { Entry } from "./trades.ts";

/**
 * What PutEvents has accepted from producers, seen where it does so: also what a producer was never told of, since its
 * answer was lost. By `<region>#<event id>`.
 */
export interface Door {
  readonly accepted: ReadonlyMap<string, Entry>;
  close(): void;
}

/** Watches the services' PutEvents. Copies of the global endpoint and heartbeats come from others. */
export function watchDoor({ events }: LocalServices): Door {
  const accepted = new Map<string, Entry>();
  const { PutEvents: putEvents } = events.operations;
  if (!putEvents) throw new Error("the services have no PutEvents");
  const watched = async (input: Json, call: Call) => {
    const answer = await putEvents(input, call);
    if (call.principal === OPERATOR) note(input, answer ?? {}, call.region);
    return answer;
  };
  const note = ({ Entries: entries }: Json, answer: Json, region: string) => {
    const results = Array.isArray(answer.Entries) ? answer.Entries : [];
    const given = Array.isArray(entries) ? entries : [];
    results.forEach((result: unknown, index) => {
      const entry: unknown = given[index];
      if (!isJsonObject(result) || !isJsonObject(entry) || typeof result.EventId !== "string") return;
      if (entry.DetailType !== TRADE_DETAIL_TYPE) return;
      const detail: unknown = JSON.parse(String(entry.Detail));
      if (!isJsonObject(detail)) return;
      accepted.set(`${region}#${result.EventId}`, { source: String(entry.Source), detail });
    });
  };
  Reflect.set(events.operations, "PutEvents", watched);
  return { accepted, close: () => void Reflect.set(events.operations, "PutEvents", putEvents) };
}
