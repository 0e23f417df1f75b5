/** The producer client: how a trading system publishes trades. docs/event-contract.md shows it at work. */
export type { Reason } from "../../functions/contract.ts";
export type { Clock } from "./clock.ts";
export { type EventEntry, entryLine } from "./entry.ts";
export { type FailedTrade, SendAllError, TradeNotAcceptedError, TradeRefusedError } from "./errors.ts";
export type { TradeProducerOptions } from "./options.ts";
export {
  type Closed,
  type CloseOptions,
  type Receipt,
  type TradeOptions,
  TradeProducer,
} from "./producer.ts";
export type { RetryOptions } from "./retry.ts";
export { type SendAllOptions, type SentAll, sendAll } from "./send-all.ts";
export type { JsonOf, TradeFields, TradeOf } from "./trade.ts";
