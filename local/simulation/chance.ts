import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { type Random, seededRandom } from "../tape/random.ts";

/** All chance of a simulation: the services' random numbers and every UUID of this process. */
export interface Chance {
  /** For the services: jitter, lag, sampling. */
  readonly next: () => number;
  /** For the simulated world: latencies, answers of market data. Of its own, so that neither disturbs the other. */
  readonly world: Random;
  /** Starts anew; the same seed and use give the same numbers and ids. */
  reseed(seed: number, use: number): void;
  /** Gives the process its own UUIDs back. */
  release(): void;
}

/** Streams of one seed that share no numbers. */
const SERVICES = 0x5eed;
const WORLD = 0x0bad;
const IDS = 0x1d5;

/**
 * Takes over chance in this process until it is released. Services name events, executions and messages by
 * `randomUUID`: these names are keys of tables, so a run can only be repeated if they can. Hence one simulation at a time.
 */
export function takeChance(): Chance {
  const own = crypto.randomUUID;
  let services = seededRandom(SERVICES);
  let world = seededRandom(WORLD);
  let ids = seededRandom(IDS);
  replaceUuid(() => uuidFrom(ids));
  return {
    next: () => services.next(),
    world: {
      next: () => world.next(),
      between: (from, to) => world.between(from, to),
      pick: (items) => world.pick(items),
      shuffle: (items) => world.shuffle(items),
    },
    reseed(seed, use) {
      services = seededRandom(mixed(seed, SERVICES));
      world = seededRandom(mixed(seed, WORLD));
      ids = seededRandom(mixed(mixed(seed, IDS), use));
    },
    release: () => replaceUuid(own),
  };
}

/** Named imports of a built-in module see a replacement only once they are synchronised. */
function replaceUuid(make: () => string): void {
  Reflect.set(crypto, "randomUUID", make);
  syncBuiltinESMExports();
}

/** A UUID of version 4 from seeded numbers. */
function uuidFrom(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random.next() * 4_294_967_296)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
  const variant = "89ab"[random.between(0, 3)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function mixed(one: number, other: number): number {
  return (Math.imul(one ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(other + 1, 0xc2b2ae35)) >>> 0;
}
