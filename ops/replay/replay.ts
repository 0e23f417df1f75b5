import { setTimeout } from "node:timers/promises";
import {
  DescribeArchiveCommand,
  DescribeReplayCommand,
  type DescribeReplayResponse,
  type EventBridgeClient,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import { archiveName, type RegionOutputs } from "../frame/outputs.ts";
import { MAXIMUM_REPLAYS, type ReplayWindow, replayName, sourceRuleArns } from "./window.ts";

const POLL_MILLISECONDS = 1_000;
const ACTIVE = ["STARTING", "RUNNING", "CANCELLING"];

export interface ReplayStatus {
  readonly name: string;
  readonly state: string;
  /** Time of the last event that was replayed, ISO 8601. */
  readonly lastReplayed?: string;
  readonly reason?: string;
}

/** Replays one region's archive to the source rules of its bus. */
export class RegionReplay {
  readonly #client: EventBridgeClient;
  readonly #outputs: RegionOutputs;
  readonly #window: ReplayWindow;

  constructor(client: EventBridgeClient, outputs: RegionOutputs, window: ReplayWindow) {
    this.#client = client;
    this.#outputs = outputs;
    this.#window = window;
  }

  /**
   * Starts a replay of the window, or takes up the one that is under way: its names are the window's, with a number
   * that tells one replay from the next, and from those of other stacks in the account. Throws when the window was
   * replayed MAXIMUM_REPLAYS times.
   */
  async start(): Promise<ReplayStatus & { readonly isEarlier: boolean }> {
    for (let number = 1; number <= MAXIMUM_REPLAYS; number += 1) {
      const name = replayName(this.#window, number);
      const state = await this.#start(name);
      if (state !== undefined) return { name, state, isEarlier: false };
      const known = await this.#described(name);
      const isOwn = known.EventSourceArn === this.#outputs.archiveArn;
      if (isOwn && ACTIVE.includes(known.State ?? "")) return { ...statusOf(name, known), isEarlier: true };
    }
    throw new Error(`the window was replayed ${MAXIMUM_REPLAYS} times in 90 days; choose another`);
  }

  async status(name: string): Promise<ReplayStatus> {
    return statusOf(name, await this.#described(name));
  }

  #described(ReplayName: string): Promise<DescribeReplayResponse> {
    return this.#client.send(new DescribeReplayCommand({ ReplayName }));
  }

  /** Waits until the replay has ended, whichever way. Throws when aborted. */
  async wait(
    name: string,
    signal: AbortSignal,
    onStatus: (status: ReplayStatus) => void,
  ): Promise<ReplayStatus> {
    for (;;) {
      signal.throwIfAborted();
      const status = await this.status(name);
      onStatus(status);
      if (!ACTIVE.includes(status.state)) return status;
      await setTimeout(POLL_MILLISECONDS, undefined, { signal });
    }
  }

  /** Events in the whole archive, as EventBridge counts them; of a window's it says nothing. */
  async archivedEvents(): Promise<number | undefined> {
    const describe = new DescribeArchiveCommand({ ArchiveName: archiveName(this.#outputs) });
    return (await this.#client.send(describe)).EventCount;
  }

  /** Undefined if there is a replay of this name. */
  async #start(ReplayName: string): Promise<string | undefined> {
    const { archiveArn, eventBusArn } = this.#outputs;
    try {
      const { State } = await this.#client.send(
        new StartReplayCommand({
          ReplayName,
          EventSourceArn: archiveArn,
          EventStartTime: new Date(this.#window.from),
          EventEndTime: new Date(this.#window.to),
          Destination: { Arn: eventBusArn, FilterArns: sourceRuleArns(this.#outputs) },
        }),
      );
      return State ?? "STARTING";
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceAlreadyExistsException") return undefined;
      throw error;
    }
  }
}

function statusOf(name: string, of: DescribeReplayResponse): ReplayStatus {
  const { State, StateReason, EventLastReplayedTime } = of;
  return {
    name,
    state: State ?? "unknown",
    ...(EventLastReplayedTime && { lastReplayed: EventLastReplayedTime.toISOString() }),
    ...(StateReason && { reason: StateReason }),
  };
}
