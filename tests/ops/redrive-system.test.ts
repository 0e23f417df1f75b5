import { expect } from "chai";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import { type DeployedSystem, drain, readLedger, runTape } from "../../local/system.ts";
import { REDRIVE } from "../../ops/redrive/command.ts";
import { outcomes, process, rows, startTestSystem, tapeLine, tradeDetail } from "../support/local-system.ts";
import { carryOut, putMessage, type RedriveAnswer, visible } from "./redrive-support.ts";
import type { RunOptions } from "./run-command.ts";

const QUEUES = [
  ...["trade-rejects-dev", "trade-validator-dlq-dev", "compliance-recorder-dlq-dev"],
  ...["metadata-enricher-dlq-dev", "eventbridge-dlq-dev", "forwarding-dlq-dev"],
];
const STARTS = ["StartExecutionCommand", "StartSyncExecutionCommand"];
const NOTHING = { sent: 0, refused: [], accepted: 0 };
/** Not retried by the workflow, so that a dead letter is there at once. */
const GONE = { kind: "error", code: "ResourceNotFoundException", status: 404 } as const;
const REFUSED = { kind: "error", code: "AccessDeniedException", status: 400 } as const;

for (const type of ["STANDARD", "EXPRESS"])
  describe(`redriving on ${type}`, function () {
    this.timeout(240_000);
    let system: DeployedSystem;
    before(async () => {
      system = await startTestSystem({ overrides: { workflow: { type } } });
    });
    after(() => system?.close());
    afterEach(async () => {
      system.services.cloud.faults.clear();
      for (const queue of QUEUES) await purge(queue);
    });

    async function purge(queue: string): Promise<void> {
      const QueueUrl = `https://sqs.us-east-1.amazonaws.com/000000000000/${queue}`;
      const from = { region: "us-east-1", principal: OPERATOR };
      for (;;) {
        const { Messages = [] } = (await system.services.cloud.surroundings.call(
          "sqs",
          "ReceiveMessage",
          { QueueUrl, MaxNumberOfMessages: 10 },
          from,
        )) as { Messages?: { ReceiptHandle: string }[] };
        if (Messages.length === 0) return;
        for (const { ReceiptHandle } of Messages)
          await system.services.cloud.surroundings.call(
            "sqs",
            "DeleteMessage",
            { QueueUrl, ReceiptHandle },
            from,
          );
      }
    }

    const redrive = async (options: Record<string, string> = {}, run: RunOptions = {}) => {
      const result = await carryOut(system, REDRIVE, { rate: "500", ...options }, run);
      return { ...result, answer: result.json as RedriveAnswer };
    };

    /** Makes a function fail, in a way that is not retried, while events are processed. */
    async function failing(name: string, ...details: Record<string, unknown>[]): Promise<void> {
      const remove = system.services.cloud.faults.add({
        ...{ service: "lambda", operation: "Invoke", function: name, effect: GONE, when: "before" },
      });
      await process(system, ...details);
      remove();
    }

    async function undelivered(fault: { service: string; operation: string; skip?: number }, line: string) {
      const remove = system.services.cloud.faults.add({ ...fault, effect: REFUSED, when: "before" });
      await runTape(system, [line]);
      remove();
    }

    const deadLetters = async () => {
      const validator = tradeDetail({ amount: 1234567890.5, ratio: 0.1 });
      const [recorder, rule, forwarded] = [tradeDetail(), tradeDetail(), tradeDetail()] as const;
      await failing("trade-validator-dev", validator);
      await failing("compliance-recorder-dev", recorder);
      await undelivered({ service: "states", operation: "StartExecution" }, tapeLine(rule));
      await undelivered(
        { service: "events", operation: "PutEvents", skip: 1 },
        tapeLine(forwarded, { EventBusName: "default" }),
      );
      return { validator, recorder, rule, forwarded };
    };

    it("brings every dead letter to its row, and the ledger stays balanced; a second time changes nothing", async () => {
      const before = await readLedger(system, NOTHING, 1);
      const made = await deadLetters();
      const dead = await readLedger(system, NOTHING, 1, before);
      expect(dead).to.include({ matched: 4, deadLettered: 4, recorded: 0 });
      const began = Date.now();
      const { answer, complete, lines } = await redrive();
      expect(answer, lines.join("\n")).to.include({ considered: 4, started: 4, recorded: 4, left: 0 });
      expect(complete).to.equal(true);
      expect(Object.keys(answer.byQueue).sort()).to.deep.equal(
        ["forwarding", "recorder", "rule", "validator"].map((queue) => `us-east-1/${queue}`),
      );
      for (const [name, detail] of Object.entries(made)) {
        const [row, ...more] = await rows(system, detail.tradeId);
        expect(more, name).to.deep.equal([]);
        const wasAccepted = ["validator", "recorder"].includes(name);
        // Accepted when its first execution began, which for what was never delivered is the redrive's.
        expect(Number(row?.timestamp) < began, name).to.equal(wasAccepted);
      }
      for (const queue of QUEUES) expect(await visible(system, queue), queue).to.deep.equal([]);
      const after = await readLedger(system, NOTHING, 1, before);
      expect(after).to.include({ matched: 4, recorded: 4, deadLettered: 0, inFlight: 0, lost: 0 });
      const [allRows, allOutcomes] = [await rows(system), await outcomes(system)];
      expect((await redrive()).answer).to.include({ considered: 0, started: 0 });
      expect(await rows(system)).to.deep.equal(allRows);
      expect(await outcomes(system)).to.deep.equal(allOutcomes);
    });

    it("changes nothing in a dry run, and says what it would do", async () => {
      const detail = tradeDetail();
      await failing("trade-validator-dev", detail);
      const before = await visible(system, "trade-validator-dlq-dev");
      expect(before).to.have.length(1);
      const { answer, complete } = await redrive({ "dry-run": "true" });
      expect(answer).to.include({ considered: 1, started: 0, wouldStart: 1, dryRun: true });
      expect(complete).to.equal(true);
      expect(await visible(system, "trade-validator-dlq-dev")).to.deep.equal(before);
      expect(await rows(system, detail.tradeId)).to.deep.equal([]);
    });

    it("takes only what is asked for, and leaves the rest visible", async () => {
      const [wanted, other] = [tradeDetail(), tradeDetail()];
      await failing("trade-validator-dev", wanted, other);
      await failing("compliance-recorder-dev", tradeDetail());
      const { answer } = await redrive({
        queue: "validator,rule",
        "trade-id": String(wanted.tradeId),
        reason: "Lambda.ResourceNotFoundException",
        source: "system1",
      });
      expect(answer).to.include({ considered: 1, recorded: 1 });
      expect(await visible(system, "trade-validator-dlq-dev")).to.have.length(1);
      expect(await visible(system, "compliance-recorder-dlq-dev")).to.have.length(1);
      for (const none of [
        { source: "system2" },
        { reason: "States.Timeout" },
        { to: "2020-01-01T00:00:00Z" },
        { region: "eu-west-1" },
      ])
        expect((await redrive(none)).answer, JSON.stringify(none)).to.include({ considered: 0 });
    });

    it("redrives a rejected trade, which is rejected again and waits again", async () => {
      const detail = tradeDetail({ amount: "0" });
      await process(system, detail);
      const { answer, complete } = await redrive({ reason: "amount.notPositive" });
      expect(answer).to.include({ considered: 1, started: 1, rejected: 1, left: 0 });
      expect(complete).to.equal(true);
      const [message, ...more] = await visible(system, "trade-rejects-dev");
      expect(more).to.deep.equal([]);
      expect(JSON.parse(message?.body ?? "").envelope.redrive.acceptedAt).to.be.a("string");
      const [first] = (await outcomes(system, detail.tradeId)).filter(
        ({ envelope }) => !String(envelope).includes("redrive"),
      );
      await redrive();
      const [again] = await visible(system, "trade-rejects-dev");
      expect(JSON.parse(again?.body ?? "").envelope.redrive.acceptedAt).to.equal(first?.timestamp);
    });

    it("deletes without a start what was recorded since", async () => {
      const detail = tradeDetail();
      await failing("trade-validator-dev", detail);
      const [message] = await visible(system, "trade-validator-dlq-dev");
      await redrive();
      await putMessage(system, "trade-validator-dlq-dev", message?.body ?? "");
      expect((await redrive()).answer).to.include({ considered: 1, started: 0, obsolete: 1 });
      expect(await visible(system, "trade-validator-dlq-dev")).to.deep.equal([]);
    });

    it("keeps messages and stops when too much fails", async () => {
      const details = Array.from({ length: 42 }, () => tradeDetail());
      await failing("trade-validator-dev", ...details);
      const remove = system.services.cloud.faults.add({
        // The enricher too, so that no execution waits for it.
        ...{ service: "lambda", operation: "Invoke", effect: GONE, when: "before" },
      });
      const { answer, complete, lines } = await redrive({ rate: "20" });
      remove();
      expect(complete).to.equal(false);
      expect(lines.join("\n")).to.match(/stopped: \d+ of the last 20 failed/);
      expect(answer).to.include({ stopped: true, recorded: 0 });
      expect(answer.deadLettered).to.be.within(20, 39);
      expect(await visible(system, "trade-validator-dlq-dev")).to.have.length(42);
      const { answer: after } = await redrive();
      expect(after).to.include({ considered: 42, left: 0, unknown: 0 });
      // On a machine that is busy enough a function may be throttled for longer than the workflow tries.
      expect(Number(after.recorded)).to.be.greaterThan(30);
    });

    it("marks what was dead-lettered too often, leaves it the next time, and takes it when told to", async () => {
      const detail = tradeDetail();
      await failing("trade-validator-dev", detail);
      const { faults } = system.services.cloud;
      const fault = { service: "lambda", operation: "Invoke", effect: GONE, when: "before" } as const;
      const remove = faults.add({ ...fault, function: "trade-validator-dev" });
      expect((await redrive({ attempts: "2" })).answer).to.include({ started: 1, deadLettered: 1 });
      remove();
      for (const round of ["marked", "left alone"]) {
        const { answer, complete } = await redrive({ attempts: "2" });
        expect(answer, round).to.include({ considered: 1, started: 0, poison: 1 });
        expect(answer.stayed[0]?.why).to.equal("dead-lettered 2 times");
        expect(complete).to.equal(false);
        const [message, ...more] = await visible(system, "trade-validator-dlq-dev");
        expect(more).to.deep.equal([]);
        expect(message?.attributes).to.deep.equal({
          Redrive: "poison",
          RedriveReason: "dead-lettered 2 times",
        });
      }
      const { answer } = await redrive({ "include-poison": "true" });
      expect(answer).to.include({ started: 1, recorded: 1 });
      expect(await rows(system, detail.tradeId)).to.have.length(1);
    });

    it("keeps the attributes of a marked message, marks what cannot be read, and names what needs a replay", async () => {
      await putMessage(system, "eventbridge-dlq-dev", "not JSON", { RULE_ARN: "arn:aws:events:x:y:rule/r" });
      await process(system, tradeDetail({ amount: "0", note: "\uffff" }));
      const { answer } = await redrive();
      expect(answer).to.include({ considered: 2, started: 0, poison: 1, left: 1 });
      const [marked] = await visible(system, "eventbridge-dlq-dev");
      expect(marked?.body).to.equal("not JSON");
      expect(marked?.attributes).to.include({ RULE_ARN: "arn:aws:events:x:y:rule/r", Redrive: "poison" });
      expect(answer.stayed.find(({ end }) => end === "left")?.why).to.match(
        /replay --from \d{4}-\d\d-\d\dT\d\d:\d\d:00Z --to /,
      );
      expect(await visible(system, "trade-rejects-dev")).to.have.length(1);
    });

    it("deletes a failed run of the completer once no row from before it is pending", async () => {
      const { faults } = system.services.cloud;
      const on = { service: "lambda", operation: "Invoke", function: "metadata-enricher-dev" };
      faults.add({ ...on, effect: GONE, when: "before" });
      await process(system, tradeDetail());
      const attributes = { RequestID: "r", ErrorCode: "200", ErrorMessage: "m" };
      for (const region of ["us-east-1", "eu-west-1"])
        await putMessage(system, "metadata-enricher-dlq-dev", "{}", attributes, region);
      const { answer } = await redrive({ queue: "enricher" });
      expect(answer.byQueue["us-east-1/enricher"]).to.include({ considered: 1, left: 1 });
      expect(answer.byQueue["eu-west-1/enricher"]).to.include({ considered: 1, obsolete: 1 });
      expect(await visible(system, "metadata-enricher-dlq-dev")).to.have.length(1);
      expect(await visible(system, "metadata-enricher-dlq-dev", "eu-west-1")).to.deep.equal([]);
    });

    it("keeps a message until the one that takes its place is sent", async () => {
      const detail = tradeDetail();
      await failing("trade-validator-dev", detail);
      const { faults } = system.services.cloud;
      faults.add({ service: "lambda", operation: "Invoke", effect: GONE, when: "before" });
      const remove = faults.add({
        service: "sqs",
        operation: "SendMessage",
        effect: REFUSED,
        when: "before",
      });
      const { answer, complete } = await redrive({ queue: "validator" });
      remove();
      expect(answer).to.include({ considered: 1, deadLettered: 0, unknown: 1 });
      expect(answer.stayed[0]?.why).to.match(/^its execution ended without success: arn:/);
      expect(complete).to.equal(false);
      expect(await visible(system, "trade-validator-dlq-dev")).to.have.length(1);
      // No report of the failed execution could be sent either: the message is all that there is.
      faults.clear();
      expect((await redrive()).answer).to.include({ considered: 1, started: 1, recorded: 1 });
      expect(await rows(system, detail.tradeId)).to.have.length(1);
    });

    it("goes on where an interrupted one stopped", async () => {
      const details = Array.from({ length: 12 }, () => tradeDetail());
      await failing("trade-validator-dev", ...details);
      const before = await readLedger(system, NOTHING, 1);
      for (const point of [1, 2, 3]) {
        const abort = new AbortController();
        let starts = 0;
        const adapt: RunOptions["adapt"] = (clients) =>
          clients.stepFunctions("us-east-1").middlewareStack.add((next, context) => async (args) => {
            if (STARTS.includes(String(context.commandName)) && ++starts === point) abort.abort();
            return next(args);
          });
        const { answer } = await redrive({ rate: "10" }, { signal: abort.signal, adapt });
        expect(Number(answer.left), JSON.stringify([point, answer])).to.be.greaterThan(0);
      }
      const { answer } = await redrive();
      expect(answer.considered).to.equal(Number(answer.recorded) + Number(answer.obsolete));
      for (const { tradeId } of details) expect(await rows(system, tradeId)).to.have.length(1);
      expect(await visible(system, "trade-validator-dlq-dev")).to.deep.equal([]);
      const after = await readLedger(system, NOTHING, 1);
      expect(after.recorded - before.recorded).to.equal(12);
      expect(after.deadLettered - before.deadLettered).to.equal(-12);
      expect(after.matched).to.equal(before.matched);
    });

    if (type === "STANDARD")
      it("starts executions that died once more", async () => {
        const { faults, surroundings } = system.services.cloud;
        const effect = { kind: "delay", milliseconds: 2_000 } as const;
        faults.add({ service: "lambda", operation: "Invoke", effect, when: "before" });
        const detail = tradeDetail();
        const processed = process(system, detail);
        const from = { region: "us-east-1", principal: OPERATOR };
        const stateMachineArn = String(system.deployment.outputs.StateMachineArn);
        for (let isStopped = false; !isStopped; ) {
          await new Promise((done) => setTimeout(done, 20));
          const input = { stateMachineArn, statusFilter: "RUNNING" };
          const { executions } = await surroundings.call("states", "ListExecutions", input, from);
          for (const { executionArn } of executions as { executionArn: string }[]) {
            await surroundings.call("states", "StopExecution", { executionArn }, from);
            isStopped = true;
          }
        }
        await processed;
        faults.clear();
        await drain(system);
        const { answer } = await redrive({ queue: "unfinished", reason: "ABORTED" });
        expect(answer).to.include({ considered: 1, started: 1, recorded: 1 });
        expect(await rows(system, detail.tradeId)).to.have.length(1);
        expect(await visible(system, "unfinished-executions-dev")).to.deep.equal([]);
      });
  });
