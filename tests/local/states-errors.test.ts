import { expect } from "chai";
import fc from "fast-check";
import { ServiceError } from "../../local/cloud/service.ts";
import { FunctionFailure, invoke, lambdaWith, START, StatesBench, single } from "./states-support.ts";

/** Expectations: Step Functions Developer Guide, "Handling errors in Step Functions workflows". */
describe("Errors of Step Functions, locally", () => {
  let bench: StatesBench;
  let attempts: number[] = [];
  let errors: string[] = [];
  let chance = 0.5;

  beforeEach(() => {
    attempts = [];
    errors = [];
    chance = 0.5;
    const services = lambdaWith(() => {
      const error = errors[attempts.length];
      attempts.push(bench.clock.now() - START);
      return error === undefined ? "done" : new FunctionFailure(error);
    });
    bench = new StatesBench(services, { random: () => chance });
  });
  afterEach(() => bench.cloud.close());

  const caught = { Type: "Pass", End: true };

  describe("Retry", () => {
    const delays = async (retrier: object, failures = 10) => {
      errors = Array<string>(failures).fill("Again");
      await bench.runOnce(single(invoke({ Retry: [{ ErrorEquals: ["Again"], ...retrier }] })));
      return attempts.slice(1).map((time, index) => (time - (attempts[index] ?? 0)) / 1_000);
    };

    it("waits IntervalSeconds, each time BackoffRate times as long, up to MaxAttempts", async () => {
      expect(await delays({ IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3 })).to.deep.equal([2, 4, 8]);
    });

    it("retries three times after 1, 2 and 4 seconds unless told otherwise", async () => {
      expect(await delays({})).to.deep.equal([1, 2, 4]);
    });

    it("waits 3 and 4.5 seconds in the guide's example", async () => {
      expect(await delays({ IntervalSeconds: 3, MaxAttempts: 2, BackoffRate: 1.5 })).to.deep.equal([3, 4.5]);
    });

    it("waits no longer than MaxDelaySeconds: 3, 5, 5, 5 in the guide's example", async () => {
      const retrier = { IntervalSeconds: 3, BackoffRate: 2, MaxDelaySeconds: 5, MaxAttempts: 4 };
      expect(await delays(retrier)).to.deep.equal([3, 5, 5, 5]);
    });

    it("waits a random part of the delay with FULL jitter", async () => {
      chance = 0.25;
      const retrier = { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3, JitterStrategy: "FULL" };
      expect(await delays(retrier)).to.deep.equal([0.5, 1, 2]);
    });

    it("keeps every delay with FULL jitter between nothing and the whole delay", () => {
      const property = fc.asyncProperty(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        async (random, IntervalSeconds) => {
          attempts = [];
          chance = random;
          const retrier = { IntervalSeconds, BackoffRate: 3, MaxAttempts: 4, MaxDelaySeconds: 60 };
          const waited = await delays({ ...retrier, JitterStrategy: "FULL" });
          expect(waited).to.have.length(4);
          for (const [index, seconds] of waited.entries())
            expect(seconds).to.be.within(0, Math.min(60, IntervalSeconds * 3 ** index));
        },
      );
      return fc.assert(property, { numRuns: 30 });
    });

    it("does not retry with MaxAttempts 0, whatever a later retrier says", async () => {
      errors = ["Again"];
      const Retry = [{ ErrorEquals: ["Again"], MaxAttempts: 0 }, { ErrorEquals: ["States.ALL"] }];
      expect(await bench.runOnce(single(invoke({ Retry })))).to.include({ status: "FAILED", error: "Again" });
      expect(attempts).to.deep.equal([0]);
    });

    it("counts each retrier's own attempts, as in the specification's complex scenario", async () => {
      errors = ["ErrorA", "ErrorB", "ErrorC", "ErrorB", "ErrorB"];
      const Retry = [
        { ErrorEquals: ["ErrorA", "ErrorB"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
        { ErrorEquals: ["ErrorC"], IntervalSeconds: 5 },
      ];
      const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Z" }];
      const { status } = await bench.runOnce({
        StartAt: "X",
        States: { X: invoke({ Retry, Catch }), Z: caught },
      });
      // Amazon States Language, "Complex Retry Scenarios": the first retrier's two attempts are used up by then.
      expect(attempts).to.deep.equal([0, 1_000, 3_000, 8_000]);
      expect(status).to.equal("SUCCEEDED");
    });

    it("begins anew when a state is entered again", async () => {
      errors = ["Again", "Again", "Wrong", "Again", "Again"];
      const Retry = [{ ErrorEquals: ["Again"], MaxAttempts: 2, BackoffRate: 1 }];
      const Catch = [{ ErrorEquals: ["Wrong"], Next: "Back" }];
      const { status } = await bench.runOnce({
        StartAt: "Only",
        States: { Only: invoke({ Retry, Catch }), Back: { Type: "Pass", Next: "Only" } },
      });
      expect(status).to.equal("SUCCEEDED");
      expect(attempts).to.have.length(6);
    });

    it("retries a Parallel state with all its branches", async () => {
      errors = ["Again"];
      const branch = (name: string) => ({ StartAt: name, States: { [name]: invoke({}) } });
      const Retry = [{ ErrorEquals: ["Again"], IntervalSeconds: 7 }];
      const { status } = await bench.runOnce(
        single({ Type: "Parallel", Branches: [branch("A"), branch("B")], Retry, End: true }),
      );
      expect(status).to.equal("SUCCEEDED");
      expect(attempts).to.deep.equal([0, 0, 7_000, 7_000]);
    });
  });

  describe("Catch", () => {
    const catching = (...Catch: object[]) => ({
      StartAt: "Only",
      States: {
        Only: invoke({ Catch }),
        First: { Type: "Pass", Result: "first", ResultPath: "$.by", End: true },
        Second: { Type: "Pass", Result: "second", ResultPath: "$.by", End: true },
      },
    });
    const by = async (...Catch: object[]) => {
      const { output, error } = await bench.runOnce(
        catching(
          ...Catch,
          { ErrorEquals: ["Reachable"], Next: "First" },
          { ErrorEquals: ["Too"], Next: "Second" },
        ),
      );
      return output === undefined ? error : JSON.parse(String(output)).by;
    };

    it("takes the first catcher that names the error", async () => {
      errors = ["Custom"];
      expect(
        await by({ ErrorEquals: ["Custom"], Next: "Second" }, { ErrorEquals: ["Custom"], Next: "First" }),
      ).to.equal("second");
    });

    it("compares names by case, and not by their beginning", async () => {
      errors = ["Custom"];
      expect(await by({ ErrorEquals: ["custom", "Cust"], Next: "First" })).to.equal("Custom");
    });

    it("takes States.TaskFailed for every error but States.Timeout", async () => {
      errors = ["Custom", "States.Timeout"];
      expect(await by({ ErrorEquals: ["States.TaskFailed"], Next: "First" })).to.equal("first");
      expect(await by({ ErrorEquals: ["States.TaskFailed"], Next: "First" })).to.equal("States.Timeout");
    });

    it("puts Error and Cause where ResultPath says, or in place of the input", async () => {
      errors = ["Custom", "Custom"];
      const definition = (more: object) => ({
        StartAt: "Only",
        States: {
          Only: invoke({
            Catch: [{ ErrorEquals: ["Custom"], Next: "After", ...more }],
            OutputPath: "$.not.for.errors",
          }),
          After: caught,
        },
      });
      const Cause = '{"errorType":"Custom","errorMessage":"it happened"}';
      const kept = await bench.runOnce(definition({ ResultPath: "$.info.failure" }), { a: 1 });
      expect(JSON.parse(String(kept.output))).to.deep.equal({
        a: 1,
        info: { failure: { Error: "Custom", Cause } },
      });
      const replaced = await bench.runOnce(definition({}), { a: 1 });
      expect(JSON.parse(String(replaced.output))).to.deep.equal({ Error: "Custom", Cause });
    });

    it("takes nothing for States.Runtime, not even its own name", async () => {
      const errors = { ErrorEquals: ["States.Runtime", "States.TaskFailed"] };
      const definition = {
        StartAt: "Only",
        States: {
          Only: invoke({ InputPath: "$.no", Retry: [errors], Catch: [{ ...errors, Next: "After" }] }),
          After: caught,
        },
      };
      const { error, stopDate } = await bench.runOnce(definition);
      expect([error, stopDate]).to.deep.equal(["States.Runtime", START / 1_000]);
    });

    it("applies after the retries are used up", async () => {
      errors = ["Custom", "Custom", "Custom"];
      const Retry = [{ ErrorEquals: ["Custom"], MaxAttempts: 2 }];
      const { status, stopDate } = await bench.runOnce({
        StartAt: "Only",
        States: {
          Only: invoke({ Retry, Catch: [{ ErrorEquals: ["States.ALL"], Next: "After" }] }),
          After: caught,
        },
      });
      expect([status, attempts.length, stopDate]).to.deep.equal(["SUCCEEDED", 3, (START + 3_000) / 1_000]);
    });

    it("comes after a failed branch has stopped the others at once", async () => {
      const chain = {
        StartAt: "P1",
        States: { P1: { Type: "Pass", Next: "P2" }, P2: { Type: "Pass", Next: "T" }, T: invoke() },
      };
      const Branches = [chain, { StartAt: "F", States: { F: { Type: "Fail", Error: "E" } } }];
      expect((await bench.runOnce(single({ Type: "Parallel", Branches, End: true }))).error).to.equal("E");
      expect(attempts).to.deep.equal([]);
    });

    it("catches the error of a Parallel state's branch by its own name, and ends the other branches", async () => {
      errors = ["Custom"];
      const definition = {
        StartAt: "Both",
        States: {
          Both: {
            Type: "Parallel",
            Branches: [
              {
                StartAt: "Waits",
                States: { Waits: { Type: "Wait", Seconds: 100, Next: "Late" }, Late: invoke({}) },
              },
              { StartAt: "Fails", States: { Fails: invoke({}) } },
            ],
            Catch: [{ ErrorEquals: ["Custom"], Next: "After", ResultPath: "$.failure" }],
            End: true,
          },
          After: { Type: "Wait", Seconds: 1_000, End: true },
        },
      };
      const { output } = await bench.runOnce(definition, { kept: true });
      expect(JSON.parse(String(output))).to.have.keys("kept", "failure");
      expect(attempts, "the other branch's task never runs").to.have.length(1);
    });
  });

  it("fails with the error of a service under its integration's name", async () => {
    const throwing = new StatesBench({
      lambda: {
        Invoke: () => {
          throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", 429);
        },
      },
    });
    const { error, cause } = await throwing.runOnce(single(invoke({})));
    expect(error).to.equal("Lambda.TooManyRequestsException");
    expect(cause).to.match(
      /^Rate Exceeded\. \(Service: .*; Status Code: 429; Error Code: TooManyRequestsException; /,
    );
    await throwing.cloud.close();
  });

  describe("time limits", () => {
    const hanging = () => new StatesBench(lambdaWith(() => new Promise(() => undefined)));

    it("end a task's attempt with States.Timeout and an empty cause, which Retry and Catch can name", async () => {
      const slow = hanging();
      const definition = {
        StartAt: "Only",
        States: {
          Only: invoke({
            TimeoutSeconds: 30,
            Retry: [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 1, IntervalSeconds: 5 }],
            Catch: [
              { ErrorEquals: ["States.TaskFailed"], Next: "Wrong" },
              { ErrorEquals: ["States.Timeout"], Next: "Right" },
            ],
          }),
          Wrong: { Type: "Fail" },
          Right: { Type: "Pass", End: true },
        },
      };
      const { output, stopDate } = await slow.runOnce(definition);
      expect(JSON.parse(String(output))).to.deep.equal({ Error: "States.Timeout", Cause: "" });
      expect(stopDate).to.equal((START + 65_000) / 1_000);
      await slow.cloud.close();
    });

    it("may come from the input by TimeoutSecondsPath", async () => {
      const slow = hanging();
      const state = invoke({ TimeoutSecondsPath: "$.seconds" });
      const { error, stopDate } = await slow.runOnce(single(state), { seconds: 7 });
      expect([error, stopDate]).to.deep.equal(["States.Timeout", (START + 7_000) / 1_000]);
      await slow.cloud.close();
    });

    it("end an execution with TIMED_OUT, without error, and uncaught", async () => {
      const slow = hanging();
      const definition = {
        TimeoutSeconds: 60,
        StartAt: "Only",
        States: { Only: invoke({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "After" }] }), After: caught },
      };
      const description = await slow.runOnce(definition);
      expect(description).to.include({ status: "TIMED_OUT", stopDate: (START + 60_000) / 1_000 });
      expect(description).not.to.have.any.keys("error", "output");
      await slow.cloud.close();
    });

    it("end an EXPRESS execution that goes round without a pause", async () => {
      const definition = {
        StartAt: "A",
        States: {
          A: { Type: "Pass", Next: "B" },
          B: { Type: "Choice", Choices: [{ Variable: "$.no", IsPresent: true, Next: "C" }], Default: "A" },
          C: { Type: "Succeed" },
        },
      };
      const logGroupArn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
      const loggingConfiguration = {
        level: "ALL",
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
      };
      const stateMachineArn = await bench.create(definition, { type: "EXPRESS", loggingConfiguration });
      const answer = bench.call("StartSyncExecution", { stateMachineArn });
      await bench.clock.advance(300_000);
      expect((await answer).status).to.equal("TIMED_OUT");
      const { length } = bench.logged;
      await bench.clock.settle();
      expect(bench.logged, "events after its end").to.have.length(length);
    });

    it("are five minutes for EXPRESS, even if the definition says more, and a year for STANDARD", async () => {
      const slow = hanging();
      const definition = { TimeoutSeconds: 100_000, ...single(invoke({})) };
      const express = await slow.create(definition, { type: "EXPRESS" });
      const ended = slow.call("StartSyncExecution", { stateMachineArn: express });
      await slow.clock.runUntil(() => slow.states.openExecutions() === 0);
      expect(await ended).to.include({ status: "TIMED_OUT", stopDate: (START + 300_000) / 1_000 });
      const begun = slow.clock.now();
      const { status, stopDate } = await slow.run(await slow.create(single(invoke({}))));
      expect([status, Number(stopDate) - begun / 1_000]).to.deep.equal(["TIMED_OUT", 31_536_000]);
      await slow.cloud.close();
    });
  });
});
