import { expect } from "chai";
import { TradeProducer, type TradeProducerOptions, TradeRefusedError } from "../../ops/producer/index.ts";
import { acceptAll, type Request, rejection, scriptedClient, trade } from "./producer-support.ts";

function producerThatShows(options: Partial<TradeProducerOptions> = {}) {
  const requests: Request[] = [];
  const client = scriptedClient((request) => {
    requests.push(request);
    return acceptAll(request);
  });
  const producer = new TradeProducer({
    client,
    eventBusName: "trades",
    source: "trading.system1",
    lingerMilliseconds: 0,
    ...options,
  });
  return { producer, requests };
}

async function refusalOf(given: Record<string, unknown>, options: Partial<TradeProducerOptions> = {}) {
  const { producer, requests } = producerThatShows(options);
  const error = await rejection(producer.send(trade(1, given)));
  if (!(error instanceof TradeRefusedError)) throw error;
  expect(requests).to.deep.equal([]);
  expect(producer.outstanding).to.equal(0);
  return error;
}

const circular: Record<string, unknown> = {};
circular.self = circular;

describe("the producer refuses before sending", () => {
  // Each case: what is added to a valid trade, the code, the path.
  const lost: [string, Record<string, unknown>, string, string][] = [
    ["an amount of 16 digits", { amount: 1234567890123.456 }, "number.tooManyDigits", "amount"],
    ["the sum of 0.1 and 0.2", { note: 0.1 + 0.2 }, "number.tooManyDigits", "note"],
    ["such a number deep inside", { legs: [{ price: 0.1 + 0.2 }] }, "number.tooManyDigits", "legs[0].price"],
    [
      "an integer of 16 digits",
      { "order id": Number.MAX_SAFE_INTEGER },
      "number.tooManyDigits",
      '["order id"]',
    ],
    ["NaN", { note: Number.NaN }, "number.outOfRange", "note"],
    ["infinity", { note: [Number.NEGATIVE_INFINITY] }, "number.outOfRange", "note[0]"],
    ["an integer beyond 64 bits", { note: 1e20 }, "integer.outOfRange", "note"],
    ["a bigint, small as it is", { note: 1n }, "value.notJson", "note"],
    ["a date", { note: new Date(0) }, "value.notJson", "note"],
    ["a map", { note: new Map([[1, 2]]) }, "value.notJson", "note"],
    ["a function", { note: () => 1 }, "value.notJson", "note"],
    ["undefined within an array", { note: [1, undefined] }, "value.notJson", "note[1]"],
    ["a hole in an array", { note: new Array(1) }, "value.notJson", "note[0]"],
    ["an object that holds itself", { note: circular }, "detail.tooDeep", "detail"],
    ["more than 64 KiB", { note: "é".repeat(32_768) }, "detail.tooLarge", "detail"],
  ];
  for (const [what, given, code, field] of lost)
    it(`${what}, also when the contract is not checked`, async () => {
      for (const validate of [true, false]) {
        const { reasons, message } = await refusalOf(given, { validate });
        expect(reasons.map((each) => [each.code, each.field])).to.deep.include([code, field]);
        expect(message).to.include(`${field}: must be `);
      }
    });

  it("what the functions would reject, with every reason, naming field, value and what is allowed", async () => {
    const { reasons, message } = await refusalOf({ amount: "-1", currency: "usd", action: "CANCEL" });
    expect(reasons.map(({ code }) => code)).to.have.members([
      "amount.notPositive",
      "currency.unknown",
      "version.missing",
    ]);
    expect(message).to.include("currency: must be an active ISO 4217 code in upper case; got usd");
  });

  it("a trade of another system, if it knows its own", async () => {
    const { reasons } = await refusalOf({ sourceSystem: "system2" }, { sourceSystem: "system1" });
    expect(reasons).to.deep.equal([
      {
        code: "sourceSystem.mismatch",
        field: "sourceSystem",
        value: "system2",
        allowed: "system1, since the source is trading.system1",
      },
    ]);
  });

  it("a time that is none", async () => {
    const { producer } = producerThatShows();
    const error = await rejection(producer.send(trade(1), { time: new Date("yesterday") }));
    expect(error).to.be.instanceOf(TradeRefusedError);
    expect(String(error)).to.include("envelope.time");
  });

  it("a trace header for which the whole request would be refused, also when the contract is not checked", async () => {
    for (const validate of [true, false])
      for (const length of [0, 501]) {
        const { producer, requests } = producerThatShows({ validate });
        const error = await rejection(producer.send(trade(1), { traceHeader: "x".repeat(length) }));
        if (!(error instanceof TradeRefusedError)) throw error;
        expect(error.reasons).to.deep.equal([
          {
            code: "envelope.invalid",
            field: "envelope.traceHeader",
            value: `${length} characters`,
            allowed: "1 to 500 characters long",
          },
        ]);
        const traceHeader = "x".repeat(500);
        await producer.send(trade(2), { traceHeader });
        expect(requests.map(({ entries }) => entries.map((each) => each.TraceHeader))).to.deep.equal([
          [traceHeader],
        ]);
      }
  });

  it("nothing that the contract rejects if it is told not to check, and sends it as it is", async () => {
    const { producer, requests } = producerThatShows({ validate: false });
    await producer.send(trade(1, { currency: "usd" }));
    expect(requests[0]?.entries[0]?.Detail).to.include('"currency":"usd"');
  });

  it("options that cannot be, each by its name", () => {
    const make = () =>
      producerThatShows({
        eventBusName: "",
        endpointId: "no-dot",
        maximumOutstanding: 0,
        lingerMilliseconds: Number.NaN,
        retry: { maximumAttempts: 1.5 },
      });
    expect(make).to.throw(
      RangeError,
      /eventBusName: .*; endpointId: .*no-dot; maximumOutstanding: .*got 0; lingerMilliseconds: .*; retry.maximumAttempts: .*1\.5$/,
    );
  });
});

describe("the producer sends", () => {
  it("numbers of 15 digits, text and unknown fields as they are, and leaves undefined fields out", async () => {
    const { producer, requests } = producerThatShows();
    const given = {
      amount: 123456789012.345,
      executedAt: "2026-01-05T14:30:00.123456Z",
      note: { a: [1, null] },
    };
    await producer.send(trade(1, { ...given, venue: undefined, big: 1e21 }));
    expect(requests[0]?.entries[0]?.Detail).to.equal(
      '{"tradeId":"T-1","amount":123456789012.345,"currency":"USD","sourceSystem":"system1",' +
        '"executedAt":"2026-01-05T14:30:00.123456Z","note":{"a":[1,null]},"big":1e+21}',
    );
  });

  it("64 KiB exactly, and characters that no queue holds as escapes", async () => {
    const { producer, requests } = producerThatShows();
    const room = 65_536 - Buffer.byteLength(JSON.stringify(trade(1, { note: "\uFFFE" })));
    await producer.send(trade(1, { note: `\uFFFE${"x".repeat(room)}` }));
    expect(requests[0]?.entries[0]?.Detail).to.include("\\ufffe");
    const { reasons } = await refusalOf({ note: `\uFFFE${"x".repeat(room + 1)}` });
    expect(reasons.map(({ code, value }) => [code, value])).to.deep.equal([
      ["detail.tooLarge", "65537 bytes"],
    ]);
  });

  it("the contract's detail type, its source, bus, time and trace, and tells where it was accepted", async () => {
    const { producer, requests } = producerThatShows();
    const traceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793";
    const receipt = await producer.send(trade(1), { time: new Date(1_700_000_000_000), traceHeader });
    expect(receipt.region).to.equal("us-east-1");
    expect(receipt.eventId).to.match(/^event-/);
    const { Detail, ...entry } = requests[0]?.entries[0] ?? {};
    expect(entry).to.deep.equal({
      Source: "trading.system1",
      DetailType: "Trade Event",
      EventBusName: "trades",
      Time: 1_700_000_000,
      TraceHeader: traceHeader,
    });
    expect(requests[0]?.endpointId).to.equal(undefined);
  });

  it("through a global endpoint, signed for any region, which does not tell where", async () => {
    const { producer, requests } = producerThatShows({ endpointId: "abcde.veo" });
    const receipt = await producer.send(trade(1));
    expect(receipt).to.have.all.keys("eventId");
    expect(requests[0]).to.include({
      endpointId: "abcde.veo",
      url: "abcde.veo.endpoint.events.amazonaws.com",
    });
    expect(requests[0]?.authorization).to.match(/^AWS4-ECDSA-P256-SHA256 /);
  });
});
