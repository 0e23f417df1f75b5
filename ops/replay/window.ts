import type { RegionOutputs } from "../frame/outputs.ts";

/** Milliseconds since the epoch: `from` included, `to` not. */
export interface ReplayWindow {
  readonly from: number;
  readonly to: number;
}

/** Most replays of one window that are told apart. */
export const MAXIMUM_REPLAYS = 99;

/** The name of a window's replay with this number, from 1: at most 64 of the characters that StartReplay allows. */
export function replayName({ from, to }: ReplayWindow, number: number): string {
  return `replay-${compact(from)}-${compact(to)}-${number}`;
}

/**
 * When a window may be replayed, in milliseconds since the epoch: an archive may take a while to have every event
 * (EventBridge User Guide, "Archiving events": delay a replay by ten minutes).
 */
export function allowedFrom({ to }: ReplayWindow, settledAfterSeconds: number): number {
  return to + settledAfterSeconds * 1_000;
}

/** ARNs of the source rules: a replay to these alone runs no other rule of the bus. */
export function sourceRuleArns({ eventBusArn, ruleNames }: RegionOutputs): string[] {
  return ruleNames.sources.map((name) => `${eventBusArn.replace(":event-bus/", ":rule/")}/${name}`);
}

/** `20260102T143000Z`, with milliseconds where there are any. */
function compact(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, "").replace(".000Z", "Z");
}
