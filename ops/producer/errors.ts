import type { Reason } from "../../functions/contract.ts";
import { type EventEntry, entryLine } from "./entry.ts";
import type { Failure } from "./failure.ts";
import type { TradeFields } from "./trade.ts";

/** Reasons that a message names; `reasons` has them all. */
const NAMED_REASONS = 5;

/** A trade that was not sent, since it would not arrive as it is or would be rejected. Sending it again changes nothing. */
export class TradeRefusedError extends Error {
  override readonly name = "TradeRefusedError";
  /** At least one, each with code, field, value and what is allowed, as in docs/event-contract.md. */
  readonly reasons: readonly Reason[];

  constructor(reasons: readonly Reason[]) {
    const texts = reasons
      .slice(0, NAMED_REASONS)
      .map(({ field, value, allowed }) => `${field}: must be ${allowed}; got ${value}`);
    const more = reasons.length - texts.length;
    super(`the trade was refused: ${texts.join("; ")}${more > 0 ? `; and ${more} more` : ""}`);
    this.reasons = reasons;
  }
}

/** A trade that was not accepted, with the error that its `send` rejected with. */
export interface FailedTrade<Fields extends TradeFields = TradeFields> {
  readonly trade: Fields;
  readonly error: unknown;
}

/**
 * `sendAll` ended early: its iterable or its `onAccepted` threw, which is the `cause`. Every trade that was taken before
 * has ended, and is among the accepted or the failed.
 */
export class SendAllError extends Error {
  override readonly name = "SendAllError";
  readonly accepted: number;
  /** In the order in which they failed. */
  readonly failed: readonly FailedTrade[];

  constructor(cause: unknown, { accepted, failed }: Pick<SendAllError, "accepted" | "failed">) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`sendAll ended early, with ${accepted} trades accepted and ${failed.length} failed: ${why}`, {
      cause,
    });
    this.accepted = accepted;
    this.failed = failed;
  }
}

/** A trade that EventBridge has not accepted, after the last attempt or because sending was given up. Can be sent later. */
export class TradeNotAcceptedError extends Error {
  override readonly name = "TradeNotAcceptedError";
  readonly entry: EventEntry;
  /** PutEvents' code, the name of the error of the whole request, `GivenUp`, or `Closed` if it came after `close`. */
  readonly code: string;
  /** PutEvents requests that the trade was part of. */
  readonly attempts: number;
  /**
   * Whether EventBridge may have accepted it all the same, since an answer was not seen. Sent again, it then becomes a
   * duplicate in the ledger, never a second row.
   */
  readonly mayBeAccepted: boolean;

  constructor(entry: EventEntry, { code, message, attempts, mayBeAccepted }: Failure & { attempts: number }) {
    super(`the trade was not accepted after ${attempts} attempts: ${code}: ${message}`);
    this.entry = entry;
    this.code = code;
    this.attempts = attempts;
    this.mayBeAccepted = mayBeAccepted;
  }

  /** The entry as a line of a tape, without its end: what `npm run ops -- send` takes. */
  get line(): string {
    return entryLine(this.entry);
  }
}
