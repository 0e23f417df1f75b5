import type { TradeDetail } from "../../functions/domain/trade.ts";

/**
 * A trade as a producer writes it: the fields of the event contract. Decimals are text in plain notation, or numbers of
 * at most 15 significant digits.
 */
export type TradeFields = Readonly<TradeDetail>;

/** A trade whose further fields, which are kept and not interpreted, are JSON: no bigint, Date, function or the like. */
export type TradeOf<Fields> = Fields & TradeFields & JsonOf<Fields>;

/** What remains of a type whose values JSON can hold; `never` in place of what it cannot. */
export type JsonOf<Value> = unknown extends Value
  ? Value
  : Value extends string | number | boolean | null | undefined
    ? Value
    : Value extends bigint | symbol | ((...values: never[]) => unknown)
      ? never
      : { readonly [Key in keyof Value]: JsonOf<Value[Key]> };
