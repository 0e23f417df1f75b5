import { expect } from "chai";
import fc from "fast-check";
import { Batches, BYTES_PER_REQUEST } from "../../ops/producer/batches.ts";
import { type Receipt, TradeNotAcceptedError, TradeProducer } from "../../ops/producer/index.ts";
import { entryBytes } from "../../ops/tape/entry.ts";
import {
  heldClient,
  idsOf,
  type Reply,
  type Result,
  StillClock,
  settled,
  socketError,
  trade,
} from "./producer-support.ts";

/** One step of a run: what a trading system, EventBridge or time does next. */
type Step =
  | { readonly kind: "send"; readonly trades: number }
  | { readonly kind: "answer"; readonly which: number; readonly how: readonly How[] }
  | { readonly kind: "break"; readonly which: number; readonly how: Whole }
  | { readonly kind: "time"; readonly milliseconds: number }
  | { readonly kind: "flush" }
  | { readonly kind: "abort" }
  | { readonly kind: "close"; readonly deadlineMilliseconds: number };

type How = "accept" | "throttle" | "refuse" | "leave out";
type Whole = "reset" | "refused connection" | "throttle" | "deny" | "accept, then reset";

const how = fc.constantFrom<How>("accept", "accept", "accept", "throttle", "throttle", "refuse", "leave out");
const whole = fc.constantFrom<Whole>("reset", "refused connection", "throttle", "deny", "accept, then reset");
const which = fc.nat({ max: 3 });
const weight = 6;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight,
    arbitrary: fc.record({ kind: fc.constant("send" as const), trades: fc.integer({ min: 1, max: 25 }) }),
  },
  {
    weight,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      which,
      how: fc.array(how, { minLength: 1, maxLength: 10 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("break" as const), which, how: whole }) },
  {
    weight,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      milliseconds: fc.constantFrom(1, 5, 100, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("close" as const),
      deadlineMilliseconds: fc.constantFrom(0, 1, 50, 10_000),
    }),
  },
);

const settings = fc.record({
  maximumOutstanding: fc.integer({ min: 1, max: 40 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  lingerMilliseconds: fc.constantFrom(0, 5),
  maximumAttempts: fc.integer({ min: 1, max: 3 }),
  random: fc.double({ min: 0, max: 0.99, noNaN: true }),
});

type Settings = typeof settings extends fc.Arbitrary<infer Value> ? Value : never;

describe("whatever happens to a producer", function () {
  this.timeout(120_000);

  it("each trade ends once, as accepted or as not accepted, and no bound is passed", async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 40 }), async (given, steps) => {
        await run(given, steps);
      }),
      { numRuns: 400 },
    );
  });

  it("a batch has at most ten entries and 1 MB, and batches hold all entries in order", () => {
    const sizes = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: BYTES_PER_REQUEST - 2 })),
    );
    fc.assert(
      fc.property(sizes, fc.nat({ max: 10 }), (all, most) => {
        const batches = new Batches<{ entry: { source: string; detailType: string; detail: string } }>();
        const items = all.map((size) => ({
          entry: { source: "s", detailType: "t", detail: "x".repeat(size) },
        }));
        for (const item of items) batches.add(item);
        batches.complete();
        const taken: typeof items = [];
        while (batches.isAnyFull) {
          const batch = batches.take(Math.max(1, most));
          expect(batch.length).to.be.within(1, 10);
          expect(batch.reduce((sum, { entry }) => sum + entryBytes(entry), 0)).to.be.at.most(1_000_000);
          taken.push(...batch);
        }
        expect(taken.every((each, index) => each === items[index])).to.equal(true);
        expect(taken.length).to.equal(items.length);
      }),
      { numRuns: 60 },
    );
  });
});

type End = { receipt: Receipt } | { error: unknown };

async function run(given: Settings, steps: readonly Step[]): Promise<void> {
  const { maximumOutstanding, concurrency, lingerMilliseconds, maximumAttempts } = given;
  const clock = new StillClock();
  const stop = new AbortController();
  const { client, requests, waiting } = heldClient();
  const producer = new TradeProducer({
    client,
    eventBusName: "trades",
    source: "trading.system1",
    maximumOutstanding,
    concurrency,
    lingerMilliseconds,
    retry: { maximumAttempts },
    random: () => given.random,
    signal: stop.signal,
    clock,
  });
  const ends = new Map<string, End[]>();
  /** Ids that EventBridge gave to each trade, whether or not the producer heard of it. */
  const eventIds = new Map<string, string[]>();
  const closings: ReturnType<TradeProducer["close"]>[] = [];
  const beforeClosing = new Set<string>();
  /** Trades that were accepted in an answer that was lost. */
  const unheard = new Set<string>();
  let events = 0;

  const accept = (tradeId: string): Result => {
    events += 1;
    eventIds.set(tradeId, [...(eventIds.get(tradeId) ?? []), `e${events}`]);
    return { EventId: `e${events}` };
  };
  const carryOut = async (next: Step): Promise<void> => {
    if (next.kind === "send") send(next.trades);
    if (next.kind === "time") await clock.advance(next.milliseconds);
    if (next.kind === "flush") void producer.flush();
    if (next.kind === "abort") stop.abort();
    if (next.kind === "close") closings.push(producer.close(next));
    if (next.kind !== "answer" && next.kind !== "break") return;
    const held = waiting[next.which % Math.max(1, waiting.length)];
    if (held === undefined) return;
    const ids = idsOf(held.request);
    held.answer(next.kind === "answer" ? answerOf(ids, next.how) : failureOf(ids, next.how));
  };
  const answerOf = (ids: readonly string[], hows: readonly How[]): Reply =>
    ids.flatMap((id, index): Result[] => {
      const chosen = hows[index % hows.length];
      if (chosen === "accept") return [accept(id)];
      if (chosen === "throttle") return [{ ErrorCode: "ThrottlingException" }];
      // Left out at the end only: elsewhere the answers would move up.
      if (chosen === "leave out" && index === ids.length - 1) return [];
      return [{ ErrorCode: "InvalidArgument" }];
    });
  const failureOf = (ids: readonly string[], chosen: Whole): Reply => {
    if (chosen === "throttle") return { status: 400, type: "ThrottlingException" };
    if (chosen === "deny") return { status: 400, type: "AccessDeniedException" };
    if (chosen === "refused connection") return socketError("ECONNREFUSED", "connect");
    if (chosen === "accept, then reset") {
      ids.forEach(accept);
      for (const id of ids) unheard.add(id);
    }
    return socketError("ECONNRESET");
  };
  const send = (trades: number): void => {
    for (let each = 0; each < trades; each += 1) {
      const given = trade(ends.size);
      const of: End[] = [];
      ends.set(given.tradeId, of);
      if (!producer.isClosed) beforeClosing.add(given.tradeId);
      producer.send(given).then(
        (receipt) => of.push({ receipt }),
        (error: unknown) => of.push({ error }),
      );
    }
  };
  const checkBounds = (): void => {
    expect(producer.outstanding).to.be.at.most(maximumOutstanding);
    for (const { entries } of requests) expect(entries.length).to.be.within(1, 10);
    const isGivenUp = stop.signal.aborted || closings.length > 0;
    const onTheWire = waiting.reduce((sum, { request }) => sum + request.entries.length, 0);
    // The requests of trades that were given up are never answered here.
    if (isGivenUp) return;
    expect(waiting.length).to.be.at.most(concurrency);
    expect(onTheWire).to.be.at.most(producer.outstanding);
  };

  for (const next of steps) {
    await carryOut(next);
    await settled();
    checkBounds();
  }
  const beforeEnd = new Map([...ends].map(([id, of]) => [id, of.length]));
  closings.push(producer.close({ deadlineMilliseconds: 60_000 }));
  for (let round = 0; round < 3; round += 1)
    await carryOut({ kind: "answer", which: round, how: ["accept"] });
  await clock.advance(60_000);
  const [closed] = await Promise.all(closings.slice(-1));
  await settled();

  let accepted = 0;
  const notAccepted = new Map(
    closed?.notAccepted.map((error) => [JSON.parse(error.entry.detail).tradeId, error]),
  );
  expect(notAccepted.size).to.equal(closed?.notAccepted.length);
  for (const [tradeId, of] of ends) {
    expect(of.length, `ends of ${tradeId}`).to.equal(1);
    const [end] = of;
    const known = eventIds.get(tradeId) ?? [];
    if (!unheard.has(tradeId)) expect(known.length, `events of ${tradeId}`).to.be.at.most(1);
    if (end !== undefined && "receipt" in end) {
      accepted += 1;
      expect(known).to.include(end.receipt.eventId);
      expect(notAccepted.has(tradeId)).to.equal(false);
    } else {
      const error = end?.error;
      if (!(error instanceof TradeNotAcceptedError)) throw error;
      // Whoever is told that a trade was surely not accepted can rely on it.
      if (!error.mayBeAccepted) expect(known).to.deep.equal([]);
      if (notAccepted.has(tradeId)) expect(notAccepted.get(tradeId)).to.equal(error);
      if (beforeClosing.has(tradeId) && beforeEnd.get(tradeId) === 0)
        expect(notAccepted.has(tradeId)).to.equal(true);
    }
  }
  expect(closed?.accepted).to.equal(accepted);
  expect(producer.outstanding).to.equal(0);
  expect(clock.pending).to.equal(0);
}
