import { DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { type FunctionName, RETRYABLE_ERROR } from "../../functions/contract.ts";
import { INSTRUMENTS } from "../../local/market-data/instruments.ts";
import { DETAIL, envelopeOf, FULL_DETAIL } from "../domain/trade-events.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { type FunctionServices, REGION, startFunctionServices, TABLE } from "./function-services.ts";
import { localClient } from "./scripted-service.ts";

const START = "2026-01-05T14:30:00.500Z";
/** Half of the minute for which parameters are kept, and a second. */
const HALF_OF_THE_CACHE_SECONDS = 31;
/** Of the local exchange, and with good check digits but of nobody's. */
const [LISTED] = INSTRUMENTS;
const UNLISTED = "IE00B4BNMY34";
const DOWN = { kind: "error", code: "InternalServerError", status: 500 } as const;

function payloadOf(detail: unknown, more: Record<string, unknown> = {}, event = "event-1") {
  const execution = { id: `arn:aws:states:${REGION}:000000000000:execution:t:${event}`, startTime: START };
  return { envelope: envelopeOf(detail, { id: event }), execution, ...more };
}

describe("the handlers on local services", () => {
  let services: FunctionServices;
  const running: FunctionProcess[] = [];

  before(async () => {
    services = await startFunctionServices();
  });
  beforeEach(async () => {
    services.marketData.available = true;
    await services.setParameter("API_ENDPOINT_PARAMETER", services.marketData.url);
    await services.setParameter("PROCESSING_THRESHOLD_PARAMETER", "1000");
    await services.setParameter("MAX_RETRIES_PARAMETER", "1");
  });
  afterEach(async () => {
    services.cloud.faults.clear();
    await Promise.all(running.splice(0).map((each) => each.close()));
  });
  after(() => services.close());

  async function start(name: FunctionName): Promise<FunctionProcess> {
    const started = await startFunction(name, services.endpoint.url);
    running.push(started);
    return started;
  }
  const stopParameterStore = () =>
    services.cloud.faults.add({ service: "ssm", when: "before", effect: DOWN });

  it("validate a trade, and say all that is wrong with another", async () => {
    const validator = await start("trade-validator");
    expect(await validator.invoke(payloadOf(FULL_DETAIL))).to.deep.equal({
      output: { valid: true, tradeId: "T-1", version: 1 },
    });
    const wrong = await validator.invoke(payloadOf({ ...FULL_DETAIL, amount: "0", currency: "usd" }));
    expect(wrong).to.have.nested.property("output.valid", false);
    expect(wrong).to.have.nested.property("output.reasonCount", 2);
    expect(wrong).to.have.nested.property("output.reasons[0].code", "amount.notPositive");
    expect(wrong).to.have.nested.property("output.reasons[1].code", "currency.unknown");
  });

  describe("of the enricher", () => {
    const ordinary = payloadOf(DETAIL);

    it("ask for the instrument, or for the currency of a trade without one", async () => {
      const enricher = await start("metadata-enricher");
      const withInstrument = await enricher.invoke(payloadOf({ ...DETAIL, instrument: LISTED?.isin }));
      expect(withInstrument).to.have.nested.property("output.status", "complete");
      expect(withInstrument).to.have.nested.property("output.market.instrument.name", LISTED?.name);
      const without = await enricher.invoke(ordinary);
      expect(without).to.have.nested.property("output.market.currency.name", "US Dollar");
      expect(without).to.have.nested.property("output.aboveThreshold", true);
    });

    it("are complete with an instrument that the API does not know", async () => {
      const enricher = await start("metadata-enricher");
      expect(await enricher.invoke(payloadOf({ ...DETAIL, instrument: UNLISTED }))).to.deep.equal({
        output: {
          status: "complete",
          market: { kind: "instrument", id: UNLISTED, known: false },
          aboveThreshold: true,
        },
      });
    });

    it("keep the parameters for a minute, then use what an operator has set", async () => {
      const enricher = await start("metadata-enricher");
      await enricher.invoke(ordinary);
      await services.setParameter("PROCESSING_THRESHOLD_PARAMETER", "1500.51");
      await enricher.later(HALF_OF_THE_CACHE_SECONDS - 1);
      expect(await enricher.invoke(ordinary)).to.have.nested.property("output.aboveThreshold", true);
      await enricher.later(HALF_OF_THE_CACHE_SECONDS);
      expect(await enricher.invoke(ordinary)).to.have.nested.property("output.aboveThreshold", false);
    });

    it("go on with the last good parameters while Parameter Store is down", async () => {
      const enricher = await start("metadata-enricher");
      await enricher.invoke(ordinary);
      stopParameterStore();
      await enricher.later(2 * HALF_OF_THE_CACHE_SECONDS);
      const output = await enricher.invoke(ordinary);
      expect(output).to.have.nested.property("output.status", "complete");
      expect(output).to.have.nested.property("output.aboveThreshold", true);
    });

    it("leave the enrichment pending without a verdict if there never were any", async () => {
      stopParameterStore();
      const enricher = await start("metadata-enricher");
      const answer = await enricher.invoke(ordinary);
      expect(answer).to.have.nested.property("output.status", "pending");
      expect(answer).not.to.have.nested.property("output.aboveThreshold");
    });

    it("leave it pending with the threshold's verdict while the API is down", async () => {
      services.marketData.available = false;
      const enricher = await start("metadata-enricher");
      expect(await enricher.invoke(ordinary)).to.deep.equal({
        output: {
          status: "pending",
          error: "market data: status 503; attempt 1 of 1",
          aboveThreshold: true,
        },
      });
    });
  });

  describe("of the recorder", () => {
    const enrichment = { status: "complete", market: {}, aboveThreshold: false };
    let client: DynamoDBClient;
    let recorder: FunctionProcess;
    before(async () => {
      client = new DynamoDBClient(localClient(services.endpoint.url));
      recorder = await startFunction("compliance-recorder", services.endpoint.url);
    });
    after(async () => {
      client.destroy();
      await recorder.close();
    });

    const row = async (tradeId: string, version = "1") =>
      (
        await client.send(
          new GetItemCommand({ TableName: TABLE, Key: { tradeId: { S: tradeId }, version: { N: version } } }),
        )
      ).Item;
    const idsIn = async (index: string, key: string, value: string) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          IndexName: index,
          KeyConditionExpression: "#key = :value AND #time = :time",
          ExpressionAttributeNames: { "#key": key, "#time": "timestamp" },
          ExpressionAttributeValues: { ":value": { S: value }, ":time": { N: String(Date.parse(START)) } },
        }),
      );
      return Items.map(({ tradeId }) => tradeId?.S);
    };

    it("record a trade once, whoever sends it again", async () => {
      const detail = { ...FULL_DETAIL, tradeId: "ONCE" };
      const recorded = { output: { outcome: "recorded" } };
      expect(await recorder.invoke(payloadOf(detail, { enrichment }, "first"))).to.deep.equal(recorded);
      expect(await recorder.invoke(payloadOf(detail, { enrichment }, "first"))).to.deep.equal(recorded);
      const again = await recorder.invoke(payloadOf(detail, { enrichment }, "second"));
      expect(again).to.deep.equal({ output: { outcome: "duplicate" } });
      const other = await recorder.invoke(payloadOf({ ...detail, amount: "1" }, { enrichment }, "third"));
      expect(other).to.have.nested.property("output.outcome", "rejected");
      expect(other).to.have.nested.property("output.reasons[0].code", "version.conflict");
      expect(await row("ONCE")).to.deep.include({
        event: { S: `${REGION}#first` },
        amount: { S: "1500.50" },
      });
      expect(await idsIn("SourceSystemIndex", "sourceSystem", "system1")).to.include("ONCE");
    });

    it("keep a correction beside the trade", async () => {
      const detail = { ...DETAIL, tradeId: "VERSIONS" };
      await recorder.invoke(payloadOf(detail, { enrichment }, "new"));
      const correction = { ...detail, action: "CORRECT", version: 2, amount: "2" };
      await recorder.invoke(payloadOf(correction, { enrichment }, "correction"));
      expect((await row("VERSIONS"))?.amount).to.deep.equal({ S: "1500.50" });
      expect((await row("VERSIONS", "2"))?.amount).to.deep.equal({ S: "2" });
    });

    it("list a pending row, and no complete one, among what is to be completed", async () => {
      const pending = { status: "pending", error: "market data: status 503" };
      await recorder.invoke(payloadOf({ ...DETAIL, tradeId: "PENDING" }, { enrichment: pending }));
      await recorder.invoke(payloadOf({ ...DETAIL, tradeId: "COMPLETE" }, { enrichment }));
      expect((await row("PENDING"))?.enrichmentPending).to.deep.equal({ S: REGION });
      expect(await row("COMPLETE")).not.to.have.property("enrichmentPending");
      expect(await idsIn("EnrichmentPendingIndex", "enrichmentPending", REGION)).to.deep.equal(["PENDING"]);
    });

    it("find the trade recorded if the table's answer to the first attempt was lost", async () => {
      services.cloud.faults.add({
        service: "dynamodb",
        operation: "PutItem",
        when: "after",
        times: 1,
        effect: DOWN,
      });
      const answer = await recorder.invoke(payloadOf({ ...DETAIL, tradeId: "LOST" }, { enrichment }));
      expect(answer).to.deep.equal({ output: { outcome: "recorded" } });
    });

    it("fail by a name that the workflow retries while the table is throttled", async () => {
      services.cloud.faults.add({
        service: "dynamodb",
        operation: "PutItem",
        when: "before",
        effect: { kind: "throttle" },
      });
      const payload = payloadOf({ ...DETAIL, tradeId: "THROTTLED" }, { enrichment });
      expect(await recorder.invoke(payload)).to.have.nested.property("error.name", RETRYABLE_ERROR);
      expect(await row("THROTTLED")).to.equal(undefined);
      services.cloud.faults.clear();
      expect(await recorder.invoke(payload)).to.deep.equal({ output: { outcome: "recorded" } });
    });
  });
});
