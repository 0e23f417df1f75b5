import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { MARKET_DATA_DEFAULTS, marketDataClient } from "../../functions/adapters/market-data-client.ts";
import type { MarketAnswer, MarketQuestion } from "../../functions/domain/market-data.ts";

const QUESTION: MarketQuestion = { kind: "instrument", id: "US0378331005" };
const INSTRUMENT = {
  id: QUESTION.id,
  name: "Apple Inc.",
  assetClass: "equity",
  currency: "USD",
  asOf: "2026-01-05T14:30:00Z",
};

/** What the server does with one request after the other; the last one is repeated. */
type Reply = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (status: number, body: unknown): Reply =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
const raw =
  (text: string): Reply =>
  (_, response) =>
    void response.writeHead(200).end(text);
const silence: Reply = () => {};

describe("the market data client", () => {
  let server: Server;
  let endpoint: string;
  let replies: Reply[];
  let requests: IncomingMessage[];
  let now: number;

  beforeEach(async () => {
    requests = [];
    now = 0;
    server = createServer((request, response) => {
      requests.push(request);
      const reply = replies[Math.min(requests.length, replies.length) - 1];
      reply?.(request, response);
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const client = (circuitFailures = 5) =>
    marketDataClient({
      ...MARKET_DATA_DEFAULTS,
      attemptMilliseconds: 150,
      firstPauseMilliseconds: 2,
      circuit: { failures: circuitFailures, openMilliseconds: 10_000 },
      now: () => now,
    });
  const call = (attempts = 3, signal = new AbortController().signal) => ({ endpoint, attempts, signal });

  it("asks below the endpoint and gives the answer", async () => {
    replies = [json(200, { ...INSTRUMENT, more: 1 })];
    const answer = await client()(QUESTION, { ...call(), endpoint: `${endpoint}/` });
    expect(answer).to.deep.equal({ ...QUESTION, known: true, instrument: INSTRUMENT });
    expect(requests.map(({ url }) => url)).to.deep.equal(["/v1/instruments/US0378331005"]);
  });

  it("takes 404 for the answer that nothing is known", async () => {
    replies = [json(404, { error: "unknown instrument" })];
    expect(await client()(QUESTION, call())).to.deep.equal({ ...QUESTION, known: false });
    expect(requests).to.have.length(1);
  });

  it("tries again after 500 and takes the answer then", async () => {
    replies = [json(500, {}), json(429, {}), json(200, INSTRUMENT)];
    expect((await client()(QUESTION, call())).known).to.equal(true);
    expect(requests).to.have.length(3);
  });

  it("keeps its connection from one question to the next", async () => {
    replies = [json(200, INSTRUMENT)];
    const ask = client();
    await ask(QUESTION, call());
    // The platform takes a connection back a little after the body's end.
    await pause(20);
    await ask(QUESTION, call());
    expect(new Set(requests.map(({ socket }) => socket.remotePort)).size).to.equal(1);
  });

  const failures: Array<[why: string, reply: Reply, message: string]> = [
    ["slow", silence, "no answer in time"],
    ["sending garbage", raw("<html>"), "not JSON"],
    ["sending too much", raw(`"${"x".repeat(20_000)}"`), "exceeds 16384 bytes"],
    ["sending without end", (_, response) => void endless(response), "exceeds 16384 bytes"],
    ["breaking its contract", json(200, { ...INSTRUMENT, asOf: "now" }), "not what its contract says"],
    [
      "answering about something else",
      json(200, { ...INSTRUMENT, id: "037833100" }),
      "not what its contract says",
    ],
    ["breaking connections", (request) => void request.socket.destroy(), "market data"],
    [
      "redirecting elsewhere",
      (_, response) => void response.writeHead(302, { location: "/" }).end(),
      "market data",
    ],
    ["down behind its load balancer", json(503, {}), "status 503"],
  ];
  for (const [why, reply, message] of failures) {
    it(`gives up after its attempts on a service ${why}`, async () => {
      replies = [reply];
      const error = await failureOf(client()(QUESTION, call(2)));
      expect(error.name).to.equal("MarketDataError");
      expect(error.message).to.include(message).and.to.include("attempt 2 of 2");
      expect(requests).to.have.length(2);
    });
  }

  it("gives up at once when the request itself is refused", async () => {
    replies = [json(400, {})];
    expect((await failureOf(client()(QUESTION, call()))).message).to.include("status 400; attempt 1 of 3");
  });

  it("says that nobody listens", async () => {
    await new Promise((done) => server.close(done));
    expect((await failureOf(client()(QUESTION, call(1)))).message).to.include("ECONNREFUSED");
  });

  it("ends with the signal, whatever attempts are left", async () => {
    replies = [silence];
    const started = performance.now();
    await failureOf(client()(QUESTION, call(10, AbortSignal.timeout(60))));
    expect(performance.now() - started).to.be.lessThan(140);
    expect(requests).to.have.length(1);
  });

  it("asks nothing while the circuit is open, then lets one request decide", async () => {
    replies = [json(503, {}), json(503, {}), json(200, INSTRUMENT)];
    const ask = client(2);
    await failureOf(ask(QUESTION, call(2)));
    expect((await failureOf(ask(QUESTION, call(2)))).message).to.include("circuit open");
    expect(requests).to.have.length(2);
    now += 10_000;
    expect((await ask(QUESTION, call(2))).known).to.equal(true);
    expect((await ask(QUESTION, call(2))).known).to.equal(true);
    expect(requests).to.have.length(4);
  });

  it("opens again when that one request fails", async () => {
    replies = [json(503, {})];
    const ask = client(2);
    await failureOf(ask(QUESTION, call(2)));
    now += 10_000;
    await failureOf(ask(QUESTION, call(2)));
    await failureOf(ask(QUESTION, call(2)));
    expect(requests).to.have.length(3);
  });

  it("holds nothing against another endpoint", async () => {
    replies = [json(503, {}), json(503, {}), json(200, INSTRUMENT)];
    const ask = client(2);
    await failureOf(ask(QUESTION, call(2)));
    expect((await ask(QUESTION, { ...call(1), endpoint: `${endpoint}/other` })).known).to.equal(true);
  });
});

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write("x".repeat(4096))) {
      // Until the socket takes no more.
    }
  };
  response.on("drain", more);
  more();
}

async function failureOf(answer: Promise<MarketAnswer>): Promise<Error> {
  const outcome = await answer.catch((error: unknown) => error);
  if (outcome instanceof Error) return outcome;
  throw new Error(`no failure but ${JSON.stringify(outcome)}`);
}
