import {
  SFNClient,
  StartSyncExecutionCommand,
  ValidateStateMachineDefinitionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { DAY, REGION, ROLE, refusal, START, StatesBench, single, task } from "./states-support.ts";

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
    const arn = await bench.create(single(invoke({ "Payload.$": "$$.State" }, { Retry })));
    expect((await bench.run(arn, {})).status).to.equal("SUCCEEDED");
    expect(seen.map((state) => state.RetryCount)).to.deep.equal([0, 1, 2]);
    expect(new Set(seen.map((state) => state.EnteredTime)).size).to.equal(1);
  });

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

  it("lets a name be used again, and forgets its execution, 90 days after that has ended", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Succeed" }));
    const start = () => bench.call("StartExecution", { stateMachineArn, name: "n" });
    const { executionArn } = await start();
    await bench.clock.advance(90 * DAY - 1);
    expect((await refusal(start())).code).to.equal("ExecutionAlreadyExists");
    expect((await bench.call("DescribeExecution", { executionArn })).status).to.equal("SUCCEEDED");
    await bench.clock.advance(1);
    const error = await refusal(bench.call("DescribeExecution", { executionArn }));
    expect(error.code).to.equal("ExecutionDoesNotExist");
    expect((await start()).executionArn).to.equal(executionArn);
  });

  it("gives the result of a synchronous EXPRESS execution, and refuses STANDARD ones", async () => {
    const definition = single({ Type: "Wait", Seconds: 2, End: true });
    const request = { stateMachineArn: await bench.create(definition, { type: "EXPRESS" }), name: "n" };
    const answer = bench.call("StartSyncExecution", { ...request, input: '{"a":1}' });
    await bench.clock.advance(2_000);
    expect(await answer).to.deep.include({
      ...{ name: "n", status: "SUCCEEDED", output: '{"a":1}', outputDetails: { included: true } },
      ...{ startDate: START / 1_000, stopDate: (START + 2_000) / 1_000 },
      billingDetails: { billedMemoryUsedInMB: 64, billedDurationInMilliseconds: 2_000 },
    });
    const stateMachineArn = await bench.create(definition);
    const error = await refusal(bench.call("StartSyncExecution", { stateMachineArn }));
    expect(error.code).to.equal("StateMachineTypeNotSupported");
  });

  it("speaks to AWS's SDK, whose host prefix for synchronous executions has to be disabled", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Pass", End: true }), { type: "EXPRESS" });
    const endpoint = await startEndpoint(bench.cloud);
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const client = new SFNClient({
      endpoint: endpoint.url,
      region: REGION,
      credentials,
      disableHostPrefix: true,
    });
    try {
      const answer = await client.send(new StartSyncExecutionCommand({ stateMachineArn, input: '{"a":1}' }));
      expect(answer).to.include({ status: "SUCCEEDED", output: '{"a":1}' });
      expect(answer.startDate).to.deep.equal(new Date(START));
      const definition = JSON.stringify(single({ Type: "Pass" }));
      const verdict = await client.send(new ValidateStateMachineDefinitionCommand({ definition }));
      expect(verdict.diagnostics?.map(({ location }) => location)).to.deep.equal(["/States/Only/Next"]);
    } finally {
      client.destroy();
      await endpoint.close();
    }
  });

  it("lets EXPRESS executions share a name", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Succeed" }), { type: "EXPRESS" });
    const start = () => bench.call("StartExecution", { stateMachineArn, name: "n" });
    expect((await start()).executionArn).not.to.equal((await start()).executionArn);
  });

  it("changes a state machine for new executions only", async () => {
    const passing = (Result: string) => ({
      StartAt: "W",
      States: { W: { Type: "Wait", Seconds: 5, Next: "P" }, P: { Type: "Pass", Result, End: true } },
    });
    const stateMachineArn = await bench.create(passing("old"));
    const executionArn = await bench.start(stateMachineArn);
    const definition = JSON.stringify(passing("new"));
    const { revisionId } = await bench.call("UpdateStateMachine", { stateMachineArn, definition });
    expect((await bench.run(stateMachineArn)).output).to.equal('"new"');
    expect((await bench.ended(executionArn)).output).to.equal('"old"');
    const old = await bench.call("DescribeStateMachineForExecution", { executionArn });
    expect(old.definition).to.equal(JSON.stringify(passing("old")));
    const current = await bench.call("DescribeStateMachine", { stateMachineArn });
    expect(current).to.include({ definition, revisionId, status: "ACTIVE" });
  });

  it("refuses a change of nothing, and pages of more than 1,000", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Succeed" }));
    const change = await refusal(bench.call("UpdateStateMachine", { stateMachineArn }));
    expect(change.code).to.equal("MissingRequiredParameter");
    const page = await refusal(bench.call("ListExecutions", { stateMachineArn, maxResults: 1_001 }));
    expect(page.code).to.equal("ValidationException");
  });

  it("keeps tags of state machines", async () => {
    const tags = [{ key: "a", value: "1" }];
    const resourceArn = await bench.create(single({ Type: "Succeed" }), { tags });
    await bench.call("TagResource", { resourceArn, tags: [{ key: "b", value: "2" }] });
    await bench.call("UntagResource", { resourceArn, tagKeys: ["a"] });
    expect(await bench.call("ListTagsForResource", { resourceArn })).to.deep.equal({
      tags: [{ key: "b", value: "2" }],
    });
  });

  it("counts executions and their time by state machine", async () => {
    const stateMachineArn = await bench.create(single({ Type: "Wait", Seconds: 3, End: true }));
    await bench.run(stateMachineArn);
    expect(bench.metrics.points).to.deep.equal(
      [
        ["ExecutionsStarted", 1],
        ["ExecutionsSucceeded", 1],
        ["ExecutionTime", 3_000],
      ].map(([name, value]) => ({
        ...{ region: REGION, namespace: "AWS/States", name, value },
        dimensions: { StateMachineArn: stateMachineArn },
      })),
    );
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

  for (const [what, definition, named] of [
    ["JSONata", { QueryLanguage: "JSONata", ...single({ Type: "Pass", End: true }) }, "JSONata"],
    ["JSONata in a state", single({ Type: "Pass", QueryLanguage: "JSONata", End: true }), "QueryLanguage"],
    ["an unknown integration", single(task("sns:publish", {})), "sns:publish"],
    [
      "a distributed Map",
      single({
        Type: "Map",
        ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED" }, ...single({ Type: "Succeed" }) },
        End: true,
      }),
      'Mode is "DISTRIBUTED"',
    ],
    ["a path of several values", single(invoke({ "Payload.$": "$.a[*]" })), "$.a[*]"],
    ["a state that leads nowhere", single({ Type: "Pass", Next: "Absent" }), "Absent"],
  ] as const)
    it(`refuses ${what} by name`, async () => {
      const error = await refusal(bench.create(definition));
      expect(error.code).to.equal("InvalidDefinition");
      expect(error.message).to.contain(named);
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
