import { Backlog } from "../../backlog.ts";
import type { Source } from "./source.ts";
import { processStreamBatch, type StreamRecord } from "./stream-batch.ts";
import type { ShardProgress } from "./stream-poller.ts";

/** How often a window looks whether its batch is full. */
const WINDOW_CHECK_MILLISECONDS = 250;
const MAXIMUM_BATCH_BYTES = 6_000_000;

/** Records that are processed in their order. */
export class Lane {
  readonly #source: Source;
  readonly #shardId: string;
  readonly #shard: ShardProgress;
  readonly #records = new Backlog<StreamRecord>();
  #work: Promise<void> | undefined;

  constructor(source: Source, shardId: string, shard: ShardProgress) {
    this.#source = source;
    this.#shardId = shardId;
    this.#shard = shard;
  }

  add(record: StreamRecord): void {
    this.#records.push(record);
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
  }

  async finished(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    const { pauses, settings, surroundings } = this.#source;
    // What was read at the same time goes into the same batch.
    await Promise.resolve();
    while (this.#records.length > 0 && !pauses.isClosed) {
      const end = surroundings.clock.now() + settings.windowSeconds * 1_000;
      while (this.#records.length < settings.batchSize && surroundings.clock.now() < end && !pauses.isClosed)
        await pauses.wait(Math.min(WINDOW_CHECK_MILLISECONDS, end - surroundings.clock.now()));
      await processStreamBatch(this.#source, this.#shardId, this.#take(), (records) => {
        for (const record of records) this.#shard.pending.delete(record);
      });
    }
  }

  #take(): StreamRecord[] {
    const batch: StreamRecord[] = [];
    let bytes = 0;
    while (batch.length < this.#source.settings.batchSize) {
      const [next] = this.#records.first(1);
      if (!next) break;
      bytes += Buffer.byteLength(JSON.stringify(next.event));
      if (batch.length > 0 && bytes > MAXIMUM_BATCH_BYTES) break;
      this.#records.shift();
      batch.push(next);
    }
    return batch;
  }
}
