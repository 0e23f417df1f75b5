import { NamedError } from "../../functions/adapters/errors.ts";
import type { AskMarketData } from "../../functions/adapters/market-data-client.ts";
import type { Clock } from "../cloud/service.ts";
import type { Chance } from "./chance.ts";

/** What lies around the functions: how long they take, and the market data API that they ask. */
export interface World {
  /** Share of questions that the market data API fails to answer, from 0 to 1. */
  marketDataFailures: number;
  /** Lets the time pass that a function takes to begin: 1 to 40 ms, by which parallel work comes in any order. */
  begin(): Promise<void>;
  readonly askMarketData: AskMarketData;
  /** Told of a function's metric, one more, that the system itself acts on; others are not written here. */
  onMetric: (region: string, name: string, dimensions: Readonly<Record<string, string>>) => void;
}

const LONGEST_START_MILLISECONDS = 40;
const LONGEST_ANSWER_MILLISECONDS = 80;

export function makeWorld(clock: Clock, { world: random }: Chance): World {
  const pass = (longest: number) =>
    new Promise<void>((done) => clock.after(random.between(1, longest), done));
  const world: World = {
    marketDataFailures: 0,
    onMetric: () => {},
    begin: () => pass(LONGEST_START_MILLISECONDS),
    async askMarketData({ kind, id }) {
      await pass(LONGEST_ANSWER_MILLISECONDS);
      if (random.next() < world.marketDataFailures)
        throw new NamedError("MarketDataError", "no answer (simulated)");
      return { kind, id, known: false };
    },
  };
  return world;
}
