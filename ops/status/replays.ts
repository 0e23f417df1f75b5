import { type EventBridgeClient, ListReplaysCommand } from "@aws-sdk/client-eventbridge";
import type { TimeWindow } from "../evidence/pages.ts";

/** Names of replays to the source rules begin so (ops/replay/window.ts); those of a census do not. */
const PREFIX = "replay-";

/**
 * Replays of an archive's trade events that ran in a region at some time of the window; EventBridge keeps them for 90 days.
 * Other stacks of the account have replays of such names, too.
 */
export async function replaysIn(
  client: EventBridgeClient,
  archiveArn: string,
  { from, to }: TimeWindow,
): Promise<number> {
  let count = 0;
  let NextToken: string | undefined;
  do {
    // Filters are exclusive (EventBridge API Reference, ListReplays).
    const page = await client.send(
      new ListReplaysCommand({ NamePrefix: PREFIX, ...(NextToken && { NextToken }) }),
    );
    for (const { EventSourceArn, ReplayStartTime, ReplayEndTime } of page.Replays ?? []) {
      const isInWindow = (ReplayStartTime?.getTime() ?? to) < to && (ReplayEndTime?.getTime() ?? to) >= from;
      if (isInWindow && EventSourceArn === archiveArn) count += 1;
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return count;
}
