import { expect } from "chai";
import { requestFailure } from "../../ops/producer/failure.ts";
import { TradeNotAcceptedError, TradeProducer, type TradeProducerOptions } from "../../ops/producer/index.ts";
import {
  acceptAll,
  heldClient,
  idsOf,
  type Reply,
  type Result,
  rejection,
  StillClock,
  scriptedClient,
  settled,
  socketError,
  trade,
} from "./producer-support.ts";

/** A producer whose requests are answered by these replies in turn, the last for all that follow. */
function scripted(replies: readonly (Reply | "accept")[], options: Partial<TradeProducerOptions> = {}) {
  const clock = new StillClock();
  const sent: string[][] = [];
  const client = scriptedClient((request) => {
    sent.push(idsOf(request));
    const reply = replies[Math.min(sent.length, replies.length) - 1];
    return reply === undefined || reply === "accept" ? acceptAll(request) : reply;
  });
  const producer = new TradeProducer({
    client,
    eventBusName: "trades",
    source: "trading.system1",
    lingerMilliseconds: 5,
    random: () => 0.5,
    clock,
    ...options,
  });
  return { producer, clock, sent };
}

const failed = (ErrorCode: string): Result => ({ ErrorCode, ErrorMessage: "scripted" });
const accepted = (EventId: string): Result => ({ EventId });
/** What Node throws when it could connect to none of a name's addresses: the code is the first one's. */
const severalAddresses = (...errors: Error[]): Error =>
  Object.assign(new AggregateError(errors), { code: Reflect.get(errors[0] ?? {}, "code") });

describe("the producer's batches", () => {
  it("go when they have ten trades, and otherwise when they have waited", async () => {
    const { producer, clock, sent } = scripted([]);
    const all = Array.from({ length: 23 }, (_, number) => producer.send(trade(number)));
    await settled();
    expect(sent.map(({ length }) => length)).to.deep.equal([10, 10]);
    await clock.advance(4);
    expect(sent).to.have.length(2);
    await clock.advance(1);
    expect(sent.map(({ length }) => length)).to.deep.equal([10, 10, 3]);
    await Promise.all(all);
    expect(sent.flat()).to.deep.equal(Array.from({ length: 23 }, (_, number) => `T-${number}`));
  });

  it("go at once on flush, which resolves when all have ended", async () => {
    const { producer, clock, sent } = scripted([]);
    const one = producer.send(trade(1));
    await producer.flush();
    expect(sent).to.deep.equal([["T-1"]]);
    expect(clock.pending).to.equal(0);
    expect(await one).to.have.property("eventId");
    await producer.flush();
  });

  it("do not wait when there is no place for a further trade", async () => {
    const { producer, clock, sent } = scripted([], { maximumOutstanding: 3, lingerMilliseconds: 60_000 });
    const all = Array.from({ length: 7 }, (_, number) => producer.send(trade(number)));
    await settled();
    expect(sent.map(({ length }) => length)).to.deep.equal([3, 3]);
    await clock.advance(60_000);
    await Promise.all(all);
  });

  it("are under way at most so many at once", async () => {
    const { client, waiting } = heldClient();
    const options = { client, eventBusName: "trades", source: "trading.system1", concurrency: 2 };
    const producer = new TradeProducer({ ...options, clock: new StillClock() });
    const all = Array.from({ length: 40 }, (_, number) => producer.send(trade(number)));
    await settled();
    expect(waiting).to.have.length(2);
    const [first] = waiting;
    first?.answer(acceptAll(first.request));
    await settled();
    expect(waiting.map(({ request }) => idsOf(request)[0])).to.deep.equal(["T-10", "T-20"]);
    while (waiting.length > 0) {
      for (const { request, answer } of [...waiting]) answer(acceptAll(request));
      await settled();
    }
    await Promise.all(all);
  });
});

describe("the producer tries again", () => {
  it("only the entries that failed for a passing reason", async () => {
    const codes = ["ThrottlingException", "InternalFailure", "InternalException"];
    const first = [accepted("a"), ...codes.map(failed), accepted("b")];
    const { producer, clock, sent } = scripted([first, "accept"]);
    const all = [0, 1, 2, 3, 4].map((number) => producer.send(trade(number)));
    await clock.advance(5);
    expect(await all[0]).to.include({ eventId: "a" });
    expect(await all[4]).to.include({ eventId: "b" });
    await clock.advance(49);
    expect(sent).to.have.length(1);
    await clock.advance(1);
    expect(sent[1]).to.deep.equal(["T-1", "T-2", "T-3"]);
    await Promise.all(all);
  });

  it("after pauses that are drawn below a bound that doubles up to a limit, and a bounded number of times", async () => {
    const retry = { maximumAttempts: 5, firstDelayMilliseconds: 100, maximumDelayMilliseconds: 300 };
    const { producer, clock, sent } = scripted([[failed("ThrottlingException")]], { retry });
    const error = rejection(producer.send(trade(1)));
    await clock.advance(10_000);
    // Half of 100, 200, 300 (not 400), 300.
    expect(clock.asked).to.deep.equal([5, 50, 100, 150, 150]);
    expect(sent).to.have.length(5);
    expect(await error)
      .to.be.instanceOf(TradeNotAcceptedError)
      .and.include({ code: "ThrottlingException", attempts: 5, mayBeAccepted: false });
  });

  it("with the default of each retry setting that is undefined", async () => {
    const retry = { maximumAttempts: undefined, firstDelayMilliseconds: undefined };
    const { producer, clock, sent } = scripted([[failed("ThrottlingException")]], {
      retry: { ...retry, maximumDelayMilliseconds: 300 },
    });
    const error = rejection(producer.send(trade(1)));
    await clock.advance(10_000);
    expect(clock.asked).to.deep.equal([5, 50, 100, 150, 150, 150]);
    expect(sent).to.have.length(6);
    expect(await error).to.include({ attempts: 6 });
  });

  it("not what EventBridge refuses for good, and names its code", async () => {
    const { producer, clock, sent } = scripted([[failed("NotAuthorizedForSource"), accepted("b")]]);
    const error = rejection(producer.send(trade(1)));
    const other = producer.send(trade(2));
    await clock.advance(5);
    expect(String(await error)).to.equal(
      "TradeNotAcceptedError: the trade was not accepted after 1 attempts: NotAuthorizedForSource: scripted",
    );
    expect(await other).to.include({ eventId: "b" });
    expect(sent).to.have.length(1);
  });

  // Each: reply to the request as a whole, whether another attempt is made, whether the trade may be accepted all the same.
  const whole: [string, Reply, boolean, boolean][] = [
    ["throttled", { status: 400, type: "ThrottlingException" }, true, false],
    ["too many", { status: 429, type: "TooManyRequests" }, true, false],
    ["a server's fault", { status: 503, type: "ServiceUnavailable" }, true, true],
    ["a connection that broke", socketError("ECONNRESET"), true, true],
    ["a connection that never was", socketError("ECONNREFUSED", "connect"), true, false],
    ["a name that has no address", socketError("ENOTFOUND", "getaddrinfo"), true, false],
    ["a way that cannot be found", socketError("EHOSTUNREACH", "connect"), true, false],
    ["a way that was lost with the request on it", socketError("EHOSTUNREACH"), true, true],
    ["a network that was lost with the request on it", socketError("ENETUNREACH", "write"), true, true],
    [
      "a connection to none of several addresses",
      severalAddresses(socketError("ECONNREFUSED", "connect"), socketError("ENETUNREACH", "connect")),
      true,
      false,
    ],
    [
      "several addresses, one of which leaves it open",
      severalAddresses(socketError("ECONNREFUSED", "connect"), socketError("EHOSTUNREACH")),
      true,
      true,
    ],
    ["a time limit", Object.assign(new Error("late"), { name: "TimeoutError" }), true, true],
    ["a missing permission", { status: 400, type: "AccessDeniedException" }, false, false],
    ["an error that nobody knows", new Error("odd"), false, true],
  ];
  for (const [what, reply, isTransient, mayBeAccepted] of whole) {
    it(`${isTransient ? "" : "not "}when the request failed as a whole: ${what}`, async () => {
      const { producer, clock, sent } = scripted([reply], { retry: { maximumAttempts: 2 } });
      const error = rejection(producer.send(trade(1)));
      await clock.advance(1_000);
      expect(await error).to.include({ mayBeAccepted, attempts: isTransient ? 2 : 1 });
      expect(sent).to.have.length(isTransient ? 2 : 1);
    });
  }

  it("and remembers that an earlier attempt may have been accepted", async () => {
    const { producer, clock } = scripted([socketError("ECONNRESET"), [failed("NotAuthorizedForSource")]]);
    const error = rejection(producer.send(trade(1)));
    await clock.advance(1_000);
    expect(await error).to.include({ code: "NotAuthorizedForSource", mayBeAccepted: true, attempts: 2 });
  });

  it("and so does the SDK, which shows the last of its own attempts only", () => {
    const error = socketError("ECONNREFUSED", "connect");
    expect(requestFailure(error)).to.include({
      code: "ECONNREFUSED",
      isTransient: true,
      mayBeAccepted: false,
    });
    const second = Object.assign(error, { $metadata: { attempts: 2 } });
    expect(requestFailure(second)).to.include({ isTransient: true, mayBeAccepted: true });
  });

  it("nothing of an answer that leaves an entry out", async () => {
    const { producer, clock } = scripted([[accepted("a")]]);
    const one = producer.send(trade(1));
    const error = rejection(producer.send(trade(2)));
    await clock.advance(5);
    expect(await one).to.include({ eventId: "a" });
    expect(await error).to.include({ code: "NoAnswer", mayBeAccepted: true });
  });
});
