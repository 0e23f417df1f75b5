import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import type { InProcessHandler } from "../../local/cloud/lambda/in-process.ts";
import type { Json } from "../../local/cloud/service.ts";
import { LambdaBench, ROLE } from "./lambda-support.ts";
import { refusal } from "./states-support.ts";

/** What a process would do in these cases is in lambda.test.ts and lambda-async.test.ts. */
describe("A function that runs in process", () => {
  const clock = new DrivenClock();
  let bench: LambdaBench;
  let handler: InProcessHandler;
  let kept: string[];

  beforeEach(async () => {
    kept = [];
    handler = async (payload) => payload;
    const store = { Keep: ({ what }: Json) => void kept.push(String(what)) };
    const runInProcess = (name: string) =>
      name === "f"
        ? (((payload, context) => handler(payload, context)) satisfies InProcessHandler)
        : undefined;
    bench = new LambdaBench({ clock, runInProcess, asyncRetryDelays: [60_000, 120_000] }, { store });
    const DeadLetterConfig = { TargetArn: "arn:aws:sqs:us-east-1:000000000000:dead" };
    await bench.create("f", "", { Timeout: 3, DeadLetterConfig, Environment: { Variables: { MODE: "x" } } });
  });
  afterEach(() => bench.close());

  const crash = (when: "before" | "after") =>
    bench.cloud.faults.add({
      service: "lambda",
      operation: "Invoke",
      effect: { kind: "crash" },
      when,
      times: 1,
    });
  /** Invokes it while time passes. */
  async function invoke(milliseconds: number): Promise<Json> {
    const [answer] = await Promise.all([bench.invoke("f", { a: 1 }), clock.advance(milliseconds)]);
    return answer;
  }

  it("answers, with its environment, and calls services as its role", async () => {
    let caller = "";
    bench.cloud.authorize = ({ service, principal }) => {
      if (service === "store") caller = principal;
    };
    handler = async (payload, { variables, call }) => {
      await call("store", "Keep", { what: "row" });
      return { payload, mode: variables.MODE };
    };
    expect((await invoke(0)).Payload).to.deep.equal({ payload: { a: 1 }, mode: "x" });
    expect({ kept, caller }).to.deep.equal({ kept: ["row"], caller: ROLE });
  });

  it("keeps the name of its error", async () => {
    handler = () => Promise.reject(Object.assign(new Error("no"), { name: "ConfigurationError" }));
    const { FunctionError, Payload } = await invoke(0);
    expect(FunctionError).to.equal("Unhandled");
    expect(Payload).to.include({ errorType: "ConfigurationError", errorMessage: "no" });
  });

  it("ends at its time limit, by the clock, after which nothing that it does has an effect", async () => {
    handler = async (_payload, { call, clock: time }) => {
      await new Promise<void>((done) => time.after(4_000, done));
      return call("store", "Keep", { what: "late" });
    };
    const { Payload } = await invoke(10_000);
    expect(Payload).to.include({ errorType: "Sandbox.Timedout" });
    expect(kept).to.deep.equal([]);
  });

  it("crashes before its work, or after it with its effect there and its answer lost", async () => {
    handler = (_payload, { call }) => call("store", "Keep", { what: "row" });
    crash("before");
    expect((await invoke(0)).Payload).to.include({ errorType: "Runtime.ExitError" });
    expect(kept).to.deep.equal([]);
    crash("after");
    expect((await invoke(0)).Payload).to.include({ errorType: "Runtime.ExitError" });
    expect(kept).to.deep.equal(["row"]);
    expect((await invoke(0)).FunctionError).to.equal(undefined);
  });

  it("is throttled above its reserved concurrency", async () => {
    handler = (_payload, { clock: time }) => new Promise((done) => time.after(1_000, () => done(null)));
    await bench.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 1 });
    const first = bench.invoke("f");
    await clock.settle();
    expect(await refusal(bench.invoke("f"))).to.include({ code: "TooManyRequestsException" });
    await clock.advance(1_000);
    expect((await first).StatusCode).to.equal(200);
  });

  it("is tried three times for an asynchronous event, minutes apart by the clock, which then is a dead letter", async () => {
    const attempts: number[] = [];
    const start = clock.now();
    handler = async (_payload, { clock: time }) => {
      attempts.push(time.now() - start);
      throw new Error("no");
    };
    await bench.call("Invoke", { FunctionName: "f", InvocationType: "Event", Payload: "{}" });
    await clock.advance(600_000);
    expect(attempts).to.deep.equal([0, 60_000, 180_000]);
    expect(bench.sent).to.have.length(1);
  });
});
