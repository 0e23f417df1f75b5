import type { Random } from "../tape/random.ts";

/** What is put on the bus. */
export interface Entry {
  readonly source: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const CURRENCIES = ["EUR", "USD", "GBP", "JPY"];
const CORRECTIONS = 0.15;
const REPEATS = 0.08;
const INVALID = 0.06;
const MOST_CENTS = 9_999_999;

/** Trades of a drill: new ones, corrections, repeats of the same content, and some that break a rule. */
export class Trades {
  readonly #random: Random;
  readonly #prefix: string;
  readonly #sources: readonly { readonly name: string; readonly source: string }[];
  readonly #sent: Entry[] = [];
  readonly #versions = new Map<string, number>();
  #count = 0;

  constructor(random: Random, prefix: string, sources: readonly { name: string; source: string }[]) {
    this.#random = random;
    this.#prefix = prefix;
    this.#sources = sources;
  }

  next(): Entry {
    const random = this.#random;
    const chance = random.next();
    const earlier = this.#sent.length > 0 ? random.pick(this.#sent) : undefined;
    if (earlier && chance < REPEATS) return earlier;
    if (earlier && chance < REPEATS + CORRECTIONS) return this.#keep(this.#correction(earlier));
    const entry = this.#new();
    if (chance > 1 - INVALID) return { ...entry, detail: { ...entry.detail, currency: "XYZ" } };
    return this.#keep(entry);
  }

  /** A new trade, and the same trade with another amount. */
  conflicting(): readonly [Entry, Entry] {
    const entry = this.#new();
    return [entry, { ...entry, detail: { ...entry.detail, amount: this.#amount() } }];
  }

  #new(): Entry {
    this.#count += 1;
    const { name, source } = this.#random.pick(this.#sources);
    const tradeId = `${this.#prefix}-${this.#count}`;
    const currency = this.#random.pick(CURRENCIES);
    return { source, detail: { tradeId, amount: this.#amount(), currency, sourceSystem: name } };
  }

  #correction({ source, detail }: Entry): Entry {
    const tradeId = String(detail.tradeId);
    const version = (this.#versions.get(tradeId) ?? 1) + 1;
    this.#versions.set(tradeId, version);
    return { source, detail: { ...detail, action: "CORRECT", version, amount: this.#amount() } };
  }

  #keep(entry: Entry): Entry {
    this.#sent.push(entry);
    return entry;
  }

  #amount(): string {
    return (this.#random.between(1, MOST_CENTS) / 100).toFixed(2);
  }
}
