import { type EventBridgeClient, ListReplaysCommand } from "@aws-sdk/client-eventbridge";
import type { TimeWindow } from "../evidence/pages.ts";

/** Names of replays to the source rules begin so (ops/replay/window.ts); those of a census do not. */
const PREFIX = "replay-";

/** Replays of trade events that ran in a region at some time of the window; EventBridge keeps them for 90 days. */
export async function replaysIn(client: EventBridgeClient, { from, to }: TimeWindow): Promise<number> {
  let count = 0;
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListReplaysCommand({ NamePrefix: PREFIX, ...(NextToken && { NextToken }) }),
    );
    for (const { ReplayStartTime, ReplayEndTime } of page.Replays ?? [])
      if ((ReplayStartTime?.getTime() ?? to) < to && (ReplayEndTime?.getTime() ?? to) >= from) count += 1;
    NextToken = page.NextToken;
  } while (NextToken);
  return count;
}
