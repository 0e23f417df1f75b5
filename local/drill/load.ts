import type { Clock } from "../cloud/service.ts";
import type { Random } from "../tape/random.ts";
import type { Plan } from "./plan.ts";
import type { Producers } from "./producers.ts";
import type { Trades } from "./trades.ts";

/** Steady load through the global endpoint, and bursts on demand. */
export class Load {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #trades: Trades;
  readonly #producers: Producers;
  #cancel: (() => void) | undefined;

  constructor(
    { clock, random }: { clock: Clock; random: Random },
    plan: Plan,
    trades: Trades,
    producers: Producers,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
    this.#trades = trades;
    this.#producers = producers;
  }

  begin(): void {
    const { pace } = this.#plan;
    if (!pace) return;
    this.#cancel = this.#clock.after(this.#random.between(...pace), () => {
      this.#producers.send(this.#trades.next());
      this.begin();
    });
  }

  burst(): void {
    for (let count = 0; count < this.#plan.burst; count += 1) this.#producers.send(this.#trades.next());
  }

  /** The same trade of both regions at once: half of them with the same content, half with another. */
  conflict(regions: readonly string[]): void {
    const [one, other] = this.#trades.conflicting();
    const entries = this.#random.next() < 0.5 ? [one, one] : [one, other];
    regions.forEach((region, index) => {
      const entry = entries[index];
      if (entry) this.#producers.sendTo(region, entry);
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
