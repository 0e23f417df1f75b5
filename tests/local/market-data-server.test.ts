import { connect } from "node:net";
import { expect } from "chai";
import { startMarketData } from "../../local/market-data/server.ts";

/** The status of the answer to a request line as it stands, which clients would tidy up. */
function statusOf(url: string, target: string): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("error", fail);
    socket.on("close", () => done(Number(/^HTTP\/1\.1 ([0-9]+)/.exec(answer)?.[1])));
    socket.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  });
}

describe("market data server", () => {
  const answers: [string, number][] = [
    ["/v1/currencies/USD", 200],
    ["http://localhost/v1/currencies/USD", 200],
    ["/v1/currencies/USD?x=//", 200],
    ["//", 404],
    ["//elsewhere/v1/currencies/USD", 404],
    ["///", 404],
    ["/v1/currencies/%", 404],
    ["http://[", 400],
    ["*", 400],
  ];
  for (const [target, status] of answers)
    it(`answers GET ${target} with ${status} and goes on`, async () => {
      const server = await startMarketData();
      try {
        expect(await statusOf(server.url, target)).to.equal(status);
        expect(await statusOf(server.url, "/v1/currencies/EUR")).to.equal(200);
      } finally {
        await server.close();
      }
    });
});
