import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { filterPattern } from "./filter-pattern.ts";
import type { LogEvent, LogGroup } from "./log-group.ts";

const MAXIMUM_EVENTS = 10_000;

/** GetLogEvents: lines of one stream; tokens `f/…` and `b/…` go forwards and backwards from a line. */
export function getLogEvents(group: LogGroup, json: Json, now: number): Json {
  const input = new Input(json, "InvalidParameterException");
  const stream = input.text("logStreamName");
  const limit = input.optionalInteger("limit", { minimum: 1, maximum: MAXIMUM_EVENTS }) ?? MAXIMUM_EVENTS;
  const token = input.optionalText("nextToken", { pattern: /^[fb]\/\d+$/ });
  const events = within(input, group, now, false).filter((event) => event.stream === stream);
  const position = token ? Number(token.slice(2)) : undefined;
  const forwards = token ? token.startsWith("f") : input.flag("startFromHead");
  const start = forwards ? (position ?? 0) : Math.max(0, (position ?? events.length) - limit);
  const end = forwards ? start + limit : (position ?? events.length);
  const page = events.slice(start, end);
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${start + page.length}`,
    nextBackwardToken: `b/${start}`,
  };
}

/** FilterLogEvents: lines of a group, of all or some streams, that match a pattern. */
export function filterLogEvents(group: LogGroup, json: Json, now: number): Json {
  const input = new Input(json, "InvalidParameterException");
  const names = input.texts("logStreamNames");
  const prefix = input.optionalText("logStreamNamePrefix");
  const matches = filterPattern(input.optionalText("filterPattern", { maximum: 1024 }) ?? "");
  const limit = input.optionalInteger("limit", { minimum: 1, maximum: MAXIMUM_EVENTS }) ?? MAXIMUM_EVENTS;
  const start = Number(input.optionalText("nextToken", { pattern: /^\d+$/ }) ?? 0);
  const found = within(input, group, now, true).filter(
    (event) =>
      (names.length === 0 || names.includes(event.stream)) &&
      (prefix === undefined || event.stream.startsWith(prefix)) &&
      matches(event.message),
  );
  return {
    events: found.slice(start, start + limit).map((event) => ({
      logStreamName: event.stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime,
      eventId: event.id,
    })),
    searchedLogStreams: [],
    ...(found.length > start + limit ? { nextToken: String(start + limit) } : {}),
  };
}

/**
 * Lines of a time. The start belongs to it; the end does for FilterLogEvents and does not for GetLogEvents (CloudWatch
 * Logs API Reference, both operations, `endTime`).
 */
function within(input: Input, group: LogGroup, now: number, hasEnd: boolean): LogEvent[] {
  const from = input.optionalInteger("startTime", { minimum: 0 }) ?? 0;
  const to = input.optionalInteger("endTime", { minimum: 0 }) ?? Number.POSITIVE_INFINITY;
  return group
    .events(now)
    .filter(({ timestamp }) => timestamp >= from && (timestamp < to || (hasEnd && timestamp === to)));
}
