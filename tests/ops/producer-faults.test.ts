import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { TradeNotAcceptedError, TradeProducer } from "../../ops/producer/index.ts";
import { rejection, StillClock, scriptedClient, settled, trade } from "./producer-support.ts";

/** Sends two trades through a global endpoint where the package that signs for any region cannot be loaded. */
const WITHOUT_SIGNATURES = `
import { registerHooks } from "node:module";
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "@aws-sdk/signature-v4a") throw new Error("it is not installed");
    return next(specifier, context);
  },
});
const { TradeProducer } = await import("${pathToFileURL("ops/producer/index.ts")}");
const { scriptedClient, trade } = await import("${pathToFileURL("tests/ops/producer-support.ts")}");
const producer = new TradeProducer({
  client: scriptedClient(() => { throw new Error("it was sent"); }),
  ...{ eventBusName: "trades", source: "trading.system1", endpointId: "abcde.veo" },
});
const ends = [1, 2].map((number) => producer.send(trade(number)).catch((error) => error));
const { accepted, notAccepted } = await producer.close({ deadlineMilliseconds: 20_000 });
const errors = await Promise.all(ends);
console.log(JSON.stringify({ accepted, same: errors.every((error) => notAccepted.includes(error)), errors }));
`;

describe("a producer that cannot send", function () {
  this.timeout(60_000);

  it("for want of a package tells so of every trade, none of which can have been accepted", async () => {
    const child = ["--input-type=module", "--eval", WITHOUT_SIGNATURES];
    const { stdout } = await promisify(execFile)(process.execPath, child, { timeout: 30_000 });
    const { accepted, same, errors } = JSON.parse(stdout);
    expect({ accepted, same }).to.deep.equal({ accepted: 0, same: true });
    expect(errors).to.have.length(2);
    for (const error of errors)
      expect(error).to.include({ code: "Error", attempts: 1, mayBeAccepted: false });
  });

  it("because what it was given throws still ends every trade, and closes", async () => {
    const clock = new StillClock();
    const producer = new TradeProducer({
      client: scriptedClient(() => [{ EventId: "e0" }, { ErrorCode: "ThrottlingException" }]),
      eventBusName: "trades",
      source: "trading.system1",
      clock,
      random: () => {
        throw new Error("no chance");
      },
    });
    const one = producer.send(trade(0));
    const errors = [1, 2].map((number) => rejection(producer.send(trade(number))));
    await clock.advance(10);
    expect(await one).to.include({ eventId: "e0" });
    const [throttled, unanswered] = await Promise.all(errors);
    expect(throttled)
      .to.be.instanceOf(TradeNotAcceptedError)
      .and.include({ attempts: 1, mayBeAccepted: true });
    expect(String(throttled)).to.include("no chance");
    expect(unanswered).to.include({ code: "NoAnswer" });
    expect(producer.outstanding).to.equal(0);
    expect(await producer.close()).to.deep.equal({ accepted: 1, notAccepted: [] });
    await settled();
    expect(clock.pending).to.equal(0);
  });

  it("for want of a connection knows that nothing was accepted", async () => {
    const { EventBridgeClient } = await import("@aws-sdk/client-eventbridge");
    const client = new EventBridgeClient({
      region: "us-east-1",
      endpoint: "http://localhost:1",
      credentials: { accessKeyId: "producer", secretAccessKey: "producer" },
      maxAttempts: 1,
    });
    const producer = new TradeProducer({
      ...{ client, eventBusName: "trades", source: "trading.system1", retry: { maximumAttempts: 1 } },
    });
    expect(await rejection(producer.send(trade(1)))).to.include({
      code: "ECONNREFUSED",
      attempts: 1,
      mayBeAccepted: false,
    });
    client.destroy();
  });
});
