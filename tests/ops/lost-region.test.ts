import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import type { DeployedSystem } from "../../local/system.ts";
import { CENSUS } from "../../ops/census/command.ts";
import { censusLines } from "../../ops/census/report.ts";
import { answering } from "../../ops/failover/answers.ts";
import { Clients } from "../../ops/frame/clients.ts";
import { parseOutputs, type StackOutputs } from "../../ops/frame/outputs.ts";
import { RECONCILE } from "../../ops/reconcile/command.ts";
import { REDRIVE } from "../../ops/redrive/command.ts";
import { REPLAY } from "../../ops/replay/command.ts";
import { STATUS } from "../../ops/status/command.ts";
import { process, startTestSystem, tradeDetail } from "../support/local-system.ts";
import { carryOut, putMessage } from "./redrive-support.ts";

const HOME = "us-east-1";
const OTHER = "eu-west-1";
const LOST = `ServiceUnavailable: Region ${HOME} is lost (injected fault)`;

describe("an operator's command while a region is lost", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  let outputs: StackOutputs;
  let restore: () => void;
  let window: { from: string; to: string };
  before(async () => {
    system = await startTestSystem();
    outputs = parseOutputs(system.services.outputs);
    const second = () => new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString();
    const from = second();
    await process(system, tradeDetail(), tradeDetail({ amount: "0" }));
    for (const region of [HOME, OTHER])
      await putMessage(system, "metadata-enricher-dlq-dev", "{}", { SCHEDULE_ARN: "arn:s" }, region);
    await pause(1_500);
    window = { from, to: second() };
    restore = system.services.cloud.faults.loseRegion(HOME);
  });
  after(async () => {
    restore?.();
    await system?.close();
  });

  it("status shows the tables and what is open as the other region has it, and names what is not known", async () => {
    const { complete, json, lines } = await carryOut(system, STATUS, window);
    expect(json).to.have.nested.property("proof.outcomes.recorded", 1);
    expect(json).to.have.nested.property("proof.outcomes.rejected", 1);
    expect(json).to.have.nested.property("proof.undeliveredComplete", false);
    expect(json)
      .to.have.property("unanswered")
      .that.deep.equals({ [HOME]: LOST });
    for (const part of ["openNow", "estimates"])
      expect(json).to.have.nested.property(`${part}.${HOME}`).that.deep.equals({ problem: LOST });
    expect(json).to.have.nested.property(`openNow.${OTHER}.queues`).with.length(11);
    expect(json).to.have.nested.property(`estimates.${OTHER}.matched`, 0);
    expect(lines.join("\n")).to.include(`${HOME} does not answer (${LOST}): what it had not yet sent`);
    expect(complete).to.equal(false);
  });

  it("status of the lost region alone says in one line that it does not answer", async () => {
    const message = await carryOut(system, STATUS, { ...window, region: HOME }).catch(String);
    expect(message).to.equal(`Error: ${HOME} does not answer (${LOST})`);
  });

  it("redrive works on the queues of the other region, and says that the rest was not looked at", async () => {
    const { complete, json, lines } = await carryOut(system, REDRIVE, {});
    expect(json).to.deep.include({
      ...{ considered: 1, obsolete: 1, stopped: false },
      notLookedAt: [{ region: HOME, problem: LOST }],
    });
    expect(json).to.have.property("byQueue").that.has.all.keys(`${OTHER}/enricher`);
    expect(lines).to.include(`not looked at: the queues of ${HOME}, since ${HOME} does not answer (${LOST})`);
    expect(complete).to.equal(false);
  });

  it("census proves the other region's archive alone", async () => {
    const { complete, json, lines } = await carryOut(system, CENSUS, { ...window, "settled-after": "0" });
    expect(json).to.deep.include({ proven: false, notProven: [{ region: HOME, problem: LOST }] });
    expect(json).to.have.property("regions").with.length(1);
    expect(json).to.have.nested.property("regions[0].region", OTHER);
    expect(lines.slice(-2)).to.deep.equal([
      `Proven of ${OTHER} alone: every archived trade event ended as exactly one of recorded, duplicate, rejected or dead-lettered`,
      `Not proven: what the archive of ${HOME} holds, since ${HOME} does not answer (${LOST})`,
    ]);
    expect(complete).to.equal(false);
  });

  it("replay sends what the other region has, and says that the rest was not", async () => {
    const options = { ...window, "settled-after": "0", wait: "true" };
    const { complete, json, lines } = await carryOut(system, REPLAY, options);
    expect(json).to.deep.include({ notReplayed: [{ region: HOME, problem: LOST }] });
    expect(json).to.have.property("replays").with.length(1);
    expect(json).to.deep.nested.include({ "replays[0].region": OTHER, "replays[0].state": "COMPLETED" });
    expect(lines).to.include(`not replayed: the archive of ${HOME}, since ${HOME} does not answer (${LOST})`);
    expect(complete).to.equal(false);
    const message = await carryOut(system, REPLAY, { ...options, region: HOME }).catch(String);
    expect(message).to.equal(`Error: ${HOME} does not answer (${LOST})`);
  });

  it("reconcile, which takes both, says in one line which one does not answer", async () => {
    const message = await carryOut(system, RECONCILE, {}).catch(String);
    expect(message).to.equal(`Error: ${HOME} does not answer (${LOST}): a comparison takes both regions`);
    const blotter = await carryOut(system, RECONCILE, { blotter: "blotter.csv" }).catch(String);
    expect(blotter).to.equal(`Error: ${HOME} does not answer (${LOST})`);
  });

  it("is told of a region that nobody answers for, but not of one that refuses", async () => {
    // Region and service are in the credential scope of the signature.
    const server = createServer((request, response) => {
      if (request.headers.authorization?.includes(`/${HOME}/`)) return request.destroy();
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#AccessDeniedException" }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clients = new Clients({ endpoint, credentials: { accessKeyId: "a", secretAccessKey: "b" } });
    const context = { outputs, clients, signal: new AbortController().signal };
    try {
      const { answer, silent } = await answering(context, [HOME, OTHER], ["tables", "queues"]);
      expect(answer).to.deep.equal([OTHER]);
      expect(silent.map(({ region }) => region)).to.deep.equal([HOME]);
      const nobody = await answering(context, [HOME]).catch(String);
      expect(nobody).to.match(/^Error: us-east-1 does not answer \(.+: .+\)$/);
    } finally {
      clients.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it("gives up a request of which a region takes the packets, and says nothing", async () => {
    const server = createServer(() => {});
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const clients = new Clients({ endpoint, credentials, requestTimeout: 50 });
    try {
      const asked = clients.sqs(HOME).send(new ReceiveMessageCommand({ QueueUrl: `${endpoint}/q` }));
      const error = await Promise.race([asked.then(String, (each: Error) => each.name), pause(10_000)]);
      expect(error).to.equal("TimeoutError");
    } finally {
      clients.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it("has clients that wait for half a minute, but for a function as long as it works", async () => {
    const clients = new Clients({});
    // What the SDK has made of the settings, which it shows only after a first request.
    const limits = (of: { config: { requestHandler: object } }) =>
      Reflect.get(of.config.requestHandler, "configProvider") as Promise<object>;
    const known = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };
    expect(await limits(clients.sqs(HOME))).to.include(known);
    expect(await limits(clients.stepFunctions(HOME))).to.include(known);
    expect(await limits(clients.lambda(HOME))).to.include({ requestTimeout: undefined });
    clients.close();
  });

  it("census names both what is without an outcome and the region that does not answer", () => {
    const byOutcome = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
    const found = { region: OTHER, events: 1, byOutcome, unaccounted: 1, named: [], replays: [] };
    const lines = censusLines(0, 1_000, [found], [{ region: HOME, problem: "E: m" }]);
    expect(lines.at(-2)).to.match(/^Not proven: bring the events/);
    expect(lines.at(-1)).to.equal(
      `Not proven: what the archive of ${HOME} holds, since ${HOME} does not answer (E: m)`,
    );
  });
});
