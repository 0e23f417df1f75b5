import { expect } from "chai";
import { ENVELOPE, execute, named, TARGETS } from "./support/executions.ts";

const valid = () => ({ valid: true, tradeId: "T1", version: 1 });
const enriched = () => ({ status: "complete", market: { price: "1" }, aboveThreshold: false });
const reasons = [{ code: "amount.missing", field: "amount", value: "", allowed: "a positive decimal" }];
const good = { ValidateTrade: valid, EnrichMetadata: enriched, RecordTrade: () => ({ outcome: "recorded" }) };
const throwing = (name: string, message?: string) => () => {
  throw named(name, message);
};
const event = `us-east-1#${ENVELOPE.id}`;
const queue = TARGETS.deadLetterQueueUrls;

describe("an execution", () => {
  it("that records its trade ends there, with the envelope handed to every function as it came", async () => {
    const execution = await execute(good);
    expect(execution.succeeded).to.equal(true);
    expect(execution.outcomes).to.deep.equal([]);
    expect(execution.messages).to.deep.equal([]);
    expect(execution.tasks.map(({ state }) => state)).to.have.members(Object.keys(good));
    for (const { parameters } of execution.tasks) {
      const payload = parameters.Payload as Record<string, unknown>;
      expect(payload.envelope).to.deep.equal(ENVELOPE);
      expect(payload.execution).to.have.keys("id", "startTime");
    }
  });

  it("records the trade with its enrichment pending if the enricher fails", async () => {
    const execution = await execute({ ...good, EnrichMetadata: throwing("MarketDataError") });
    expect(execution.succeeded).to.equal(true);
    const recording = execution.tasks.find(({ state }) => state === "RecordTrade");
    const payload = recording?.parameters.Payload as Record<string, unknown>;
    expect(payload.enrichment).to.deep.equal({ status: "pending", error: "MarketDataError" });
  });

  it("rejects an invalid trade with all reasons, in table and queue, and does not record it", async () => {
    const verdict = { valid: false, reasons, reasonCount: 1, tradeId: "T1" };
    const execution = await execute({ ...good, ValidateTrade: () => verdict });
    expect(execution.succeeded).to.equal(true);
    expect(execution.tasks.map(({ state }) => state)).not.to.include("RecordTrade");
    const [item] = execution.outcomes;
    expect(item).to.include.keys("attempt", "source", "eventTime", "timestamp");
    expect(item?.event).to.deep.equal({ S: event });
    expect(item?.outcome).to.deep.equal({ S: "rejected" });
    expect(item?.tradeId).to.deep.equal({ S: "T1" });
    expect(JSON.parse(String(item?.reasons?.S))).to.deep.equal(reasons);
    expect(JSON.parse(String(item?.envelope?.S))).to.deep.equal(ENVELOPE);
    expect(execution.messages.map(({ queueUrl }) => queueUrl)).to.deep.equal([TARGETS.rejectsQueueUrl]);
    expect(execution.messages[0]?.body).to.deep.include({
      event,
      outcome: "rejected",
      reasons,
      envelope: ENVELOPE,
    });
  });

  it("rejects a trade whose tradeId nobody could read", async () => {
    const execution = await execute({
      ...good,
      ValidateTrade: () => ({ valid: false, reasons, reasonCount: 1 }),
    });
    expect(execution.succeeded).to.equal(true);
    expect(execution.outcomes[0]?.tradeId).to.deep.equal({ S: "" });
  });

  it("keeps the validator's bounded copy in place of an envelope that is too large", async () => {
    const verdict = { valid: false, reasons, reasonCount: 1, boundedCopy: '{"id":"x"}' };
    const execution = await execute({ ...good, ValidateTrade: () => verdict });
    expect(execution.outcomes[0]?.boundedCopy).to.deep.equal({ S: verdict.boundedCopy });
    expect(execution.outcomes[0]).not.to.have.property("envelope");
    expect(execution.messages[0]?.body.boundedCopy).to.equal(verdict.boundedCopy);
    expect(execution.messages[0]?.body).not.to.have.property("envelope");
  });

  const deadLettered = [
    [
      "the validator",
      { ...good, ValidateTrade: throwing("TypeError", "oops") },
      "trade-validator",
      "validation",
    ],
    [
      "the recorder",
      { ...good, RecordTrade: throwing("TypeError", "oops") },
      "compliance-recorder",
      "recording",
    ],
  ] as const;
  for (const [who, answers, functionName, stage] of deadLettered)
    it(`dead-letters the trade to one queue if ${who} fails for good`, async () => {
      const execution = await execute(answers);
      expect(execution.succeeded).to.equal(true);
      expect(execution.messages.map(({ queueUrl }) => queueUrl)).to.deep.equal([queue[functionName]]);
      expect(execution.messages[0]?.body).to.deep.include({
        stage,
        error: "TypeError",
        cause: "oops",
        envelope: ENVELOPE,
      });
      expect(execution.outcomes).to.have.length(1);
      expect(execution.outcomes[0]?.outcome).to.deep.equal({ S: "deadLettered" });
      expect(execution.outcomes[0]?.cause).to.deep.equal({ S: "oops" });
    });

  describe("of a heartbeat", () => {
    const heartbeat = {
      ...ENVELOPE,
      source: "trading.heartbeat",
      detail: { tradeId: "heartbeat", amount: "1", currency: "USD", sourceSystem: "heartbeat" },
    };
    const beating = { ...good, RecordTrade: () => ({ outcome: "heartbeat" }) };

    it("goes the whole way of a trade, and leaves no outcome and no message", async () => {
      const execution = await execute(beating, heartbeat);
      expect(execution.succeeded).to.equal(true);
      expect(execution.tasks.map(({ state }) => state)).to.have.members(Object.keys(good));
    });

    const lost: [what: string, answers: Parameters<typeof execute>[0]][] = [
      ["the validator fails", { ...beating, ValidateTrade: throwing("TypeError") }],
      ["the recorder fails", { ...beating, RecordTrade: throwing("RetryableServiceError") }],
      [
        "the validator finds it invalid",
        { ...beating, ValidateTrade: () => ({ valid: false, reasons, reasonCount: 1 }) },
      ],
      ["the validator answers nonsense", { ...beating, ValidateTrade: () => null }],
      ["the recorder answers nonsense", { ...beating, RecordTrade: () => ({}) }],
      [
        "the recorder finds it invalid",
        { ...beating, RecordTrade: () => ({ outcome: "rejected", reasons, reasonCount: 1 }) },
      ],
    ];
    for (const [what, answers] of lost)
      it(`ends without an outcome and without a message if ${what}`, async () => {
        const execution = await execute(answers, heartbeat);
        expect(execution.succeeded).to.equal(true);
        expect(execution.outcomes).to.deep.equal([]);
        expect(execution.messages).to.deep.equal([]);
      });

    it("is told by its source alone: a trade that the recorder takes for one is dead-lettered", async () => {
      const execution = await execute(beating);
      expect(execution.outcomes.map((item) => item.outcome)).to.deep.equal([{ S: "deadLettered" }]);
      expect(execution.messages).to.have.length(1);
    });
  });

  it("tries a throttled function again", async () => {
    let attempts = 0;
    const ValidateTrade = () => {
      attempts += 1;
      if (attempts < 4) throw named("Lambda.TooManyRequestsException");
      return valid();
    };
    const execution = await execute({ ...good, ValidateTrade });
    expect(execution.succeeded).to.equal(true);
    expect(execution.outcomes).to.deep.equal([]);
    expect(attempts).to.equal(4);
  });

  it("does not try a function's own verdict again", async () => {
    const execution = await execute({ ...good, RecordTrade: throwing("DomainError") });
    expect(execution.tasks.filter(({ state }) => state === "RecordTrade")).to.have.length(1);
  });

  it("writes a duplicate down and sends nothing", async () => {
    const execution = await execute({ ...good, RecordTrade: () => ({ outcome: "duplicate" }) });
    expect(execution.succeeded).to.equal(true);
    expect(execution.outcomes.map((item) => item.outcome)).to.deep.equal([{ S: "duplicate" }]);
    expect(execution.messages).to.deep.equal([]);
  });

  it("rejects a conflict with the recorder's reasons", async () => {
    const execution = await execute({
      ...good,
      RecordTrade: () => ({ outcome: "rejected", reasons, reasonCount: 1 }),
    });
    expect(execution.outcomes[0]?.stage).to.deep.equal({ S: "recording" });
    expect(execution.messages[0]).to.deep.include({ queueUrl: TARGETS.rejectsQueueUrl });
    expect(execution.messages[0]?.body.reasons).to.deep.equal(reasons);
  });

  for (const answer of [null, {}, { valid: "yes" }, { valid: null }])
    it(`dead-letters what the validator answered with ${JSON.stringify(answer)}`, async () => {
      const execution = await execute({ ...good, ValidateTrade: () => answer });
      expect(execution.messages.map(({ queueUrl }) => queueUrl)).to.deep.equal([queue["trade-validator"]]);
      expect(execution.outcomes[0]?.error).to.deep.equal({ S: "UnexpectedAnswer" });
    });

  for (const answer of [null, {}, { outcome: "perhaps" }])
    it(`dead-letters what the recorder answered with ${JSON.stringify(answer)}`, async () => {
      const execution = await execute({ ...good, RecordTrade: () => answer });
      expect(execution.messages.map(({ queueUrl }) => queueUrl)).to.deep.equal([
        queue["compliance-recorder"],
      ]);
      expect(execution.outcomes[0]?.outcome).to.deep.equal({ S: "deadLettered" });
    });

  const invalid = {
    ...good,
    ValidateTrade: () => ({ valid: false, reasons, reasonCount: 1, tradeId: "T1" }),
  };

  it("goes on if its outcome is there already", async () => {
    const execution = await execute({
      ...invalid,
      AppendRejection: throwing("DynamoDB.ConditionalCheckFailedException"),
    });
    expect(execution.succeeded).to.equal(true);
    expect(execution.outcomes).to.have.length(1);
    expect(execution.messages).to.have.length(1);
  });

  it("sends the message and then fails if its outcome cannot be written", async () => {
    const execution = await execute({
      ...invalid,
      AppendRejection: throwing("DynamoDB.AccessDeniedException"),
    });
    expect(execution.messages).to.have.length(1);
    expect(execution.succeeded).to.equal(false);
    expect(execution.error).to.include("OutcomeNotWritten");
    expect(execution.outcomes, "attempts").to.have.length(4);
  });

  it("fails for a duplicate whose outcome cannot be written", async () => {
    const execution = await execute({
      ...good,
      RecordTrade: () => ({ outcome: "duplicate" }),
      AppendDuplicate: throwing("DynamoDB.InternalServerError"),
    });
    expect(execution.succeeded).to.equal(false);
    expect(execution.messages).to.deep.equal([]);
  });

  it("writes and sends what identifies an event that is too large to keep", async () => {
    const execution = await execute({
      ...good,
      ValidateTrade: throwing("TypeError"),
      AppendValidatorDeadLetter: throwing("States.DataLimitExceeded"),
    });
    expect(execution.succeeded).to.equal(true);
    const item = execution.outcomes.at(-1);
    expect(item?.archiveOnly).to.deep.equal({ BOOL: true });
    expect(item).not.to.have.property("envelope");
    expect(item?.error).to.deep.equal({ S: "TypeError" });
    expect(execution.messages).to.have.length(1);
    expect(execution.messages[0]?.body).to.deep.include({
      archiveOnly: true,
      id: ENVELOPE.id,
      source: ENVELOPE.source,
    });
  });

  it("sends an event that only the message is too large for without its envelope", async () => {
    const execution = await execute({ ...invalid, SendRejection: throwing("States.DataLimitExceeded") });
    expect(execution.succeeded).to.equal(true);
    expect(execution.messages.at(-1)?.body).to.include({ archiveOnly: true });
  });

  it("sends what a queue does not take without the event", async () => {
    const execution = await execute({ ...invalid, SendRejection: throwing("SQS.InvalidMessageContents") });
    expect(execution.succeeded).to.equal(true);
    expect(execution.messages.at(-1)?.body).to.include({ archiveOnly: true });
  });

  it("fails, for its alarm, if the message cannot be sent", async () => {
    const unsent = throwing("SQS.AmazonSQSException");
    const execution = await execute({
      ...invalid,
      SendRejection: unsent,
      SendRejectionArchiveOnly: unsent,
    });
    expect(execution.succeeded).to.equal(false);
    expect(execution.outcomes).to.have.length(1);
  });
});
