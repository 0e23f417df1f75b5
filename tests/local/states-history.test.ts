import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import {
  DAY,
  FunctionFailure,
  invoke,
  lambdaWith,
  REGION,
  ROLE,
  refusal,
  START,
  StatesBench,
  single,
  task,
} from "./states-support.ts";

const GROUP = "/aws/vendedlogs/states/x";
const logging = (level: string, includeExecutionData = false) => ({
  loggingConfiguration: {
    level,
    includeExecutionData,
    destinations: [
      { cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:${REGION}:000000000000:log-group:${GROUP}:*` } },
    ],
  },
});

describe("History of Step Functions, locally", () => {
  let bench: StatesBench;
  let answers: unknown[] = [];
  let called: unknown[] = [];

  beforeEach(() => {
    answers = [];
    called = [];
    bench = new StatesBench(
      lambdaWith((name, payload) => {
        called.push(name);
        return answers.length > 0 ? answers.shift() : payload;
      }),
    );
  });
  afterEach(() => bench.cloud.close());

  const trailOf = async (definition: object, input: unknown = {}) =>
    bench.trail((await bench.runOnce(definition, input)).executionArn);
  const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });

  // API Reference, "HistoryEvent" and "HistoryEvent types"; order and ids as AWS answers GetExecutionHistory.
  it("has a task's events, each with the one that led to it", async () => {
    answers = [new FunctionFailure("Again"), 1];
    const Retry = [{ ErrorEquals: ["Again"] }];
    const trail = await trailOf({
      StartAt: "P",
      States: {
        P: { Type: "Pass", Next: "T" },
        T: invoke({ Retry, End: undefined, Next: "S" }),
        S: { Type: "Succeed" },
      },
    });
    expect(trail).to.deep.equal([
      "1<-0 ExecutionStarted",
      "2<-0 PassStateEntered",
      "3<-2 PassStateExited",
      "4<-3 TaskStateEntered",
      "5<-4 TaskScheduled",
      "6<-5 TaskStarted",
      "7<-6 TaskFailed",
      "8<-7 TaskScheduled",
      "9<-8 TaskStarted",
      "10<-9 TaskSucceeded",
      "11<-10 TaskStateExited",
      "12<-11 SucceedStateEntered",
      "13<-12 SucceedStateExited",
      "14<-13 ExecutionSucceeded",
    ]);
  });

  it("has what went in and came out", async () => {
    const { executionArn } = await bench.runOnce(single(invoke({ TimeoutSeconds: 9 })), { a: 1 });
    const [started, entered, scheduled, taskStarted, succeeded, exited, ended] =
      await bench.events(executionArn);
    const whole = { truncated: false };
    expect(started).to.deep.equal({
      ...{ timestamp: START / 1_000, type: "ExecutionStarted", id: 1, previousEventId: 0 },
      executionStartedEventDetails: { input: '{"a":1}', inputDetails: whole, roleArn: ROLE },
    });
    expect(entered?.stateEnteredEventDetails).to.deep.equal({
      input: '{"a":1}',
      inputDetails: whole,
      name: "Only",
    });
    expect(scheduled?.taskScheduledEventDetails).to.deep.equal({
      ...{ resource: "invoke", resourceType: "lambda", region: REGION, timeoutInSeconds: 9 },
      parameters: '{"FunctionName":"f","Payload":{"a":1}}',
    });
    expect(taskStarted?.taskStartedEventDetails).to.deep.equal({
      resource: "invoke",
      resourceType: "lambda",
    });
    expect(succeeded?.taskSucceededEventDetails).to.include({ resource: "invoke", resourceType: "lambda" });
    expect(exited?.stateExitedEventDetails).to.include({ name: "Only" });
    expect(JSON.stringify(ended?.executionSucceededEventDetails)).to.contain(
      String.raw`\"Payload\":{\"a\":1}`,
    );
  });

  it("has a Catch as an exit of the state, and a Fail without one", async () => {
    answers = [new FunctionFailure("Custom")];
    const Catch = [{ ErrorEquals: ["Custom"], Next: "F" }];
    const trail = await trailOf({
      StartAt: "T",
      States: { T: invoke({ Catch }), F: { Type: "Fail", Error: "E" } },
    });
    expect(trail.slice(4)).to.deep.equal([
      "5<-4 TaskFailed",
      "6<-5 TaskStateExited",
      "7<-6 FailStateEntered",
      "8<-7 ExecutionFailed",
    ]);
  });

  it("has the branches of a Parallel, and its success after the last of them", async () => {
    const state = {
      Type: "Parallel",
      Branches: [
        branch("A", { Type: "Pass", End: true }),
        branch("B", { Type: "Wait", Seconds: 1, End: true }),
      ],
      End: true,
    };
    expect(await trailOf(single(state))).to.deep.equal([
      "1<-0 ExecutionStarted",
      "2<-0 ParallelStateEntered",
      "3<-2 ParallelStateStarted",
      "4<-3 PassStateEntered",
      "5<-3 WaitStateEntered",
      "6<-4 PassStateExited",
      "7<-5 WaitStateExited",
      "8<-7 ParallelStateSucceeded",
      "9<-7 ParallelStateExited",
      "10<-9 ExecutionSucceeded",
    ]);
  });

  it("has a failed Parallel's retries, and what it aborted, before its failure", async () => {
    const state = {
      Type: "Parallel",
      Branches: [
        branch("A", { Type: "Fail", Error: "E" }),
        branch("B", { Type: "Wait", Seconds: 1, End: true }),
      ],
      Retry: [{ ErrorEquals: ["E"], MaxAttempts: 1 }],
      End: true,
    };
    const trail = await trailOf(single(state));
    expect(trail.slice(1).map((event) => event.replace(/^\d+<-\d+ /, ""))).to.deep.equal([
      ...[
        "ParallelStateEntered",
        "ParallelStateStarted",
        "FailStateEntered",
        "WaitStateEntered",
        "WaitStateAborted",
      ],
      ...["ParallelStateStarted", "FailStateEntered", "WaitStateEntered", "WaitStateAborted"],
      ...["ParallelStateFailed", "ExecutionFailed"],
    ]);
  });

  it("has nothing aborted of branches that had ended", async () => {
    const late = {
      StartAt: "W",
      States: { W: { Type: "Wait", Seconds: 1, Next: "F" }, F: { Type: "Fail", Error: "E" } },
    };
    const trail = await trailOf(
      single({ Type: "Parallel", Branches: [branch("T", invoke()), late], End: true }),
    );
    expect(trail.filter((event) => event.endsWith("Aborted"))).to.deep.equal([]);
  });

  it("ends with ExecutionAborted or ExecutionTimedOut, which no event led to", async () => {
    const waits = single({ Type: "Wait", Seconds: 100, End: true });
    const executionArn = await bench.start(await bench.create(waits));
    await bench.call("StopExecution", { executionArn, error: "Operator" });
    expect(await bench.trail(executionArn)).to.deep.equal([
      ...["1<-0 ExecutionStarted", "2<-0 WaitStateEntered", "3<-0 ExecutionAborted"],
    ]);
    expect(await trailOf({ TimeoutSeconds: 1, ...waits })).to.deep.equal([
      ...["1<-0 ExecutionStarted", "2<-0 WaitStateEntered", "3<-0 ExecutionTimedOut"],
    ]);
  });

  it("has nothing after the end of an execution whose task gives its result as it is stopped", async () => {
    const call = { service: "states", operation: "StopExecution", region: REGION, principal: ROLE };
    const ends = new Set<string>();
    // Some steps of the interpreter after the result are before the stop, and some after it.
    for (let steps = 0; steps < 30; steps += 1) {
      let answer = (_: Json) => {};
      const Invoke = () =>
        new Promise<Json>((done) => {
          answer = done;
        });
      bench = new StatesBench({ lambda: { Invoke } });
      const definition = {
        StartAt: "First",
        States: { First: invoke({ End: false, Next: "Last" }), Last: { Type: "Succeed" } },
      };
      const executionArn = await bench.start(await bench.create(definition));
      await bench.clock.settle();
      answer({ Payload: "{}" });
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      await bench.states.operations.StopExecution?.({ executionArn }, call);
      await bench.clock.settle();
      const types = (await bench.events(executionArn)).map(({ type }) => String(type));
      expect(types.findIndex((type) => /^Execution(Aborted|Succeeded)$/.test(type))).to.equal(
        types.length - 1,
      );
      ends.add(`${types.length}`);
    }
    expect(ends.size).to.be.greaterThan(2);
  });

  it("comes in pages, in reverse, and without data when asked", async () => {
    const { executionArn } = await bench.runOnce(single({ Type: "Pass", End: true }), { a: 1 });
    const page = await bench.call("GetExecutionHistory", {
      executionArn,
      maxResults: 3,
      includeExecutionData: false,
    });
    expect((page.events as Json[])[1]).to.deep.include({
      stateEnteredEventDetails: { name: "Only", inputDetails: { truncated: false } },
    });
    const next = await bench.call("GetExecutionHistory", {
      executionArn,
      maxResults: 3,
      nextToken: page.nextToken,
    });
    expect((next.events as Json[]).map(({ id }) => id)).to.deep.equal([4]);
    const { events } = await bench.call("GetExecutionHistory", { executionArn, reverseOrder: true });
    expect((events as Json[]).map(({ id }) => id)).to.deep.equal([4, 3, 2, 1]);
  });

  it("has 25,000 events at most: an execution that needs more fails", async () => {
    const machine = await bench.create({
      StartAt: "A",
      States: {
        A: { Type: "Pass", Next: "B" },
        B: { Type: "Choice", Choices: [{ Variable: "$.x", IsPresent: true, Next: "C" }], Default: "A" },
        C: { Type: "Succeed" },
      },
    });
    const executionArn = await bench.start(machine);
    // All of it happens at one time: a step of the clock would go to the execution's time limit.
    while (bench.states.openExecutions() > 0) await bench.clock.settle();
    const { status, error } = await bench.call("DescribeExecution", { executionArn });
    expect([status, error]).to.deep.equal(["FAILED", "States.Runtime"]);
    const { events } = await bench.call("GetExecutionHistory", {
      executionArn,
      reverseOrder: true,
      maxResults: 1,
    });
    expect((events as Json[])[0]).to.include({ id: 25_000, type: "ExecutionFailed" });
  }).timeout(5_000);

  // "Using CloudWatch Logs to log execution history", "Log levels": the table of event types.
  describe("in logs", () => {
    const definition = {
      StartAt: "T",
      States: {
        T: invoke({ Catch: [{ ErrorEquals: ["Custom"], Next: "F" }] }),
        F: { Type: "Fail", Error: "E", Cause: "why" },
      },
    };
    const types = async (level: string, includeExecutionData = false) => {
      answers = [new FunctionFailure("Custom")];
      await bench.run(await bench.create(definition, logging(level, includeExecutionData)), { secret: 1 });
      return bench.logged.map(({ message }) => message.type);
    };

    it("is whole at level ALL", async () => {
      expect(await types("ALL")).to.deep.equal([
        ...["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed"],
        ...["TaskStateExited", "FailStateEntered", "ExecutionFailed"],
      ]);
    });
    it("has failures of states too at level ERROR", async () => {
      expect(await types("ERROR")).to.deep.equal(["TaskFailed", "FailStateEntered", "ExecutionFailed"]);
    });
    it("has failures of executions only at level FATAL", async () => {
      expect(await types("FATAL")).to.deep.equal(["ExecutionFailed"]);
    });
    it("is not there at level OFF", async () => {
      expect(await types("OFF")).to.deep.equal([]);
    });

    it("has AWS's form: texts, and a stream a state machine and hour", async () => {
      await types("FATAL");
      const [{ group, stream, message } = { group: "", stream: "", message: {} }] = bench.logged;
      expect([group, stream]).to.deep.equal([GROUP, "states/machine-1/2026-01-05-14/00000000"]);
      expect(message).to.deep.equal({
        ...{
          id: "8",
          type: "ExecutionFailed",
          details: { cause: "why", error: "E" },
          previous_event_id: "7",
        },
        ...{ event_timestamp: String(START), execution_arn: message.execution_arn, redrive_count: "0" },
      });
    });

    it("has inputs, outputs and parameters only with includeExecutionData", async () => {
      await types("ALL");
      expect(JSON.stringify(bench.logged)).not.to.contain("secret");
      bench.logged.length = 0;
      await types("ALL", true);
      expect(bench.logged[2]?.message.details).to.include({
        parameters: '{"FunctionName":"f","Payload":{"secret":1}}',
      });
    });

    it("is the only history of EXPRESS executions", async () => {
      const stateMachineArn = await bench.create(single({ Type: "Pass", End: true }), {
        type: "EXPRESS",
        ...logging("ALL"),
      });
      await bench.call("StartSyncExecution", { stateMachineArn });
      expect(bench.logged.map(({ message }) => `${message.id} ${message.type}`)).to.deep.equal([
        ...["1 ExecutionStarted", "2 PassStateEntered", "3 PassStateExited", "4 ExecutionSucceeded"],
      ]);
    });

    it("cuts data beyond 248 KB, and says so", async () => {
      const arn = await bench.create(single({ Type: "Pass", End: true }), logging("ALL", true));
      await bench.run(arn, "x".repeat(255_000));
      const details = bench.logged[0]?.message.details as Json;
      expect(details.inputDetails).to.deep.equal({ truncated: true });
      expect(String(details.input)).to.have.length(248 * 1_024);
    });
  });

  // "Automating Step Functions event delivery with EventBridge".
  describe("as status changes on the default event bus", () => {
    const statuses = () => bench.published.map(({ detail }) => detail.status);

    it("tells how STANDARD executions start and end", async () => {
      answers = [new FunctionFailure("Custom", "why")];
      const stateMachineArn = await bench.create(single(invoke()));
      const { executionArn, name } = await bench.run(stateMachineArn, { a: 1 });
      expect(statuses()).to.deep.equal(["RUNNING", "FAILED"]);
      const [running, failed] = bench.published;
      expect(running).to.include({
        source: "aws.states",
        detailType: "Step Functions Execution Status Change",
      });
      expect(running?.resources).to.deep.equal([executionArn]);
      expect(running?.detail).to.deep.include({
        ...{ executionArn, stateMachineArn, name, status: "RUNNING", startDate: START, stopDate: null },
        ...{ input: '{"a":1}', inputDetails: { included: true }, output: null, outputDetails: null },
      });
      expect(failed?.detail).to.deep.include({
        ...{ status: "FAILED", stopDate: START, error: "Custom" },
        cause: '{"errorType":"Custom","errorMessage":"why"}',
      });
      await bench.run(stateMachineArn, 5);
      expect(bench.published.at(-1)?.detail.status).to.equal("SUCCEEDED");
      expect(bench.published.at(-1)?.detail.outputDetails).to.deep.equal({ included: true });
    });

    it("tells of aborted and timed out ones", async () => {
      const waits = { TimeoutSeconds: 1, ...single({ Type: "Wait", Seconds: 100, End: true }) };
      const stateMachineArn = await bench.create(waits);
      await bench.run(stateMachineArn);
      const executionArn = await bench.start(stateMachineArn);
      await bench.call("StopExecution", { executionArn });
      expect(statuses()).to.deep.equal(["RUNNING", "TIMED_OUT", "RUNNING", "ABORTED"]);
    });

    it("leaves out data that is too large together, the input first", async () => {
      await bench.runOnce(single({ Type: "Pass", End: true }), "x".repeat(130_000));
      const [running, succeeded] = bench.published.map(({ detail }) => detail);
      expect(running?.inputDetails).to.deep.equal({ included: true });
      expect(succeeded).to.deep.include({
        input: null,
        inputDetails: { included: false },
        outputDetails: { included: true },
      });
    });

    it("counts data as JSON writes it, with its escapes", async () => {
      // 140,002 bytes of input, and 280,008 as text in JSON.
      await bench.runOnce(single({ Type: "Pass", End: true }), '"'.repeat(70_000));
      expect(bench.published[0]?.detail).to.deep.include({ input: null, inputDetails: { included: false } });
    });

    it("is silent about EXPRESS executions", async () => {
      const stateMachineArn = await bench.create(single({ Type: "Succeed" }), { type: "EXPRESS" });
      await bench.call("StartSyncExecution", { stateMachineArn });
      expect(bench.published).to.deep.equal([]);
    });
  });

  // "Restarting state machine executions with redrive".
  describe("of a redrive", () => {
    const redrive = async (executionArn: unknown) => {
      const answer = await bench.call("RedriveExecution", { executionArn });
      return [answer, await bench.ended(String(executionArn))] as const;
    };

    it("goes on from the state that failed, with its input, under the same ARN", async () => {
      answers = [1, new FunctionFailure("Custom"), 3];
      const definition = {
        StartAt: "A",
        States: {
          A: task(
            "lambda:invoke",
            { FunctionName: "a" },
            { End: undefined, Next: "B", ResultSelector: { "a.$": "$.Payload" } },
          ),
          B: task(
            "lambda:invoke",
            { FunctionName: "b", "Payload.$": "$$.Execution.RedriveCount" },
            { ResultPath: "$.b", ResultSelector: { "b.$": "$.Payload" } },
          ),
        },
      };
      const failed = await bench.runOnce(definition);
      expect(failed).to.include({ status: "FAILED", redriveStatus: "REDRIVABLE", redriveCount: 0 });
      await bench.clock.advance(60_000);
      const [{ redriveDate }, description] = await redrive(failed.executionArn);
      expect(called).to.deep.equal(["a", "b", "b"]);
      expect(JSON.parse(String(description.output))).to.deep.equal({ a: 1, b: { b: 3 } });
      expect(redriveDate).to.equal((START + 60_000) / 1_000);
      expect(description).to.include({
        ...{ status: "SUCCEEDED", redriveCount: 1, redriveDate, redriveStatus: "NOT_REDRIVABLE" },
        redriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
        startDate: START / 1_000,
      });
      expect(description).not.to.have.any.keys("error", "cause");
      expect((await bench.trail(failed.executionArn)).slice(10)).to.deep.equal([
        ...[
          "11<-10 ExecutionFailed",
          "12<-11 ExecutionRedriven",
          "13<-12 TaskScheduled",
          "14<-13 TaskStarted",
        ],
        ...["15<-14 TaskSucceeded", "16<-15 TaskStateExited", "17<-16 ExecutionSucceeded"],
      ]);
      for (const name of ["ExecutionsRedriven", "RedrivenExecutionsSucceeded", "ExecutionsStarted"])
        expect(bench.metrics.sum(name), name).to.equal(1);
      expect(bench.published.map(({ detail }) => [detail.status, detail.redriveCount])).to.deep.equal([
        ...[
          ["RUNNING", 0],
          ["FAILED", 0],
          ["RUNNING", 1],
          ["SUCCEEDED", 1],
        ],
      ]);
    });

    it("runs only those branches of a Parallel again that did not succeed", async () => {
      answers = ["a", new FunctionFailure("Custom"), "b"];
      const of = (name: string) =>
        branch(
          name,
          task("lambda:invoke", { FunctionName: name }, { ResultSelector: { "v.$": "$.Payload" } }),
        );
      const state = { Type: "Parallel", Branches: [of("a"), of("b")], End: true };
      const { executionArn, status } = await bench.runOnce(single(state));
      expect(status).to.equal("FAILED");
      const [, description] = await redrive(executionArn);
      expect(called).to.deep.equal(["a", "b", "b"]);
      expect(description.output).to.equal('[{"v":"a"},{"v":"b"}]');
    });

    it("runs only those iterations of a Map again that did not succeed", async () => {
      answers = [1, new FunctionFailure("Custom"), 2, 3];
      const state = {
        Type: "Map",
        MaxConcurrency: 1,
        ItemProcessor: branch("Each", invoke({ ResultSelector: { "v.$": "$.Payload" } })),
        End: true,
      };
      const { executionArn, status } = await bench.run(await bench.create(single(state)), [0, 0, 0]);
      expect([status, called.length]).to.deep.equal(["FAILED", 2]);
      const [, description] = await redrive(executionArn);
      expect([description.output, called.length]).to.deep.equal(['[{"v":1},{"v":2},{"v":3}]', 4]);
      const types = (await bench.events(executionArn)).map(({ type }) => type);
      expect(types.filter((type) => type === "MapIterationStarted")).to.have.length(3);
      expect(types.filter((type) => type === "MapIterationSucceeded")).to.have.length(3);
      expect(types, "iterations that never began").not.to.include("MapIterationAborted");
    });

    it("runs all branches of a Parallel again whose results were too large together", async () => {
      const large = "x".repeat(140_000);
      answers = [large, large, "a", "b"];
      const state = { Type: "Parallel", Branches: [branch("A", invoke()), branch("B", invoke())], End: true };
      const { executionArn, error } = await bench.runOnce(single(state));
      expect(error).to.equal("States.DataLimitExceeded");
      const [, description] = await redrive(executionArn);
      expect([description.status, called.length]).to.deep.equal(["SUCCEEDED", 4]);
    });

    it("gives a state its retries and the execution its time again", async () => {
      answers = Array.from({ length: 3 }, () => new FunctionFailure("Again"));
      const Retry = [{ ErrorEquals: ["Again"], MaxAttempts: 1, IntervalSeconds: 6 }];
      const stateMachineArn = await bench.create({ TimeoutSeconds: 10, ...single(invoke({ Retry })) });
      const { executionArn } = await bench.run(stateMachineArn, 4);
      const [, description] = await redrive(executionArn);
      expect(description.status).to.equal("SUCCEEDED");
      expect(called).to.have.length(4);
    });

    it("fails again at a Fail state", async () => {
      const { executionArn } = await bench.runOnce(single({ Type: "Fail", Error: "E" }));
      const [, description] = await redrive(executionArn);
      expect(description).to.include({ status: "FAILED", error: "E", redriveCount: 1 });
    });

    it("takes aborted and timed out executions, within 14 days of their end", async () => {
      const stateMachineArn = await bench.create({
        TimeoutSeconds: 1,
        ...single({ Type: "Wait", Seconds: 100, End: true }),
      });
      const { executionArn } = await bench.run(stateMachineArn);
      await bench.clock.advance(14 * DAY);
      const [, description] = await redrive(executionArn);
      expect(description).to.include({ status: "TIMED_OUT", redriveCount: 1 });
      await bench.clock.advance(14 * DAY + 1);
      expect((await refusal(bench.call("RedriveExecution", { executionArn }))).code).to.equal(
        "ExecutionNotRedrivable",
      );
    });

    it("is refused for executions that succeeded, run, or are EXPRESS", async () => {
      const { executionArn } = await bench.runOnce(single({ Type: "Succeed" }));
      const error = await refusal(bench.call("RedriveExecution", { executionArn }));
      expect([error.code, error.message]).to.deep.equal([
        "ExecutionNotRedrivable",
        "Execution is SUCCEEDED and cannot be redriven",
      ]);
      const running = await bench.start(await bench.create(single({ Type: "Wait", Seconds: 9, End: true })));
      expect((await refusal(bench.call("RedriveExecution", { executionArn: running }))).message).to.contain(
        "RUNNING",
      );
      const express = `arn:aws:states:${REGION}:000000000000:express:m:n:1`;
      expect((await refusal(bench.call("RedriveExecution", { executionArn: express }))).code).to.equal(
        "InvalidArn",
      );
    });

    it("is the same redrive for the same client token", async () => {
      const { executionArn } = await bench.runOnce(single({ Type: "Fail" }));
      const request = { executionArn, clientToken: "t" };
      const first = await bench.call("RedriveExecution", request);
      await bench.ended(String(executionArn));
      expect(await bench.call("RedriveExecution", request)).to.deep.equal(first);
      expect(bench.metrics.sum("ExecutionsRedriven")).to.equal(1);
    });
  });
});
