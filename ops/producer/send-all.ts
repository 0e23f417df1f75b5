import { type FailedTrade, SendAllError } from "./errors.ts";
import type { Receipt, TradeProducer } from "./producer.ts";
import type { TradeOf } from "./trade.ts";

export interface SendAllOptions<Fields> {
  /** Told of each trade that was accepted. An error that it throws ends `sendAll`, and changes nothing for the trade. */
  readonly onAccepted?: (trade: TradeOf<Fields>, receipt: Receipt) => void;
}

export interface SentAll<Fields> {
  readonly accepted: number;
  /** Trades that were not accepted, each with the error that its `send` rejected with, in the order in which they failed. */
  readonly failed: readonly FailedTrade<TradeOf<Fields>>[];
}

/**
 * Sends all trades of an iterable or a stream, and takes the next one only when there is a place for it, so that no more
 * are held than may be outstanding. Resolves when each has ended. Stops when the producer is closed; the trade that it
 * had taken then is among the failed. Rejects with SendAllError, which says what became of the trades before, when the
 * iterable or `onAccepted` throws; then too every trade that was taken has ended.
 */
export async function sendAll<Fields>(
  producer: TradeProducer,
  trades: AsyncIterable<TradeOf<Fields>> | Iterable<TradeOf<Fields>>,
  { onAccepted }: SendAllOptions<Fields> = {},
): Promise<SentAll<Fields>> {
  const failed: FailedTrade<TradeOf<Fields>>[] = [];
  const open = new Set<Promise<void>>();
  let accepted = 0;
  let fault: { readonly cause: unknown } | undefined;
  const tell = (trade: TradeOf<Fields>, receipt: Receipt): void => {
    try {
      onAccepted?.(trade, receipt);
    } catch (cause) {
      fault ??= { cause };
    }
  };
  const send = (trade: TradeOf<Fields>): Promise<void> =>
    producer.send<Fields>(trade).then(
      (receipt) => {
        accepted += 1;
        tell(trade, receipt);
      },
      (error: unknown) => {
        failed.push({ trade, error });
      },
    );
  try {
    for await (const trade of trades) {
      const sending: Promise<void> = send(trade).finally(() => open.delete(sending));
      open.add(sending);
      await producer.ready();
      if (producer.isClosed || fault) break;
    }
  } catch (cause) {
    fault ??= { cause };
  }
  await Promise.all(open);
  if (fault) throw new SendAllError(fault.cause, { accepted, failed });
  return { accepted, failed };
}
