import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { isAlive, LambdaBench, REGION, until } from "./lambda-support.ts";
import { refusal } from "./states-support.ts";

const ECHO = "export const handler = async (event, context) => ({ event, id: context.awsRequestId });";
const PID = "export const handler = async () => process.pid;";
/** Ends when two processes run it at the same time. */
const MEET = `import { readdirSync, writeFileSync } from "node:fs";
  export const handler = async () => {
    writeFileSync("here-" + process.pid, "");
    while (readdirSync(".").filter((name) => name.startsWith("here-")).length < 2)
      await new Promise((done) => setTimeout(done, 5));
    return process.pid;
  };`;
const SLEEP =
  "export const handler = async ({ for: time }) => { await new Promise((d) => setTimeout(d, time)); return process.pid; };";

describe("Lambda, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  beforeEach(() => {
    bench = new LambdaBench({ asyncRetryDelays: [5, 5] });
  });
  afterEach(() => bench.close());

  it("runs the handler with the event and gives its result", async () => {
    await bench.create("echo", ECHO);
    const response = await bench.invoke("echo", { text: 'ü \u2028 \\ "' });
    expect(response).to.include({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(response.FunctionError).to.equal(undefined);
    expect((response.Payload as Json).event).to.deep.equal({ text: 'ü \u2028 \\ "' });
    expect((response.Payload as Json).id).to.match(/^[0-9a-f-]{36}$/);
    expect(bench.sum("Invocations", "echo")).to.equal(1);
    expect(bench.sum("Errors", "echo")).to.equal(0);
  });

  it("gives the process Lambda's variables, the local endpoint and the role's credentials, and nothing else", async () => {
    process.env.SECRET_OF_THE_PARENT = "leaked";
    try {
      await bench.create(
        "env",
        "export const handler = async (_, context) => ({ env: process.env, context, left: context.getRemainingTimeInMillis() });",
        { Environment: { Variables: { MINE: "1" } } },
      );
      const { env, context, left } = (await bench.invoke("env")).Payload as Record<string, Json>;
      expect(env).to.include({
        ...{ MINE: "1", AWS_REGION: REGION, AWS_LAMBDA_FUNCTION_NAME: "env", _HANDLER: "index.handler" },
        ...{ AWS_LAMBDA_FUNCTION_VERSION: "$LATEST", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256" },
        ...{ AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/env", AWS_ENDPOINT_URL: "http://127.0.0.1:4566" },
        AWS_SESSION_TOKEN: "arn:aws:iam::000000000000:role/function",
      });
      expect(env?._X_AMZN_TRACE_ID).to.match(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/);
      expect(env).to.not.have.any.keys("SECRET_OF_THE_PARENT", "HOME");
      expect(context?.invokedFunctionArn).to.equal(`arn:aws:lambda:${REGION}:000000000000:function:env`);
      expect(left).to.be.within(5_000, 10_000);
    } finally {
      delete process.env.SECRET_OF_THE_PARENT;
    }
  });

  it("reports a thrown error by its name, message and trace, and goes on with the same process", async () => {
    await bench.create(
      "throws",
      `class OwnError extends Error { name = "Own.Error"; }
       export const handler = async ({ fail }) => { if (fail) throw new OwnError("bad"); return process.pid; };`,
    );
    const before = (await bench.invoke("throws")).Payload;
    const response = await bench.invoke("throws", { fail: true });
    expect(response).to.include({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(response.Payload).to.include({ errorType: "Own.Error", errorMessage: "bad" });
    expect((response.Payload as Json).trace).to.be.an("array").that.is.not.empty;
    expect((await bench.invoke("throws")).Payload).to.equal(before);
    expect(bench.sum("Errors", "throws")).to.equal(1);
  });

  for (const [what, code, reason] of [
    ["a crash", "process.exit(3)", "exit status 3"],
    ["a quiet exit", "process.exit(0)", "without providing a reason"],
    ["a signal", "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})", "signal: killed"],
  ] as const)
    it(`reports ${what} as Runtime.ExitError and starts a new process for the next`, async () => {
      await bench.create(
        "crash",
        `export const handler = async ({ crash }) => { if (crash) { ${code}; } return 1; };`,
      );
      const response = await bench.invoke("crash", { crash: true });
      expect(response.FunctionError).to.equal("Unhandled");
      const { errorType, errorMessage } = response.Payload as Json;
      expect(errorType).to.equal("Runtime.ExitError");
      expect(errorMessage)
        .to.match(/^RequestId: [0-9a-f-]{36} Error: /)
        .and.contain(reason);
      expect((await bench.invoke("crash")).Payload).to.equal(1);
    });

  it("reports an unhandled rejection with Lambda's type", async () => {
    await bench.create(
      "rejects",
      "export const handler = async () => { Promise.reject(new Error('lost')); await new Promise(() => {}); };",
    );
    const { Payload } = await bench.invoke("rejects");
    expect(Payload).to.include({ errorType: "Runtime.UnhandledPromiseRejection" });
    expect((Payload as Json).errorMessage).to.contain("lost");
  });

  for (const [what, code] of [
    ["waits for ever", "await new Promise(() => {})"],
    ["never yields", "for (;;);"],
  ] as const)
    it(`kills a handler that ${what} at the time limit`, async () => {
      await bench.create(
        "hang",
        `export const handler = async () => { console.log(process.pid); ${code}; };`,
        {
          Timeout: 1,
        },
      );
      const { Payload, FunctionError } = await bench.invoke("hang");
      expect(FunctionError).to.equal("Unhandled");
      const { errorType, errorMessage } = Payload as Json;
      expect(errorType).to.equal("Sandbox.Timedout");
      expect(errorMessage).to.match(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.00 seconds$/);
      await until(() => !isAlive(Number(bench.lines[0]?.message)));
    });

  for (const [what, module, errorType] of [
    [
      "cannot be loaded",
      "import 'absent-package'; export const handler = async () => 1;",
      "Runtime.ImportModuleError",
    ],
    ["has no such handler", "export const other = 1;", "Runtime.HandlerNotFound"],
    ["has a syntax error", "export const handler = = 1;", "Runtime.UserCodeSyntaxError"],
    ["throws when it is loaded", "throw new RangeError('init');", "RangeError"],
    ["ends when it is loaded", "process.exit(7);", "Runtime.ExitError"],
  ] as const)
    it(`reports a module that ${what} as ${errorType}`, async () => {
      await bench.create("init", module);
      const response = await bench.invoke("init");
      expect(response.FunctionError).to.equal("Unhandled");
      expect(response.Payload).to.include({ errorType });
    });

  it("uses a process again and adds one for each invocation at the same time", async () => {
    await bench.create("sleep", SLEEP);
    const first = (await bench.invoke("sleep", { for: 0 })).Payload;
    expect((await bench.invoke("sleep", { for: 0 })).Payload).to.equal(first);
    await bench.create("meet", MEET);
    const both = await Promise.all([bench.invoke("meet"), bench.invoke("meet")]);
    expect(new Set(both.map(({ Payload }) => Payload)).size).to.equal(2);
  });

  it("refuses more than the reserved concurrency as Lambda does, whatever the number of processes", async () => {
    await bench.close();
    bench = new LambdaBench({ maximumProcesses: 1 });
    await bench.create("sleep", SLEEP);
    await bench.call("PutFunctionConcurrency", { FunctionName: "sleep", ReservedConcurrentExecutions: 2 });
    const running = [bench.invoke("sleep", { for: 50 }), bench.invoke("sleep", { for: 50 })];
    const error = await refusal(bench.invoke("sleep", { for: 0 }));
    expect(error).to.include({ code: "TooManyRequestsException", status: 429, message: "Rate Exceeded." });
    expect(error.fields.Reason).to.equal("ReservedFunctionConcurrentInvocationLimitExceeded");
    const [one, two] = await Promise.all(running);
    expect(one?.Payload).to.equal(two?.Payload);
    expect(bench.sum("Throttles", "sleep")).to.equal(1);
    expect((await bench.invoke("sleep", { for: 0 })).StatusCode).to.equal(200);
  });

  it("keeps 100 executions of the account unreserved", async () => {
    await bench.create("echo", ECHO);
    const request = { FunctionName: "echo", ReservedConcurrentExecutions: 901 };
    const error = await refusal(bench.call("PutFunctionConcurrency", request));
    expect(error.code).to.equal("InvalidParameterValueException");
  });

  it("dies before the event is handed over, or after the handler is done, when a fault says so", async () => {
    await bench.create("writes", "export const handler = async () => { console.log('effect'); return 1; };");
    const effects = () => bench.lines.filter(({ message }) => message === "effect").length;
    for (const [when, expected] of [
      ["before", 0],
      ["after", 1],
    ] as const) {
      bench.cloud.faults.add({ function: "writes", effect: { kind: "crash" }, when, times: 1 });
      const { Payload } = await bench.invoke("writes");
      expect(Payload).to.include({ errorType: "Runtime.ExitError" });
      await until(() => effects() >= expected);
      expect(effects()).to.equal(expected);
    }
    expect((await bench.invoke("writes")).Payload).to.equal(1);
  });

  it("carries an event out later, twice more after errors, then sends it to the dead-letter queue as the role", async () => {
    await bench.create(
      "failing",
      "export const handler = async () => { console.log('attempt'); throw new Error('always'); };",
      { DeadLetterConfig: { TargetArn: `arn:aws:sqs:${REGION}:000000000000:dlq` } },
    );
    const { StatusCode } = await bench.invoke("failing", { kept: 'as "sent"' }, { InvocationType: "Event" });
    expect(StatusCode).to.equal(202);
    expect(bench.lambda.openInvocations(REGION)).to.be.greaterThan(0);
    await until(() => bench.sent.length > 0);
    expect(bench.lines.filter(({ message }) => message === "attempt")).to.have.length(3);
    const [message] = bench.sent;
    expect(message?.MessageBody).to.equal(JSON.stringify({ kept: 'as "sent"' }));
    expect(message?.by).to.equal("arn:aws:iam::000000000000:role/function");
    expect(message?.QueueUrl).to.equal(`https://sqs.${REGION}.amazonaws.com/000000000000/dlq`);
    expect(message?.MessageAttributes).to.have.all.keys("RequestID", "ErrorCode", "ErrorMessage");
    await until(() => bench.lambda.openInvocations() === 0);
  });

  it("runs nothing in a dry run", async () => {
    await bench.create("echo", ECHO);
    const response = await bench.call("Invoke", { FunctionName: "echo", InvocationType: "DryRun" });
    expect(response).to.deep.equal({ StatusCode: 204 });
    expect(bench.metrics.sum("Invocations")).to.equal(0);
  });

  it("refuses payloads over 6 MB, and over 1 MB for events, and text that is not JSON", async () => {
    await bench.create("echo", ECHO);
    const codes = [];
    for (const input of [
      { Payload: JSON.stringify("x".repeat(6_291_456)) },
      { Payload: JSON.stringify("x".repeat(1_048_576)), InvocationType: "Event" },
      { Payload: "{not json" },
    ])
      codes.push((await refusal(bench.call("Invoke", { FunctionName: "echo", ...input }))).code);
    expect(codes).to.deep.equal([
      "RequestTooLargeException",
      "RequestTooLargeException",
      "InvalidRequestContentException",
    ]);
  });

  it("reports a response over 6 MB instead of passing it on", async () => {
    await bench.create("large", "export const handler = async () => 'x'.repeat(7_000_000);");
    const response = await bench.invoke("large");
    expect(response.FunctionError).to.equal("Unhandled");
    expect(response.Payload).to.include({ errorType: "Function.ResponseSizeTooLarge" });
    expect((await bench.invoke("large")).FunctionError).to.equal("Unhandled");
  });

  it("invokes what an alias points to, and a published version never changes", async () => {
    await bench.create("f", "export const handler = async () => process.env.VALUE;", {
      Environment: { Variables: { VALUE: "one" } },
    });
    expect((await bench.call("PublishVersion", { FunctionName: "f" })).Version).to.equal("1");
    await bench.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
    const Environment = { Variables: { VALUE: "two" } };
    await bench.call("UpdateFunctionConfiguration", { FunctionName: "f", Environment });
    expect((await bench.invoke("f")).Payload).to.equal("two");
    const arn = `arn:aws:lambda:${REGION}:000000000000:function:f:live`;
    expect(await bench.invoke(arn)).to.deep.include({ Payload: "one", ExecutedVersion: "1" });
    expect((await bench.call("PublishVersion", { FunctionName: "f" })).Version).to.equal("2");
    expect((await bench.call("PublishVersion", { FunctionName: "f" })).Version).to.equal("2");
    await bench.call("UpdateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "2" });
    expect((await bench.invoke("f", {}, { Qualifier: "live" })).Payload).to.equal("two");
    const error = await refusal(bench.invoke("f", {}, { Qualifier: "absent" }));
    expect(error.code).to.equal("ResourceNotFoundException");
  });

  it("runs the new image after UpdateFunctionCode and lets the old process finish", async () => {
    await bench.create("f", SLEEP);
    const old = bench.invoke("f", { for: 200 });
    await until(() => bench.lambda.openInvocations() === 1);
    await bench.image("new", "export const handler = async () => 'new';");
    await bench.call("UpdateFunctionCode", { FunctionName: "f", ImageUri: "new" });
    expect((await bench.invoke("f")).Payload).to.equal("new");
    const pid = Number((await old).Payload);
    expect(pid).to.be.greaterThan(0);
    await until(() => !isAlive(pid));
  });

  it("sends what the process writes to the function's log group, line by line", async () => {
    await bench.create(
      "writes",
      "export const handler = async () => { console.log('one\\ntwo'); console.error('three'); };",
    );
    await bench.invoke("writes");
    await until(() => bench.lines.length === 3);
    expect(bench.lines.map(({ message }) => message)).to.have.members(["one", "two", "three"]);
    expect(bench.lines[0]?.group).to.equal("/aws/lambda/writes");
    expect(bench.lines[0]?.stream).to.match(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  it("ends a process that has had no work for a while", async () => {
    await bench.close();
    bench = new LambdaBench({ idleMilliseconds: 20 });
    await bench.create("pid", PID);
    const pid = Number((await bench.invoke("pid")).Payload);
    await until(() => !isAlive(pid));
    expect((await bench.invoke("pid")).Payload).to.not.equal(pid);
  });

  it("leaves no process behind when it is closed in the middle of invocations", async () => {
    await bench.create("hang", "export const handler = async () => { console.log(process.pid); for (;;); };");
    await bench.create("pid", PID);
    const idle = Number((await bench.invoke("pid")).Payload);
    const hanging = [bench.invoke("hang"), bench.invoke("hang")];
    await until(() => bench.lines.length === 2);
    await bench.cloud.close();
    const pids = [idle, ...bench.lines.map(({ message }) => Number(message))];
    expect(pids.filter(isAlive)).to.deep.equal([]);
    for (const response of await Promise.all(hanging)) expect(response.FunctionError).to.equal("Unhandled");
  });

  it("leaves no process behind when the local cloud itself is killed", async () => {
    const support = new URL("./lambda-support.ts", import.meta.url).href;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", orphaning(support)]);
    const [pid, folder] = String(await once(parent.stdout, "data").then(([chunk]) => chunk))
      .trim()
      .split(" ");
    expect(isAlive(Number(pid))).to.equal(true);
    parent.kill("SIGKILL");
    await until(() => !isAlive(Number(pid)));
    await rm(dirname(folder ?? ""), { recursive: true });
  });

  for (const [what, more, named] of [
    ["a zip package", { PackageType: "Zip" }, "PackageType"],
    ["a field that has no effect here", { Layers: ["x"] }, "Layers"],
    ["a reserved variable", { Environment: { Variables: { AWS_REGION: "x" } } }, "AWS_REGION"],
    ["a time limit beyond Lambda's", { Timeout: 901 }, "Timeout"],
    ["a role that is none", { Role: "x" }, "Role"],
  ] as const)
    it(`refuses ${what} by name`, async () => {
      const error = await refusal(bench.create("refused", ECHO, more));
      expect(error.code).to.equal("InvalidParameterValueException");
      expect(error.message).to.contain(named);
    });
});

/** A program that invokes a function, prints its process id and folder, and then waits to be killed. */
function orphaning(support: string): string {
  return `import { LambdaBench } from ${JSON.stringify(support)};
    const bench = new LambdaBench();
    await bench.create("pid", "export const handler = async () => process.pid + ' ' + process.cwd();");
    console.log((await bench.invoke("pid")).Payload);
    setInterval(() => {}, 1_000);`;
}
