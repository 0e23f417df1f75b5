import { expect } from "chai";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import { type DeployedSystem, drain, readLedger, runTape } from "../../local/system.ts";
import {
  outcomes,
  process,
  rows,
  startTestSystem,
  takeMessages,
  tapeLine,
  tradeDetail,
} from "../support/local-system.ts";

const KIBIBYTE = 1_024;

describe("failure paths", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system.close());
  afterEach(() => {
    system.services.cloud.faults.clear();
    system.marketData.available = true;
  });

  it("records a trade as pending when the enricher throws", async () => {
    // The enricher reads its parameters anew in a new process only: an error of SSM makes it throw.
    system.services.cloud.faults.add({
      service: "ssm",
      effect: { kind: "error", code: "AccessDeniedException", status: 400 },
      when: "before",
    });
    const detail = tradeDetail();
    await process(system, detail);
    const [row, ...more] = await rows(system, detail.tradeId);
    expect(more).to.deep.equal([]);
    expect(row).to.include({ enrichment: "pending", enrichmentPending: "us-east-1" });
    expect(row).not.to.have.property("market");
  });

  it("records a trade as pending while the market data API is down, and completely once it is back", async () => {
    system.marketData.available = false;
    const down = tradeDetail();
    await process(system, down);
    expect((await rows(system, down.tradeId))[0]).to.include({ enrichment: "pending" });
    system.marketData.available = true;
    // The circuit breaker lets a call through again after its pause.
    await new Promise((done) => setTimeout(done, 11_000));
    const up = tradeDetail();
    await process(system, up);
    expect((await rows(system, up.tradeId))[0]).to.include({ enrichment: "complete" });
  });

  it("records a trade once when its table throttles and then recovers", async () => {
    system.services.cloud.faults.add({
      service: "dynamodb",
      operation: "PutItem",
      effect: { kind: "throttle" },
      when: "before",
      times: 3,
    });
    const detail = tradeDetail();
    await process(system, detail);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
    expect(await outcomes(system, detail.tradeId)).to.deep.equal([]);
  });

  it("dead-letters a trade to the recorder's queue when its table throttles for too long", async () => {
    system.services.cloud.faults.add({
      service: "lambda",
      operation: "Invoke",
      function: "compliance-recorder-dev",
      effect: { kind: "throttle" },
      when: "before",
    });
    const detail = tradeDetail();
    await process(system, detail);
    expect(await rows(system, detail.tradeId)).to.deep.equal([]);
    const [outcome, ...more] = await outcomes(system, detail.tradeId);
    expect(more).to.deep.equal([]);
    expect(outcome).to.include({ outcome: "deadLettered", error: "Lambda.TooManyRequestsException" });
    const messages = await takeMessages(system, "compliance-recorder-dlq-dev");
    expect(messages).to.have.length(1);
    expect(messages[0]?.text).to.include(String(detail.tradeId));
    expect(await takeMessages(system, "trade-validator-dlq-dev")).to.deep.equal([]);
  });

  it("records a trade once when the recorder dies after its effect", async () => {
    system.services.cloud.faults.add({
      service: "lambda",
      function: "compliance-recorder-dev",
      effect: { kind: "crash" },
      when: "after",
      times: 1,
    });
    const detail = tradeDetail();
    await process(system, detail);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
    expect(await outcomes(system, detail.tradeId)).to.deep.equal([]);
  });

  it("records a trade once when the recorder's write succeeds but its answer comes after the time limit", async () => {
    system.services.cloud.faults.add({
      service: "dynamodb",
      operation: "PutItem",
      effect: { kind: "delay", milliseconds: 6_000 },
      when: "after",
      times: 1,
    });
    const detail = tradeDetail();
    await process(system, detail);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
    expect(await outcomes(system, detail.tradeId)).to.deep.equal([]);
  });

  it("rejects a detail of 65 KiB with a bounded copy", async () => {
    const detail = tradeDetail({ note: "x".repeat(65 * KIBIBYTE) });
    await process(system, detail);
    expect(await rows(system, detail.tradeId)).to.deep.equal([]);
    const all = (await outcomes(system)).filter(({ reasons }) => String(reasons).includes("detail.tooLarge"));
    expect(all).to.have.length(1);
    expect(all[0]).to.include({ outcome: "rejected" });
    expect(all[0]).not.to.have.property("envelope");
    expect(all[0])
      .to.have.property("boundedCopy")
      .with.length.within(100, 8 * KIBIBYTE);
    const [message] = await takeMessages(system, "trade-rejects-dev");
    expect(message?.text.length).to.be.below(16 * KIBIBYTE);
  });

  it("dead-letters an event of 200 KB whose validator crashes, with the whole event", async () => {
    system.services.cloud.faults.add({
      service: "lambda",
      function: "trade-validator-dev",
      effect: { kind: "crash" },
      when: "before",
    });
    const detail = tradeDetail({ note: 'a "quoted" text, \\ and ünïcode '.repeat(5_000) });
    await process(system, detail);
    const [outcome] = await outcomes(system, detail.tradeId);
    expect(outcome).to.include({ outcome: "deadLettered", error: "Runtime.ExitError" });
    expect(JSON.parse(String(outcome?.envelope)).detail).to.deep.equal(detail);
    const messages = await takeMessages(system, "trade-validator-dlq-dev");
    expect(messages).to.have.length(1);
    expect(messages[0]?.body).to.have.nested.property("envelope.detail.note", detail.note);
  });

  it("sends an event of 300 KB, which the workflow cannot take, to the rule's dead letter queue", async () => {
    const detail = tradeDetail({ note: "x".repeat(300 * KIBIBYTE) });
    await process(system, detail);
    const [message] = await takeMessages(system, "eventbridge-dlq-dev");
    expect(message?.body).to.have.nested.property("detail.tradeId", detail.tradeId);
    expect(message?.attributes).to.include.keys("RULE_ARN", "TARGET_ARN", "ERROR_CODE");
  });

  it("keeps a rejected trade whose text no queue takes, and says so in its message", async () => {
    const detail = tradeDetail({ amount: "0", note: "\uffff" });
    await process(system, detail);
    const [outcome] = await outcomes(system, detail.tradeId);
    expect(outcome).to.include({ outcome: "rejected" });
    const [message] = await takeMessages(system, "trade-rejects-dev");
    expect(message?.body).to.include({ archiveOnly: true, source: "trading.system1" });
  });

  it("sends an event that is nested too deeply for the workflow to the rule's dead letter queue", async () => {
    const { call } = system.services.cloud.surroundings;
    const detail = tradeDetail();
    const text = `${JSON.stringify(detail).slice(0, -1)},"note":${"[".repeat(6_000)}${"]".repeat(6_000)}}`;
    const entry = { Source: "trading.system1", DetailType: "Trade Event", Detail: text };
    const from = { region: "us-east-1", principal: OPERATOR };
    const Entries = [{ ...entry, EventBusName: "trading-event-bus-dev" }];
    await call("events", "PutEvents", { Entries }, from);
    await drain(system);
    const [message] = await takeMessages(system, "eventbridge-dlq-dev");
    expect(message?.text).to.include(String(detail.tradeId));
  });

  it("has a witness of every event even where outcomes cannot be written", async () => {
    const before = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    system.services.cloud.faults.add({
      service: "dynamodb",
      operation: "PutItem",
      effect: { kind: "error", code: "AccessDeniedException", status: 400 },
      when: "before",
    });
    await process(system, tradeDetail(), tradeDetail({ amount: "0" }));
    const after = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    expect(after.matched - before.matched).to.equal(2);
    expect(after.deadLettered - before.deadLettered).to.equal(1);
    expect(after.rejected - before.rejected).to.equal(1);
    await takeMessages(system, "compliance-recorder-dlq-dev");
    await takeMessages(system, "trade-rejects-dev");
  });

  it("loses none of 300 events at once at a reserved concurrency of 10", async () => {
    const details = Array.from({ length: 300 }, () => tradeDetail());
    const before = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    await process(system, ...details);
    const after = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    expect(after).to.include({ matched: before.matched + 300, inFlight: 0, lost: 0 });
    const recorded = new Set((await rows(system)).map(({ tradeId }) => tradeId));
    const unrecorded = details.filter(({ tradeId }) => !recorded.has(String(tradeId)));
    // On a machine that is busy enough a trade's attempts are used up while others run: that is no loss either.
    for (const { tradeId } of unrecorded)
      expect(await outcomes(system, tradeId)).to.have.nested.property("[0].outcome", "deadLettered");
    expect(after.recorded - before.recorded + after.deadLettered - before.deadLettered).to.equal(300);
    expect(unrecorded.length).to.be.lessThan(150);
  });

  it("replicates rows and outcomes to the second region", async () => {
    const good = tradeDetail();
    await process(system, good, { ...good, amount: "7" });
    for (const region of ["us-east-1", "eu-west-1"]) {
      expect(await rows(system, good.tradeId, region)).to.have.length(1);
      expect(await outcomes(system, good.tradeId, region)).to.have.length(1);
    }
    expect(await rows(system, undefined, "eu-west-1")).to.deep.equal(await rows(system));
  });

  it("sends events to the rule's dead letter queue when the state machine is missing", async () => {
    const { surroundings } = system.services.cloud;
    const from = { region: "us-east-1", principal: OPERATOR };
    const stateMachineArn = String(system.deployment.outputs.StateMachineArn);
    const machine = await surroundings.call("states", "DescribeStateMachine", { stateMachineArn }, from);
    await surroundings.call("states", "DeleteStateMachine", { stateMachineArn }, from);
    const detail = tradeDetail();
    await process(system, detail);
    const { name, definition, roleArn, type } = machine;
    await surroundings.call("states", "CreateStateMachine", { name, definition, roleArn, type }, from);
    const [message] = await takeMessages(system, "eventbridge-dlq-dev");
    expect(message?.body).to.have.nested.property("detail.tradeId", detail.tradeId);
    expect(message?.attributes.ERROR_CODE).to.match(/StateMachineDoesNotExist|NO_RESOURCE/i);
  });

  it("counts an event on the default bus once", async () => {
    const before = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    const detail = tradeDetail();
    const lines = [
      tapeLine(detail, { EventBusName: "default" }),
      tapeLine(tradeDetail(), { EventBusName: "default", Source: "other" }),
    ];
    await runTape(system, lines);
    await drain(system);
    const after = await readLedger(system, { sent: 0, refused: [], accepted: 0 }, 1);
    expect(after.accepted - before.accepted).to.equal(2);
    expect(after.unmatched - before.unmatched).to.equal(1);
    expect(after.matched - before.matched).to.equal(1);
    expect(after.recorded - before.recorded).to.equal(1);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
  });

  it("reports an execution that was aborted at once, with its input", async () => {
    const { surroundings, faults } = system.services.cloud;
    const from = { region: "us-east-1", principal: OPERATOR };
    faults.add({
      service: "lambda",
      operation: "Invoke",
      effect: { kind: "delay", milliseconds: 3_000 },
      when: "before",
    });
    const detail = tradeDetail();
    const processed = process(system, detail);
    const stateMachineArn = String(system.deployment.outputs.StateMachineArn);
    let running: { executionArn: string }[] = [];
    while (running.length === 0) {
      await new Promise((done) => setTimeout(done, 20));
      const input = { stateMachineArn, statusFilter: "RUNNING" };
      running = (await surroundings.call("states", "ListExecutions", input, from))
        .executions as typeof running;
    }
    const [{ executionArn } = { executionArn: "" }] = running;
    await surroundings.call("states", "StopExecution", { executionArn, error: "Stopped" }, from);
    await processed;
    // Executions of the tests before that could write no outcome failed, and are reported, too.
    const reports = await takeMessages(system, "unfinished-executions-dev");
    const details = reports.map(({ body }) => body.detail as Record<string, string>);
    const report = details.find((each) => each.executionArn === executionArn);
    expect(report).to.include({ status: "ABORTED", error: "Stopped", stateMachineArn });
    expect(JSON.parse(report?.input ?? "{}")).to.have.nested.property("detail.tradeId", detail.tradeId);
  });
});
