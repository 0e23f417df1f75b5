import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { expect } from "chai";
import { drain, type LocalSystem } from "../../local/system.ts";
import { sendAll, TradeNotAcceptedError, TradeProducer } from "../../ops/producer/index.ts";
import { busesOfRegion } from "../../ops/send/allowed-buses.ts";
import { sendTape } from "../../ops/send/send-tape.ts";
import { outcomes, rows, startTestSystem } from "../support/local-system.ts";
import { trade } from "./producer-support.ts";

describe("the producer and the local cloud", function () {
  this.timeout(120_000);
  let system: LocalSystem;
  const clients: EventBridgeClient[] = [];
  before(async () => {
    system = await startTestSystem();
  });
  afterEach(() => system.services.cloud.faults.clear());
  after(async () => {
    for (const client of clients) client.destroy();
    await system.close();
  });

  const settings = () => {
    const client = new EventBridgeClient({
      endpoint: system.services.endpoint.url,
      region: "us-east-1",
      credentials: { accessKeyId: "producer", secretAccessKey: "producer" },
      maxAttempts: 1,
    });
    clients.push(client);
    const eventBusName = system.names.regions["us-east-1"]?.busName ?? "";
    return { client, eventBusName, source: "trading.system1", sourceSystem: "system1" };
  };
  let count = 0;
  /** A trade with an id that this file has not used. */
  const next = () => {
    count += 1;
    return trade(count, { tradeId: `CLOUD-${count}` });
  };

  it("have trades recorded under the events that the receipts name, and none rejected", async () => {
    const producer = new TradeProducer(settings());
    const given = Array.from({ length: 25 }, (_, index) => ({ ...next(), amount: index + 0.25 }));
    const receipts = await Promise.all(given.map((each) => producer.send(each)));
    expect(await producer.close()).to.deep.equal({ accepted: 25, notAccepted: [] });
    await drain(system);
    for (const [index, { tradeId, amount }] of given.entries()) {
      const { region, eventId } = receipts[index] ?? {};
      expect(await rows(system, tradeId)).to.have.length(1);
      const [row] = await rows(system, tradeId);
      expect(row).to.include({ event: `${region}#${eventId}`, amount: String(amount) });
      expect(await outcomes(system, tradeId)).to.deep.equal([]);
    }
  });

  it("make a duplicate, never a second row, of a trade whose answer was lost", async () => {
    const effect = { kind: "error", code: "InternalFailure", status: 500 } as const;
    system.services.cloud.faults.add({
      service: "events",
      operation: "PutEvents",
      effect,
      when: "after",
      times: 1,
    });
    const producer = new TradeProducer({ ...settings(), retry: { firstDelayMilliseconds: 1 } });
    const given = next();
    await producer.send(given);
    await drain(system);
    expect(await rows(system, given.tradeId)).to.have.length(1);
    expect((await outcomes(system, given.tradeId)).map(({ outcome }) => outcome)).to.deep.equal([
      "duplicate",
    ]);
  });

  it("lose nothing when the producer stops while the service fails: the rest goes as a tape later", async () => {
    const effect = { kind: "error", code: "ThrottlingException", status: 400 } as const;
    const call = { service: "events", operation: "PutEvents" };
    const remove = system.services.cloud.faults.add({ ...call, effect, when: "before", skip: 2 });
    const producer = new TradeProducer(settings());
    const given = Array.from({ length: 35 }, next);
    const sending = sendAll(producer, given);
    await new Promise((done) => setTimeout(done, 300));
    const { accepted, notAccepted } = await producer.close({ deadlineMilliseconds: 50 });
    expect(accepted).to.equal(20);
    const { failed } = await sending;
    const lines = failed.map(({ error }) => (error instanceof TradeNotAcceptedError ? error.line : ""));
    expect(notAccepted.map(({ line }) => line)).to.have.members(lines);
    remove();
    const { eventBusName, ...others } = settings();
    const arn = `arn:aws:events:us-east-1:000000000000:event-bus/${eventBusName}`;
    const allowedBuses = busesOfRegion(arn, undefined);
    expect(await sendTape(lines, { ...others, eventBusName, allowedBuses })).to.deep.equal({
      sent: 15,
      refused: [],
      accepted: 15,
    });
    await drain(system);
    for (const { tradeId } of given) expect(await rows(system, tradeId), tradeId).to.have.length(1);
  });

  it("run the example of the documentation as it is written there", async () => {
    const text = readFileSync("docs/event-contract.md", "utf8");
    const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
    expect(example).to.include("new TradeProducer");
    const directory = mkdtempSync(join(tmpdir(), "producer-example-"));
    try {
      for (const name of ["ops", "functions", "node_modules"])
        symlinkSync(resolve(name), join(directory, name));
      writeFileSync(join(directory, "example.mts"), example);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ["example.mts"], {
        cwd: directory,
        timeout: 60_000,
        env: {
          PATH: process.env.PATH,
          AWS_ENDPOINT_URL: system.services.endpoint.url,
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "producer",
          AWS_SECRET_ACCESS_KEY: "producer",
        },
      });
      expect(stderr).to.equal("");
      expect(stdout).to.match(/^T-1 was accepted as us-east-1#\S+\n99 accepted, 0 not\n$/);
    } finally {
      rmSync(directory, { recursive: true });
    }
    await drain(system);
    const recorded = (await rows(system)).filter(({ tradeId }) => /^T-/.test(String(tradeId)));
    expect(recorded).to.have.length(100);
  });
});
