import { expect } from "chai";
import {
  SendAllError,
  sendAll,
  TradeNotAcceptedError,
  TradeProducer,
  type TradeProducerOptions,
} from "../../ops/producer/index.ts";
import { parseLine } from "../../ops/tape/entry.ts";
import { acceptAll, heldClient, idsOf, rejection, StillClock, settled, trade } from "./producer-support.ts";

function held(options: Partial<TradeProducerOptions> = {}) {
  const clock = new StillClock();
  const { client, requests, waiting } = heldClient();
  const producer = new TradeProducer({
    client,
    eventBusName: "trades",
    source: "trading.system1",
    lingerMilliseconds: 5,
    random: () => 0.5,
    clock,
    ...options,
  });
  const acceptWaiting = async () => {
    for (const { request, answer } of [...waiting]) answer(acceptAll(request));
    await settled();
  };
  return { producer, clock, requests, waiting, acceptWaiting };
}

const idOf = ({ entry }: TradeNotAcceptedError): string => JSON.parse(entry.detail).tradeId;

describe("closing the producer", () => {
  it("sends everything outstanding, also what waits for a place, and takes nothing more", async () => {
    const { producer, requests, acceptWaiting } = held({ maximumOutstanding: 12 });
    const all = Array.from({ length: 30 }, (_, number) => producer.send(trade(number)));
    const closing = producer.close();
    const late = await rejection(producer.send(trade(99)));
    expect(late).to.be.instanceOf(TradeNotAcceptedError).and.include({ code: "Closed", attempts: 0 });
    for (let round = 0; round < 10; round += 1) {
      await settled();
      await acceptWaiting();
    }
    expect(await closing).to.deep.equal({ accepted: 30, notAccepted: [] });
    await Promise.all(all);
    expect(requests.flatMap(idsOf)).to.have.length(30);
  });

  it("leaves no timer behind when all were accepted before its deadline", async () => {
    const { producer, clock, acceptWaiting } = held();
    const one = producer.send(trade(1));
    const closing = producer.close({ deadlineMilliseconds: 60_000 });
    await settled();
    await acceptWaiting();
    expect(await closing).to.deep.equal({ accepted: 1, notAccepted: [] });
    expect(clock.pending).to.equal(0);
    await one;
  });

  it("gives up at its deadline, and gives back what was not accepted as lines of a tape", async () => {
    const { producer, clock, waiting } = held({ maximumOutstanding: 12, concurrency: 1 });
    const all = Array.from({ length: 15 }, (_, number) => producer.send(trade(number)));
    const errors = Promise.all(all.map(rejection));
    await settled();
    const closing = producer.close({ deadlineMilliseconds: 1_000 });
    await clock.advance(999);
    expect(producer.outstanding).to.equal(12);
    await clock.advance(1);
    const { accepted, notAccepted } = await closing;
    expect(accepted).to.equal(0);
    expect(notAccepted).to.have.members(await errors);
    // Ten were in a request whose answer had not come; two had a place; three had none.
    const sure = notAccepted.filter(({ mayBeAccepted }) => !mayBeAccepted).map(idOf);
    expect(sure).to.have.members(["T-10", "T-11", "T-12", "T-13", "T-14"]);
    for (const each of notAccepted) {
      expect(each.code).to.equal("GivenUp");
      expect(parseLine(each.line)).to.deep.equal({ entry: each.entry });
    }
    expect(waiting[0]?.request.signal?.aborted).to.equal(true);
    expect(clock.pending).to.equal(0);
  });

  it("gives up while a trade waits for its next attempt, with the doubt that an earlier one has left", async () => {
    for (const [reply, mayBeAccepted] of [
      [[{ ErrorCode: "ThrottlingException" }], false],
      [{ status: 500, type: "InternalException" }, true],
    ] as const) {
      const { producer, clock, waiting } = held();
      const error = rejection(producer.send(trade(1)));
      await clock.advance(5);
      waiting[0]?.answer(reply);
      await settled();
      const closing = producer.close({ deadlineMilliseconds: 10 });
      await clock.advance(10);
      expect((await closing).notAccepted).to.deep.equal([await error]);
      expect(await error).to.include({ mayBeAccepted, attempts: 1 });
    }
  });

  it("gives up at once when its signal aborts, and still says what was not accepted", async () => {
    const stop = new AbortController();
    const { producer, requests } = held({ signal: stop.signal });
    const error = rejection(producer.send(trade(1)));
    stop.abort();
    expect(await error).to.include({ code: "GivenUp", mayBeAccepted: false });
    expect(requests).to.deep.equal([]);
    expect(await rejection(producer.send(trade(2)))).to.include({ code: "Closed" });
    const { notAccepted } = await producer.close();
    expect(notAccepted).to.deep.equal([await error]);
  });

  it("takes nothing if its signal had aborted before", async () => {
    const { producer } = held({ signal: AbortSignal.abort() });
    expect(await rejection(producer.send(trade(1)))).to.include({ code: "Closed" });
  });

  it("can be asked for again with a nearer deadline", async () => {
    const { producer, clock } = held();
    const error = rejection(producer.send(trade(1)));
    const first = producer.close();
    const second = producer.close({ deadlineMilliseconds: 10 });
    await clock.advance(10);
    expect((await first).notAccepted).to.deep.equal([await error]);
    expect(await second).to.deep.equal(await first);
  });

  it("refuses a deadline that no timer can keep, and stays open", async () => {
    for (const deadlineMilliseconds of [Number.NaN, -1, 2 ** 31, Number.NEGATIVE_INFINITY]) {
      const { producer, clock, acceptWaiting } = held();
      const error = await rejection(producer.close({ deadlineMilliseconds }));
      expect(error).to.be.instanceOf(RangeError);
      expect(String(error)).to.equal(
        `RangeError: deadlineMilliseconds: must be a number from 0 to 2147483647, or Infinity, got ${deadlineMilliseconds}`,
      );
      expect(producer.isClosed).to.equal(false);
      const one = producer.send(trade(1));
      await clock.advance(5);
      await acceptWaiting();
      await one;
    }
  });

  it("has no limit with an infinite deadline, and keeps the longest that there is", async () => {
    for (const [deadlineMilliseconds, timers] of [
      [Number.POSITIVE_INFINITY, []],
      [2 ** 31 - 1, [2 ** 31 - 1]],
    ] as const) {
      const { producer, clock, acceptWaiting } = held({ lingerMilliseconds: 0 });
      const one = producer.send(trade(1));
      const asked = clock.asked.length;
      const closing = producer.close({ deadlineMilliseconds });
      expect(clock.asked.slice(asked)).to.deep.equal(timers);
      await settled();
      await acceptWaiting();
      expect(await closing).to.deep.equal({ accepted: 1, notAccepted: [] });
      await one;
    }
  });

  it("says nothing of trades that had failed before", async () => {
    const { producer, clock, waiting } = held();
    const error = rejection(producer.send(trade(1)));
    await clock.advance(5);
    waiting[0]?.answer([{ ErrorCode: "InvalidArgument" }]);
    await error;
    expect(await producer.close()).to.deep.equal({ accepted: 0, notAccepted: [] });
  });
});

describe("back-pressure", () => {
  it("holds further trades back until one is answered, and says when there is a place", async () => {
    const { producer, clock, requests, acceptWaiting } = held({ maximumOutstanding: 2 });
    const all = [1, 2].map((number) => producer.send(trade(number)));
    let isReady = false;
    const ready = producer.ready().then(() => {
      isReady = true;
    });
    all.push(producer.send(trade(3)));
    await settled();
    expect(requests.map(idsOf)).to.deep.equal([["T-1", "T-2"]]);
    expect([producer.outstanding, isReady]).to.deep.equal([2, false]);
    await acceptWaiting();
    await ready;
    expect(producer.outstanding).to.equal(1);
    await clock.advance(5);
    await acceptWaiting();
    await Promise.all(all);
  });

  it("makes a stream wait: no more is taken from it than has a place", async () => {
    const { producer, acceptWaiting } = held({ maximumOutstanding: 20 });
    let taken = 0;
    async function* trades() {
      for (; taken < 100; taken += 1) yield trade(taken);
    }
    const sending = sendAll(producer, trades());
    await settled();
    expect(taken).to.equal(19);
    const most: number[] = [];
    while (taken < 100 || producer.outstanding > 0) {
      await acceptWaiting();
      most.push(producer.outstanding);
    }
    expect(Math.max(...most)).to.be.at.most(20);
    expect(await sending).to.deep.equal({ accepted: 100, failed: [] });
  });

  it("ends a stream when the producer closes, and loses none of its trades", async () => {
    const { producer, clock } = held({ maximumOutstanding: 20 });
    let taken = 0;
    let isReturned = false;
    function* trades() {
      try {
        for (; taken < 100; taken += 1) yield trade(taken);
      } finally {
        isReturned = true;
      }
    }
    const sending = sendAll(producer, trades());
    await settled();
    const closing = producer.close({ deadlineMilliseconds: 10 });
    await clock.advance(10);
    await closing;
    const { accepted, failed } = await sending;
    expect({ accepted, isReturned }).to.deep.equal({ accepted: 0, isReturned: true });
    expect(failed).to.have.length(taken + 1);
    for (const { trade: given, error } of failed)
      expect(error instanceof TradeNotAcceptedError && idOf(error)).to.equal(given.tradeId);
  });

  it("gives back refused trades of a stream with their errors", async () => {
    const { producer, clock, acceptWaiting } = held();
    const refused = trade(2, { currency: "usd" });
    const sending = sendAll(producer, [trade(1), refused]);
    await settled();
    await clock.advance(5);
    await acceptWaiting();
    const { accepted, failed } = await sending;
    expect(accepted).to.equal(1);
    expect(failed.map((each) => [each.trade, String(each.error).slice(0, 17)])).to.deep.equal([
      [refused, "TradeRefusedError"],
    ]);
  });

  it("tells what became of a stream's trades when the stream breaks, once they have ended", async () => {
    const { producer, clock, waiting, acceptWaiting } = held();
    const refused = trade(1, { currency: "usd" });
    const cause = new Error("the feed broke");
    const acceptedIds: string[] = [];
    function* broken() {
      yield refused;
      yield trade(2);
      yield trade(3);
      throw cause;
    }
    const broke = rejection(
      sendAll(producer, broken(), { onAccepted: ({ tradeId }) => acceptedIds.push(tradeId) }),
    );
    await settled();
    await clock.advance(5);
    waiting[0]?.answer([{ ErrorCode: "InvalidArgument" }, { EventId: "e3" }]);
    await settled();
    await acceptWaiting();
    const error = await broke;
    if (!(error instanceof SendAllError)) throw error;
    expect(error.message).to.equal(
      "sendAll ended early, with 1 trades accepted and 2 failed: the feed broke",
    );
    expect(error).to.include({ cause, accepted: 1 });
    expect(
      error.failed.map((each) => [each.trade.tradeId, Reflect.get(Object(each.error), "name")]),
    ).to.deep.equal([
      ["T-1", "TradeRefusedError"],
      ["T-2", "TradeNotAcceptedError"],
    ]);
    expect(acceptedIds).to.deep.equal(["T-3"]);
  });

  it("ends a stream when the caller's own onAccepted throws, and counts each trade once", async () => {
    const { producer, clock, waiting, acceptWaiting } = held({ maximumOutstanding: 3 });
    const cause = new Error("the disk is full");
    let taken = 0;
    function* trades() {
      for (; taken < 100; taken += 1) yield trade(taken);
    }
    const ended = rejection(
      sendAll(producer, trades(), {
        onAccepted: ({ tradeId }) => {
          if (tradeId === "T-1") throw cause;
        },
      }),
    );
    while (waiting.length === 0) await clock.advance(5);
    for (let round = 0; round < 5; round += 1) {
      await acceptWaiting();
      await clock.advance(5);
    }
    const error = await ended;
    if (!(error instanceof SendAllError)) throw error;
    expect(error).to.include({ cause, accepted: taken + 1 });
    expect(error.failed).to.deep.equal([]);
    expect(taken).to.be.below(10);
    expect(producer.isClosed).to.equal(false);
  });
});
