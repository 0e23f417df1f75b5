import { randomUUID } from "node:crypto";
import {
  DescribeArchiveCommand,
  DescribeReplayCommand,
  type EventBridgeClient,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import { NamedError } from "../adapters/errors.ts";
import { failureOf } from "../adapters/service-errors.ts";
import { lastPartOf } from "../domain/text.ts";
import type { Window } from "./window.ts";

export interface ArchiveNames {
  readonly busArn: string;
  readonly archiveArn: string;
  /** The one rule that takes the replay. */
  readonly censusRuleArn: string;
}

const DAY = 86_400_000;
const ENDED_BADLY = ["FAILED", "CANCELLED", "CANCELLING"];

/** Replays of an archive to the census rule alone: no trade is processed again. */
export function archiveReplay(
  client: EventBridgeClient,
  names: ArchiveNames,
  now: () => number,
  signal: AbortSignal,
) {
  return {
    /** When the oldest events were put that the archive keeps for sure, in milliseconds since the epoch. */
    async keptSince(): Promise<number> {
      const ArchiveName = lastPartOf(names.archiveArn);
      const describe = new DescribeArchiveCommand({ ArchiveName });
      const { RetentionDays = 0 } = await client
        .send(describe, { abortSignal: signal })
        .catch(failureOf("EventBridge DescribeArchive"));
      // 0 keeps them for ever (EventBridge API Reference, DescribeArchive).
      return RetentionDays === 0 ? 0 : now() - RetentionDays * DAY;
    },

    /** Starts a replay of the window, whose last moment is not part of it, and gives its name. */
    async start({ from, to }: Window): Promise<string> {
      // At most 64 characters; unlike any other's, since a window may be looked at again.
      const name = `census-${from / 1000}-${to / 1000}-${randomUUID().slice(0, 8)}`;
      const start = new StartReplayCommand({
        ReplayName: name,
        EventSourceArn: names.archiveArn,
        EventStartTime: new Date(from),
        EventEndTime: new Date(to),
        Destination: { Arn: names.busArn, FilterArns: [names.censusRuleArn] },
      });
      await client.send(start, { abortSignal: signal }).catch((thrown: unknown) => {
        // Nobody else makes this name: the answer to an earlier try was lost.
        if (thrown instanceof ResourceAlreadyExistsException) return;
        failureOf("EventBridge StartReplay")(thrown);
      });
      return name;
    },

    /** Whether a replay has completed. Throws CensusReplayFailed if it never will. */
    async isCompleted(ReplayName: string): Promise<boolean> {
      const describe = new DescribeReplayCommand({ ReplayName });
      const { State, StateReason } = await client
        .send(describe, { abortSignal: signal })
        .catch((thrown: unknown) => {
          if (thrown instanceof ResourceNotFoundException) return { State: "STARTING", StateReason: "" };
          return failureOf("EventBridge DescribeReplay")(thrown);
        });
      if (State !== undefined && ENDED_BADLY.includes(State))
        throw new NamedError("CensusReplayFailed", `replay ${ReplayName}: ${State} ${StateReason ?? ""}`);
      return State === "COMPLETED";
    },
  };
}
