import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { REGION, ROLE, refusal, StatesBench, single, task } from "./states-support.ts";

describe("Step Functions, locally", () => {
  const sent: Json[] = [];
  const calls: { operation: string; principal: string; region: string }[] = [];
  let lambda: (name: string, payload: unknown) => Json | Promise<Json> = () => ({});
  let bench: StatesBench;

  beforeEach(() => {
    sent.length = 0;
    calls.length = 0;
    bench = new StatesBench({
      lambda: {
        Invoke: (input, call) => {
          calls.push(call);
          return lambda(String(input.FunctionName), JSON.parse(String(input.Payload)));
        },
      },
      sqs: {
        SendMessage: (input) => {
          if (input.QueueUrl === "missing")
            throw new ServiceError("AWS.SimpleQueueService.NonExistentQueue", "no such queue");
          sent.push(input);
          return { MessageId: "1" };
        },
      },
      dynamodb: {
        PutItem: () => {
          throw new ServiceError("ConditionalCheckFailedException", "The conditional request failed");
        },
        GetItem: () => {
          throw new ServiceError("AccessDeniedException", "not authorized", 400);
        },
      },
    });
    lambda = (_name, payload) => ({
      StatusCode: 200,
      ExecutedVersion: "3",
      Payload: JSON.stringify(payload),
    });
  });
  afterEach(() => bench.cloud.close());

  const invoke = (parameters: object, more: object = {}) =>
    task("lambda:invoke", { FunctionName: "f", ...parameters }, more);

  it("gives the result of an invocation in the form of the optimised integration, as the machine's role", async () => {
    const arn = await bench.create(single(invoke({ "Payload.$": "$" })));
    const { status, output } = await bench.run(arn, { a: 1 });
    const result = JSON.parse(String(output));
    expect(status).to.equal("SUCCEEDED");
    expect(result).to.include({ ExecutedVersion: "3", StatusCode: 200 });
    expect(result.Payload).to.deep.equal({ a: 1 });
    expect(result.SdkResponseMetadata).to.have.property("RequestId");
    expect(calls[0]).to.include({ operation: "Invoke", principal: ROLE, region: REGION });
  });

  it("fails an execution with the function's error type and its payload as the cause", async () => {
    const payload = JSON.stringify({ errorType: "Custom.Error", errorMessage: "no", trace: [] });
    lambda = () => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: payload });
    const arn = await bench.create(single(invoke({})));
    expect(await bench.run(arn, {})).to.include({ status: "FAILED", error: "Custom.Error", cause: payload });
  });

  for (const [code, name] of [
    ["TooManyRequestsException", "Lambda.TooManyRequestsException"],
    ["ServiceException", "Lambda.ServiceException"],
    ["ResourceNotFoundException", "Lambda.ResourceNotFoundException"],
    ["AccessDeniedException", "Lambda.AWSLambdaException"],
  ] as const)
    it(`shows Lambda's ${code} as ${name}, which Catch matches by name`, async () => {
      lambda = () => {
        throw new ServiceError(code, "refused", 429);
      };
      const Catch = [{ ErrorEquals: [name], Next: "Caught", ResultPath: "$.failure" }];
      const arn = await bench.create({
        StartAt: "Only",
        States: { Only: invoke({}, { Catch }), Caught: { Type: "Pass", End: true } },
      });
      const { output } = await bench.run(arn, { kept: true });
      const { kept, failure } = JSON.parse(String(output));
      expect(kept).to.equal(true);
      expect(failure.Error).to.equal(name);
      expect(failure.Cause).to.contain(code);
    });

  it("names DynamoDB's and SQS's errors as their integrations do", async () => {
    const names = [];
    for (const state of [
      task("dynamodb:putItem", { TableName: "t" }),
      task("dynamodb:getItem", { TableName: "t" }),
      task("sqs:sendMessage", { QueueUrl: "missing", MessageBody: "b" }),
    ])
      names.push((await bench.run(await bench.create(single(state)), {})).error);
    expect(names).to.deep.equal([
      "DynamoDB.ConditionalCheckFailedException",
      "DynamoDB.AmazonDynamoDBException",
      "SQS.QueueDoesNotExistException",
    ]);
  });

  it("retries by name and counts the retries in the context object", async () => {
    const seen: Json[] = [];
    lambda = (_name, payload) => {
      seen.push(payload as Json);
      if (seen.length < 3) throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", 429);
      return { StatusCode: 200, Payload: "true" };
    };
    const Retry = [
      {
        ErrorEquals: ["Lambda.TooManyRequestsException"],
        MaxAttempts: 2,
        IntervalSeconds: 1,
        BackoffRate: 1,
      },
    ];
    Object.assign(Retry[0] ?? {}, { JitterStrategy: "FULL", MaxDelaySeconds: 1 });
    const arn = await bench.create(single(invoke({ "Payload.$": "$$.State" }, { Retry })));
    expect((await bench.run(arn, {})).status).to.equal("SUCCEEDED");
    expect(seen.map((state) => state.RetryCount)).to.deep.equal([0, 1, 2]);
    expect(new Set(seen.map((state) => state.EnteredTime)).size).to.equal(1);
  }).timeout(5_000);

  it("keeps quotes, backslashes and all of Unicode in States.JsonToString and States.Format", async () => {
    const value = { text: 'a "quoted" \\ back\\\\slash \u2028 \u{1f4b9} \n', nested: ["'", "{}"] };
    const parameters = {
      QueueUrl: "q",
      "MessageBody.$": "States.JsonToString($.value)",
      MessageAttributes: { "line.$": "States.Format('it\\'s {} and \\{\\}', $.value.text)" },
    };
    const arn = await bench.create(single(task("sqs:sendMessage", parameters)));
    expect((await bench.run(arn, { value })).status).to.equal("SUCCEEDED");
    expect(sent[0]?.MessageBody).to.equal(JSON.stringify(value));
    expect(sent[0]?.MessageAttributes).to.deep.equal({ line: `it's ${value.text} and {}` });
  });

  it("sends an object as message body as its JSON text", async () => {
    const arn = await bench.create(
      single(task("sqs:sendMessage", { QueueUrl: "q", "MessageBody.$": "$$.Execution.Input" })),
    );
    await bench.run(arn, { a: 'b"' });
    expect(sent[0]?.MessageBody).to.equal('{"a":"b\\""}');
  });

  it("gives branches of a Parallel the execution's own input and start, and merges by ResultPath", async () => {
    const branch = (name: string) => ({
      StartAt: name,
      States: {
        [name]: {
          Type: "Pass",
          Parameters: { "input.$": "$$.Execution.Input", "start.$": "$$.Execution.StartTime" },
          End: true,
        },
      },
    });
    const arn = await bench.create({
      StartAt: "Wait",
      States: {
        Wait: { Type: "Wait", Seconds: 1, Next: "Both" },
        Both: {
          ...{ Type: "Parallel", Branches: [branch("One"), branch("Two")] },
          ...{ InputPath: "$.inner", ResultPath: "$.both", Next: "Choose" },
        },
        Choose: {
          Type: "Choice",
          Choices: [{ Variable: "$.both[0].input.kind", StringEquals: "x", Next: "Yes" }],
          Default: "No",
        },
        Yes: { Type: "Succeed" },
        No: { Type: "Fail", Error: "Wrong", Cause: "branch" },
      },
    });
    const input = { kind: "x", inner: { only: "this" } };
    const { status, output, startDate } = await bench.run(arn, input);
    expect(status).to.equal("SUCCEEDED");
    const { both, inner } = JSON.parse(String(output));
    expect(inner).to.deep.equal(input.inner);
    const started = new Date(Number(startDate) * 1_000).toISOString();
    expect(both).to.deep.equal([
      { input, start: started },
      { input, start: started },
    ]);
  });

  it("fails a task that takes longer than TimeoutSeconds with States.Timeout", async () => {
    lambda = () => new Promise((done) => setTimeout(() => done({ Payload: "1" }), 1_300));
    const Catch = [
      { ErrorEquals: ["States.TaskFailed"], Next: "Wrong" },
      { ErrorEquals: ["States.Timeout"], Next: "Right" },
    ];
    const arn = await bench.create({
      StartAt: "Only",
      States: {
        Only: invoke({}, { TimeoutSeconds: 1, Catch }),
        Right: { Type: "Succeed" },
        Wrong: { Type: "Fail" },
      },
    });
    expect((await bench.run(arn, {})).status).to.equal("SUCCEEDED");
  }).timeout(5_000);

  it("ends an execution at the definition's TimeoutSeconds, uncaught", async () => {
    lambda = () => new Promise((done) => setTimeout(() => done({ Payload: "1" }), 1_300));
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Caught" }];
    const arn = await bench.create({
      TimeoutSeconds: 1,
      StartAt: "Only",
      States: { Only: invoke({}, { Catch }), Caught: { Type: "Succeed" } },
    });
    expect((await bench.run(arn, {})).status).to.equal("TIMED_OUT");
    expect(bench.metrics.sum("ExecutionsTimedOut")).to.equal(1);
  }).timeout(5_000);

  describe("with more than 262,144 bytes", () => {
    const large = "x".repeat(262_144);
    const caughtBy = (ErrorEquals: string[]) => ({
      StartAt: "Only",
      States: {
        Only: invoke({}, { Catch: [{ ErrorEquals, Next: "Caught" }] }),
        Caught: { Type: "Succeed" },
      },
    });

    it("fails a task's output with States.DataLimitExceeded, which States.ALL does not catch", async () => {
      lambda = () => ({ Payload: JSON.stringify(large) });
      const description = await bench.run(await bench.create(caughtBy(["States.ALL"])), {});
      expect(description).to.include({ status: "FAILED", error: "States.DataLimitExceeded" });
    });

    it("lets a Catch that names it catch it", async () => {
      lambda = () => ({ Payload: JSON.stringify(large) });
      const description = await bench.run(await bench.create(caughtBy(["States.DataLimitExceeded"])), {});
      expect(description.status).to.equal("SUCCEEDED");
    });

    it("fails a task's input before the task is carried out", async () => {
      const arn = await bench.create(
        single(invoke({ Payload: { "a.$": "$.text", "b.$": "$.text", "c.$": "$.text" } })),
      );
      const description = await bench.run(arn, { text: "y".repeat(100_000) });
      expect(description).to.include({ status: "FAILED", error: "States.DataLimitExceeded" });
      expect(calls).to.have.length(0);
    });

    it("refuses the input of an execution", async () => {
      const stateMachineArn = await bench.create(single(invoke({})));
      const error = await refusal(bench.call("StartExecution", { stateMachineArn, input: `"${large}"` }));
      expect(error.code).to.equal("ValidationException");
    });
  });

  it("fails with States.Runtime, which nothing catches, where a path leads nowhere", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Caught" }];
    const arn = await bench.create({
      StartAt: "Only",
      States: { Only: invoke({ "Payload.$": "$.absent" }, { Catch }), Caught: { Type: "Succeed" } },
    });
    const description = await bench.run(arn, {});
    expect(description).to.include({ status: "FAILED", error: "States.Runtime" });
    expect(description.cause).to.contain("$.absent");
  });

  it("stops an execution, whose task is not carried out again", async () => {
    lambda = () => new Promise(() => undefined);
    const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1 }];
    const stateMachineArn = await bench.create(single(invoke({}, { Retry })));
    const { executionArn } = await bench.call("StartExecution", { stateMachineArn });
    expect(bench.states.openExecutions(REGION)).to.equal(1);
    await bench.call("StopExecution", { executionArn, error: "Operator", cause: "enough" });
    const description = await bench.call("DescribeExecution", { executionArn });
    expect(description).to.include({ status: "ABORTED", error: "Operator", cause: "enough" });
    expect(calls).to.have.length(1);
    expect(bench.states.openExecutions()).to.equal(0);
  });

  it("names an execution once: the same start again is the same execution, another one is refused", async () => {
    let release: () => void = () => undefined;
    lambda = () =>
      new Promise((done) => {
        release = () => done({ Payload: "1" });
      });
    const stateMachineArn = await bench.create(single(invoke({})));
    const start = (input: string) => bench.call("StartExecution", { stateMachineArn, name: "n", input });
    const first = await start("{}");
    expect(await start("{}")).to.deep.equal(first);
    expect((await refusal(start('{"a":1}'))).code).to.equal("ExecutionAlreadyExists");
    release();
    await bench.ended(String(first.executionArn));
    expect((await refusal(start("{}"))).code).to.equal("ExecutionAlreadyExists");
  });

  it("refuses description, history and listing of EXPRESS executions as AWS does", async () => {
    const stateMachineArn = await bench.create(single(invoke({})), { type: "EXPRESS" });
    const { executionArn } = await bench.call("StartExecution", { stateMachineArn });
    expect(executionArn).to.match(/:express:machine-1:/);
    for (const operation of ["DescribeExecution", "GetExecutionHistory", "StopExecution"])
      expect((await refusal(bench.call(operation, { executionArn }))).code).to.equal("InvalidArn");
    const error = await refusal(bench.call("ListExecutions", { stateMachineArn }));
    expect(error.code).to.equal("StateMachineTypeNotSupported");
  });

  it("lists executions by status, the newest first, in pages", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Pass", End: true }));
    for (const name of ["a", "b", "c"]) {
      const { executionArn } = await bench.call("StartExecution", { stateMachineArn, name });
      await bench.ended(String(executionArn));
    }
    const names = (page: Json) => (page.executions as Json[]).map((each) => each.name);
    const query = { stateMachineArn, statusFilter: "SUCCEEDED", maxResults: 2 };
    const first = await bench.call("ListExecutions", query);
    const second = await bench.call("ListExecutions", { ...query, nextToken: first.nextToken });
    expect([names(first), names(second)]).to.deep.equal([["c", "b"], ["a"]]);
    expect(second.nextToken).to.equal(undefined);
    const failed = await bench.call("ListExecutions", { stateMachineArn, statusFilter: "FAILED" });
    expect(failed.executions).to.deep.equal([]);
  });

  it("gives the history of a STANDARD execution in AWS's event types", async () => {
    const arn = await bench.create({
      StartAt: "Pass",
      States: { Pass: { Type: "Pass", Next: "Only" }, Only: invoke({}) },
    });
    const { executionArn } = await bench.run(arn, {});
    const { events } = await bench.call("GetExecutionHistory", { executionArn });
    expect((events as Json[]).map((event) => event.type)).to.deep.equal([
      ...["ExecutionStarted", "PassStateEntered", "PassStateExited"],
      ...["TaskStateEntered", "TaskStateExited", "ExecutionSucceeded"],
    ]);
  });

  it("logs a failed execution to the configured group", async () => {
    lambda = () => {
      throw new ServiceError("ServiceException", "down", 500);
    };
    const logGroupArn = `arn:aws:logs:${REGION}:000000000000:log-group:/aws/vendedlogs/states/x:*`;
    const destinations = [{ cloudWatchLogsLogGroup: { logGroupArn } }];
    const arn = await bench.create(single(invoke({})), {
      loggingConfiguration: { level: "ERROR", destinations },
    });
    const { executionArn } = await bench.run(arn, {});
    expect(bench.logged).to.have.length(1);
    expect(bench.logged[0]).to.deep.include({ group: "/aws/vendedlogs/states/x" });
    expect(bench.logged[0]?.message).to.include({ type: "ExecutionFailed", execution_arn: executionArn });
  });

  for (const [what, definition, named] of [
    ["JSONata", { QueryLanguage: "JSONata", ...single({ Type: "Pass", End: true }) }, "JSONata"],
    ["JSONata in a state", single({ Type: "Pass", QueryLanguage: "JSONata", End: true }), "QueryLanguage"],
    ["an unknown integration", single(task("sns:publish", {})), "sns:publish"],
    ["a Map", single({ Type: "Map", ItemProcessor: single({ Type: "Succeed" }), End: true }), "Map"],
    ["an unknown intrinsic", single(invoke({ "Payload.$": "States.MathRandom(1, 2)" })), "States.MathRandom"],
    ["a path of several values", single(invoke({ "Payload.$": "$.a[*]" })), "$.a[*]"],
    ["a state that leads nowhere", single({ Type: "Pass", Next: "Absent" }), "Absent"],
  ] as const)
    it(`refuses ${what} by name`, async () => {
      const error = await refusal(bench.create(definition));
      expect(error.code).to.equal("InvalidDefinition");
      expect(error.message).to.contain(named);
    });

  it("refuses StartSyncExecution by name", async () => {
    const error = await refusal(bench.call("StartSyncExecution", {}));
    expect(error.message).to.contain("StartSyncExecution");
  });

  it("aborts what runs when it is closed", async () => {
    lambda = () => new Promise(() => undefined);
    const stateMachineArn = await bench.create(single(invoke({})), { type: "EXPRESS" });
    for (let count = 0; count < 3; count += 1) await bench.call("StartExecution", { stateMachineArn });
    await bench.states.close?.();
    expect(bench.states.openExecutions()).to.equal(0);
    expect(bench.metrics.sum("ExecutionsAborted")).to.equal(3);
  });
});
