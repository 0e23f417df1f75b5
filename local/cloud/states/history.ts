import type { Json } from "../service.ts";

/** An event of an execution, as GetExecutionHistory and the log show it. */
export interface HistoryEvent {
  readonly type: string;
  /** Numbered from 1. */
  readonly id: number;
  /** The event that led to it; 0 for none. */
  readonly previousEventId: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The details, made when they are asked for: most events of most executions never are. */
  readonly details: (() => Json) | undefined;
}

/** Most events of a STANDARD execution (Step Functions, "Quotas"). */
export const MAXIMUM_EVENTS = 25_000;

/** An event as a member of GetExecutionHistory's answer. */
export function eventOf({ type, id, previousEventId, time, details }: HistoryEvent): Json {
  const event = { timestamp: time / 1_000, type, id, previousEventId };
  return details ? { ...event, [detailsMember(type)]: details() } : event;
}

/** States of all types share their details; every other event has its own. */
function detailsMember(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type.slice(0, 1).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** The input of a state or an execution as details show it. */
export function inputDetails(input: unknown): Json {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

/** The output of a state, a task or an execution as details show it. */
export function outputDetails(output: unknown): Json {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** Error and cause as details show them; what is missing is left out. */
export function failureDetails(error: string | undefined, cause: string | undefined): Json {
  return { ...(cause ? { cause } : {}), ...(error === undefined ? {} : { error }) };
}
