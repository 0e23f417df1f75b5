import type { Receipt, TradeProducer } from "./producer.ts";
import type { TradeOf } from "./trade.ts";

export interface SendAllOptions<Fields> {
  /** Told of each trade that was accepted. */
  readonly onAccepted?: (trade: TradeOf<Fields>, receipt: Receipt) => void;
}

export interface SentAll<Fields> {
  readonly accepted: number;
  /** Trades that were not accepted, each with the error that its `send` rejected with, in the order in which they failed. */
  readonly failed: readonly { readonly trade: TradeOf<Fields>; readonly error: unknown }[];
}

/**
 * Sends all trades of an iterable or a stream, and takes the next one only when there is a place for it, so that no more
 * are held than may be outstanding. Resolves when each has ended. Stops when the producer is closed; the trade that it
 * had taken then is among the failed. An error of the iterable is thrown when the trades before it have ended.
 */
export async function sendAll<Fields>(
  producer: TradeProducer,
  trades: AsyncIterable<TradeOf<Fields>> | Iterable<TradeOf<Fields>>,
  { onAccepted }: SendAllOptions<Fields> = {},
): Promise<SentAll<Fields>> {
  const failed: { trade: TradeOf<Fields>; error: unknown }[] = [];
  const open = new Set<Promise<void>>();
  let accepted = 0;
  const send = async (trade: TradeOf<Fields>): Promise<void> => {
    try {
      const receipt = await producer.send<Fields>(trade);
      accepted += 1;
      onAccepted?.(trade, receipt);
    } catch (error) {
      failed.push({ trade, error });
    }
  };
  try {
    for await (const trade of trades) {
      const sending: Promise<void> = send(trade).finally(() => open.delete(sending));
      open.add(sending);
      await producer.ready();
      if (producer.isClosed) break;
    }
  } finally {
    await Promise.all(open);
  }
  return { accepted, failed };
}
