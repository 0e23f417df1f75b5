import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { invoke, lambdaWith, ROLE, refusal, START, StatesBench, single } from "./states-support.ts";

/** Expectations: Amazon States Language, and Step Functions Developer Guide, "Processing input and output". */
describe("Data of Step Functions, locally", () => {
  let bench: StatesBench;
  let seen: unknown[] = [];

  beforeEach(() => {
    seen = [];
    bench = new StatesBench(
      lambdaWith((_name, payload) => {
        seen.push(payload);
        return { answer: payload, n: 1 };
      }),
    );
  });
  afterEach(() => bench.cloud.close());

  const outputOf = async (definition: object, input: unknown = {}) => {
    const { status, output, error, cause } = await bench.runOnce(definition, input);
    return status === "SUCCEEDED" ? JSON.parse(String(output)) : { status, error, cause };
  };
  const inState = (state: object, input?: unknown) => outputOf(single(state), input);

  describe("of a Task", () => {
    it("goes through InputPath, Parameters, the task, ResultSelector, ResultPath and OutputPath in this order", async () => {
      const state = {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        InputPath: "$.in",
        Parameters: { FunctionName: "f", Payload: { "given.$": "$.x", fixed: [1, { "deep.$": "$.x" }] } },
        ResultSelector: { "picked.$": "$.Payload.answer.given", "status.$": "$.StatusCode" },
        ResultPath: "$.in.result",
        OutputPath: "$.in",
        End: true,
      };
      expect(await inState(state, { in: { x: 7 }, out: 1 })).to.deep.equal({
        x: 7,
        result: { picked: 7, status: 200 },
      });
      expect(seen).to.deep.equal([{ given: 7, fixed: [1, { deep: 7 }] }]);
    });

    it("drops the result with ResultPath null, and gives an empty object with InputPath or OutputPath null", async () => {
      expect(await inState(invoke({ ResultPath: null }), { a: 1 })).to.deep.equal({ a: 1 });
      expect(await inState(invoke({ OutputPath: null }), { a: 1 })).to.deep.equal({});
      await inState(invoke({ InputPath: null }), { a: 1 });
      expect(seen.at(-1)).to.deep.equal({});
    });

    it("reads the context object anywhere", async () => {
      const Parameters = { FunctionName: "f", "Payload.$": "$$" };
      const { Payload } = await inState(invoke({ Parameters }), { a: 1 });
      const { Execution, State, StateMachine } = Payload.answer;
      const id = "arn:aws:states:us-east-1:000000000000:execution:machine-1:";
      expect(Execution).to.deep.include({ Input: { a: 1 }, RoleArn: ROLE, RedriveCount: 0 });
      expect(Execution.StartTime).to.equal("2026-01-05T14:30:00.000Z");
      expect(Execution.Id).to.equal(`${id}${Execution.Name}`);
      expect(State).to.deep.equal({ EnteredTime: "2026-01-05T14:30:00.000Z", Name: "Only", RetryCount: 0 });
      expect(StateMachine).to.deep.equal({
        Id: "arn:aws:states:us-east-1:000000000000:stateMachine:machine-1",
        Name: "machine-1",
      });
    });

    it("fails with States.ResultPathMatchFailure where the input has no place for a result", async () => {
      expect(await inState(invoke({ ResultPath: "$.a" }), 1)).to.include({
        status: "FAILED",
        error: "States.ResultPathMatchFailure",
      });
    });
  });

  for (const [field, state, cause] of [
    ["InputPath", { InputPath: "$.no" }, "Invalid path '$.no' : No results for path: $['no']"],
    ["OutputPath", { OutputPath: "$.no" }, "Invalid path '$.no' : No results for path: $['no']"],
    [
      "Parameters",
      { Parameters: { "v.$": "$.no" } },
      "The JSONPath '$.no' specified for the field 'v.$' could not be found in the input '{\"a\":1}'",
    ],
  ] as const)
    it(`fails with States.Runtime, uncaught, where ${field} leads nowhere`, async () => {
      const before = "An error occurred while executing the state 'Only' (entered at the event id #2). ";
      expect(await inState({ Type: "Pass", ...state, End: true }, { a: 1 })).to.deep.equal({
        ...{ status: "FAILED", error: "States.Runtime" },
        cause: `${before}${cause}`,
      });
    });

  describe("of a Pass", () => {
    it("is its Result, its Parameters or its input, placed by ResultPath", async () => {
      expect(await inState({ Type: "Pass", End: true }, [1])).to.deep.equal([1]);
      expect(await inState({ Type: "Pass", Result: { "a.$": "$" }, End: true }, [1])).to.deep.equal({
        "a.$": "$",
      });
      const state = {
        Type: "Pass",
        Parameters: { "b.$": "$.list[1]" },
        ResultPath: "$.new.place",
        End: true,
      };
      expect(await inState(state, { list: [1, 2] })).to.deep.equal({
        list: [1, 2],
        new: { place: { b: 2 } },
      });
    });
  });

  it("is limited to 262,144 bytes where it comes out of any state", async () => {
    const definition = {
      StartAt: "Grow",
      States: {
        Grow: { Type: "Pass", Parameters: { "a.$": "$", "b.$": "$" }, Next: "Shrink" },
        Shrink: { Type: "Pass", Result: 1, End: true },
      },
    };
    expect(await outputOf(definition, "x".repeat(131_000))).to.equal(1);
    expect(await outputOf(definition, "x".repeat(132_000))).to.include({ error: "States.DataLimitExceeded" });
  });

  describe("of a Parallel", () => {
    const branch = (name: string, more: object) => ({
      StartAt: name,
      States: { [name]: { End: true, ...more } },
    });

    it("goes to every branch alike, and comes back as a list in the branches' order", async () => {
      const state = {
        Type: "Parallel",
        InputPath: "$.in",
        Parameters: { "x.$": "$.x" },
        Branches: [
          branch("Late", { Type: "Wait", Seconds: 5 }),
          branch("Early", { Type: "Pass", Parameters: { "y.$": "$.x" } }),
        ],
        ResultSelector: { "first.$": "$[0].x", "second.$": "$[1].y" },
        ResultPath: "$.both",
        OutputPath: "$.both",
        End: true,
      };
      expect(await inState(state, { in: { x: 3, z: 4 } })).to.deep.equal({ first: 3, second: 3 });
    });

    it("fails with States.DataLimitExceeded if only all results together are too large", async () => {
      const Branches = ["A", "B", "C"].map((name) => branch(name, { Type: "Pass" }));
      expect(await inState({ Type: "Parallel", Branches, End: true }, "x".repeat(100_000))).to.deep.equal({
        ...{ status: "FAILED", error: "States.DataLimitExceeded" },
        cause:
          "The state/task 'Only' returned a result with a size exceeding the maximum number of bytes service limit.",
      });
    });
  });

  describe("of a Map", () => {
    const map = (processor: object, more: object = {}) => ({
      Type: "Map",
      ItemProcessor: { StartAt: "Each", States: { Each: { End: true, ...processor } } },
      End: true,
      ...more,
    });

    it("is one iteration's output for each item, in the items' order, whatever ends first", async () => {
      const wait = map({ Type: "Wait", SecondsPath: "$" }, { ItemsPath: "$.list", ResultPath: "$.done" });
      const { output, stopDate } = await bench.runOnce(single(wait), { list: [3, 1, 2] });
      expect(JSON.parse(String(output)).done).to.deep.equal([3, 1, 2]);
      expect(stopDate).to.equal(START / 1_000 + 3);
      expect(await inState(map({ Type: "Pass" }), [])).to.deep.equal([]);
    });

    it("goes into iterations through ItemSelector, which sees item, index and the state's input", async () => {
      const ItemSelector = { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.x", "all.$": "$.n" };
      const state = map({ Type: "Pass" }, { ItemsPath: "$.list", ItemSelector });
      expect(await inState(state, { n: 7, list: [{ x: "a" }, { x: "b" }] })).to.deep.equal([
        { i: 0, v: "a", all: 7 },
        { i: 1, v: "b", all: 7 },
      ]);
      const inside = map({ Type: "Pass", Parameters: { "v.$": "$$.Map.Item.Value" } });
      expect(await inState(inside, [5])).to.deep.equal([{ v: 5 }]);
    });

    it("goes into as many iterations at a time as MaxConcurrency says", async () => {
      const state = map({ Type: "Wait", Seconds: 10 }, { MaxConcurrency: 2 });
      const { stopDate } = await bench.runOnce(single(state), [1, 2, 3, 4, 5]);
      expect(stopDate).to.equal(START / 1_000 + 30);
    });

    it("ends with the error of the first iteration that fails, and needs an array", async () => {
      const choose = {
        StartAt: "C",
        States: {
          C: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 2, Next: "F" }], Default: "W" },
          F: { Type: "Fail", Error: "Two" },
          W: { Type: "Wait", Seconds: 60, End: true },
        },
      };
      const state = { Type: "Map", ItemProcessor: choose, End: true };
      const { error, stopDate, executionArn } = await bench.runOnce(single(state), [1, 2]);
      expect([error, stopDate]).to.deep.equal(["Two", START / 1_000]);
      expect((await bench.trail(executionArn)).slice(1)).to.deep.equal([
        ...["2<-0 MapStateEntered", "3<-2 MapStateStarted", "4<-3 MapIterationStarted"],
        ...["5<-4 ChoiceStateEntered", "6<-3 MapIterationStarted", "7<-6 ChoiceStateEntered"],
        ...["8<-5 ChoiceStateExited", "9<-7 ChoiceStateExited", "10<-8 WaitStateEntered"],
        ...["11<-9 FailStateEntered", "12<-11 MapIterationFailed", "13<-11 MapIterationAborted"],
        ...["14<-11 WaitStateAborted", "15<-11 MapStateFailed", "16<-15 ExecutionFailed"],
      ]);
      const { cause } = await inState(state, { a: 1 });
      expect(cause).to.contain('Map state input must be an array but was: {"a":1}');
    });
  });

  describe("of a Choice", () => {
    const choose = async (rule: object, input: unknown, more: object = {}) => {
      const result = (taken: boolean) => ({ Type: "Pass", Result: taken, End: true });
      return outputOf(
        {
          StartAt: "Choose",
          States: {
            Choose: { Type: "Choice", Choices: [{ ...rule, Next: "Yes" }], Default: "No", ...more },
            Yes: result(true),
            No: result(false),
          },
        },
        input,
      );
    };

    /** Operator, operand, values for which it holds, values for which it does not. */
    const cases: [string, unknown, unknown[], unknown[]][] = [
      ["StringEquals", "b", ["b"], ["a", "B", 1, null, ["b"]]],
      ["StringLessThan", "b", ["a", ""], ["b", "c", 0]],
      ["StringLessThanEquals", "b", ["a", "b"], ["c", true]],
      ["StringGreaterThan", "b", ["c", "bb"], ["b", "a", 5]],
      ["StringGreaterThanEquals", "b", ["c", "b"], ["a", null]],
      ["NumericEquals", 2, [2, 2.0], [1, "2", null, true]],
      ["NumericLessThan", 2, [1.5, -3], [2, "1"]],
      ["NumericLessThanEquals", 2, [2, 1], [2.1]],
      ["NumericGreaterThan", 2, [3], [2, "3"]],
      ["NumericGreaterThanEquals", 2, [2, 3], [1]],
      ["BooleanEquals", true, [true], [false, "true", 1]],
      [
        "TimestampEquals",
        "2026-01-05T14:30:00Z",
        ["2026-01-05T14:30:00Z", "2026-01-05T15:30:00+01:00", "2026-01-05T14:30:00.000Z"],
        ["2026-01-05T14:30:01Z", "2026-01-05", 1_767_623_400],
      ],
      ["TimestampLessThan", "2026-01-05T14:30:00Z", ["2026-01-05T14:29:59.999Z"], ["2026-01-05T14:30:00Z"]],
      [
        "TimestampGreaterThan",
        "2026-01-05T14:30:00Z",
        ["2026-01-05T14:30:00.001Z"],
        ["2026-01-05T14:30:00Z"],
      ],
      ["TimestampLessThanEquals", "2026-01-05T14:30:00Z", ["2026-01-05T14:30:00Z"], ["2026-01-06T00:00:00Z"]],
      [
        "TimestampGreaterThanEquals",
        "2026-01-05T14:30:00Z",
        ["2026-01-06T00:00:00Z"],
        ["2026-01-04T00:00:00Z"],
      ],
      ["StringMatches", "*.log", ["zebra.log", ".log"], ["log", "zebra.log.gz", 1]],
      ["StringMatches", "foo*.log", ["foo23.log"], ["afoo23.log"]],
      ["StringMatches", "foo*.*", ["foobar.zebra", "foo.\n"], ["foobar"]],
      ["StringMatches", "a\\*b", ["a*b"], ["axb", "a\\*b"]],
      ["StringMatches", "a\\\\b(.)", ["a\\b(.)"], ["a\\\\b(.)", "a\\b(x)"]],
      ["IsNull", true, [null], [0, "", false]],
      ["IsNull", false, [0, ""], [null]],
      ["IsNumeric", true, [1, 1.5], ["1", null]],
      ["IsString", true, ["", "x"], [1, null]],
      ["IsBoolean", true, [true, false], ["true", 0]],
      [
        "IsTimestamp",
        true,
        ["2012-10-09T19:00:55Z", "2012-10-09T19:00:55+01:00"],
        ["2012-10-09T19:00:55", "2023-02-24"],
      ],
      ["IsTimestamp", false, ["2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", 1], ["2026-02-28T00:00:00Z"]],
      ["IsPresent", true, [null, 0, ""], []],
      ["IsPresent", false, [], [null, 0]],
    ];
    for (const [operator, operand, yes, no] of cases)
      it(`holds for ${operator} ${JSON.stringify(operand)} as it should`, async () => {
        for (const value of yes)
          expect(
            await choose({ Variable: "$.v", [operator]: operand }, { v: value }),
            JSON.stringify(value),
          ).to.equal(true);
        for (const value of no)
          expect(
            await choose({ Variable: "$.v", [operator]: operand }, { v: value }),
            JSON.stringify(value),
          ).to.equal(false);
      });

    it("compares with what a path leads to, into the context too", async () => {
      const rule = { Variable: "$.a", StringEqualsPath: "$.b" };
      expect(await choose(rule, { a: "x", b: "x" })).to.equal(true);
      expect(await choose(rule, { a: "x", b: "y" })).to.equal(false);
      expect(await choose(rule, { a: "1", b: 1 }), "of another type").to.equal(false);
      expect(
        await choose({ Variable: "$$.Execution.RedriveCount", NumericLessThanPath: "$.n" }, { n: 1 }),
      ).to.equal(true);
    });

    it("joins conditions with And, Or and Not, and asks no further than it must", async () => {
      const present = { Variable: "$.v", IsPresent: true };
      const one = { Variable: "$.v", NumericEquals: 1 };
      const two = { Variable: "$.v", NumericEquals: 2 };
      expect(await choose({ And: [present, one] }, {})).to.equal(false);
      expect(await choose({ And: [present, one] }, { v: 1 })).to.equal(true);
      expect(await choose({ Or: [one, two] }, { v: 2 })).to.equal(true);
      expect(await choose({ Or: [one, two] }, { v: 3 })).to.equal(false);
      expect(await choose({ Not: { Or: [one, two] } }, { v: 3 })).to.equal(true);
    });

    it("tells that a place is missing only with IsPresent; else that fails", async () => {
      expect(await choose({ Variable: "$.v", IsPresent: false }, {})).to.equal(true);
      expect(await choose({ Variable: "$.v", IsPresent: true }, {})).to.equal(false);
      for (const rule of [{ IsNull: true }, { StringEquals: "x" }])
        expect(await choose({ Variable: "$.v", ...rule }, {})).to.include({ error: "States.Runtime" });
    });

    it("takes the first rule that holds, and selects by InputPath and OutputPath", async () => {
      const definition = {
        StartAt: "Choose",
        States: {
          Choose: {
            Type: "Choice",
            InputPath: "$.in",
            OutputPath: "$.inner",
            Choices: [
              { Variable: "$.inner.n", NumericGreaterThan: 1, Next: "A" },
              { Variable: "$.inner.n", NumericGreaterThan: 0, Next: "B" },
            ],
          },
          A: { Type: "Pass", ResultPath: "$.by", Result: "A", End: true },
          B: { Type: "Pass", ResultPath: "$.by", Result: "B", End: true },
        },
      };
      expect(await outputOf(definition, { in: { inner: { n: 2 } } })).to.deep.equal({ n: 2, by: "A" });
      expect(await outputOf(definition, { in: { inner: { n: 1 } } })).to.deep.equal({ n: 1, by: "B" });
      expect(await outputOf(definition, { in: { inner: { n: 0 } } })).to.include({
        status: "FAILED",
        error: "States.NoChoiceMatched",
      });
    });
  });

  describe("of a Wait", () => {
    const waited = async (fields: object, input: unknown = {}) => {
      const begun = bench.clock.now();
      const { status, stopDate, cause } = await bench.runOnce(
        single({ Type: "Wait", ...fields, End: true }),
        input,
      );
      return status === "SUCCEEDED" ? Number(stopDate) - begun / 1_000 : String(cause).split("). ")[1];
    };

    it("says for how long or until when, by literals and by paths", async () => {
      expect(await waited({ Seconds: 10 })).to.equal(10);
      expect(await waited({ SecondsPath: "$.s" }, { s: 90 })).to.equal(90);
      expect(await waited({ Seconds: 30_000_000 }), "longer than a timer of Node").to.equal(30_000_000);
    });

    it("waits until a time, and not at all for one that has passed", async () => {
      expect(START).to.equal(Date.parse("2026-01-05T14:30:00Z"));
      expect(await waited({ Timestamp: "2026-01-05T15:30:30+01:00" })).to.equal(30);
      expect(await waited({ TimestampPath: "$.t" }, { t: "2026-01-05T14:31:00Z" })).to.equal(30);
      expect(await waited({ Timestamp: "2016-12-05T21:29:29Z" })).to.equal(0);
    });

    for (const [fields, input, cause] of [
      [{ SecondsPath: "$.s" }, {}, "The SecondsPath parameter does not reference an input value: $.s"],
      [
        { SecondsPath: "$.s" },
        { s: 1.5 },
        "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5",
      ],
      [{ SecondsPath: "$.s" }, { s: -1 }, "The SecondsPath parameter references a negative value: $.s == -1"],
      [{ SecondsPath: "$.s" }, { s: 100_000_000 }, "Wait state delay is too long."],
      [
        { TimestampPath: "$.t" },
        { t: "2016-12-05 21:29:29Z" },
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: " +
          "$.t == 2016-12-05 21:29:29Z",
      ],
    ] as const)
      it(`fails for ${JSON.stringify(input)} where a number of seconds or a time is expected`, async () => {
        expect(await waited(fields, input)).to.equal(cause);
      });
  });

  describe("of a Fail", () => {
    it("is its Error and Cause, or what their paths and intrinsic functions give", async () => {
      expect(await inState({ Type: "Fail", Error: "E", Cause: "why" })).to.include({
        error: "E",
        cause: "why",
      });
      const state = {
        Type: "Fail",
        ErrorPath: "$.e",
        CausePath: "States.Format('{} of {}', $.c, $$.State.Name)",
      };
      expect(await inState(state, { e: "E", c: 1 })).to.include({ error: "E", cause: "1 of Only" });
      const { error, cause } = await bench.runOnce(single({ Type: "Fail" }));
      expect([error, cause]).to.deep.equal([undefined, undefined]);
    });
  });

  describe("of a Succeed", () => {
    it("ends an execution with what InputPath and OutputPath select", async () => {
      expect(
        await inState({ Type: "Succeed", InputPath: "$.a", OutputPath: "$.b" }, { a: { b: 1 } }),
      ).to.equal(1);
    });
  });

  describe("definitions", () => {
    const pass = { Type: "Pass", End: true };
    const choice = (...Choices: object[]) => ({
      StartAt: "C",
      States: { C: { Type: "Choice", Choices, Default: "D" }, D: pass },
    });
    const rejected: [string, object, string][] = [
      ["without states", {}, "These fields are required: [States, StartAt] at /"],
      ["whose start is missing", { StartAt: "X", States: { A: pass } }, "Missing target: X at /StartAt"],
      [
        "with a target that is missing",
        single({ Type: "Pass", Next: "X" }),
        "Missing target: X at /States/Only/Next",
      ],
      [
        "with a state that nothing leads to",
        { StartAt: "A", States: { A: pass, B: pass } },
        'State "B" is not reachable. at /States/B',
      ],
      ["with a state that neither ends nor goes on", single({ Type: "Pass" }), "at /States/Only/Next"],
      [
        "with Next and End",
        { StartAt: "A", States: { A: { ...pass, Next: "B" }, B: pass } },
        "at /States/A/End",
      ],
      [
        "with a field of another state type",
        single({ ...pass, Seconds: 1 }),
        "Field is not supported: Seconds at /States/Only/Seconds",
      ],
      [
        "with a misspelt field",
        single(invoke({ TimeoutSecond: 1 })),
        "TimeoutSecond at /States/Only/TimeoutSecond",
      ],
      [
        "with a heartbeat",
        single(invoke({ HeartbeatSeconds: 1 })),
        "Only.HeartbeatSeconds is not carried out",
      ],
      ["with a timeout of 0", single(invoke({ TimeoutSeconds: 0 })), "at /States/Only/TimeoutSeconds"],
      [
        "with States.ALL beside another name",
        single(invoke({ Retry: [{ ErrorEquals: ["States.ALL", "A"] }] })),
        "States.ALL must appear alone",
      ],
      [
        "with States.ALL before another retrier",
        single(invoke({ Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["A"] }] })),
        "at /States/Only/Retry[0]/ErrorEquals",
      ],
      [
        "with a BackoffRate below 1",
        single(invoke({ Retry: [{ ErrorEquals: ["A"], BackoffRate: 0.5 }] })),
        "BackoffRate is 0.5",
      ],
      [
        "with an unknown JitterStrategy",
        single(invoke({ Retry: [{ ErrorEquals: ["A"], JitterStrategy: "HALF" }] })),
        "allowed are FULL and NONE",
      ],
      [
        "with a Catch without Next",
        single(invoke({ Catch: [{ ErrorEquals: ["A"] }] })),
        "required: [Next] at /States/Only/Catch[0]/Next",
      ],
      [
        "with a Wait for two reasons",
        single({ Type: "Wait", Seconds: 1, SecondsPath: "$.s", End: true }),
        "Exactly one of these fields",
      ],
      [
        "with a wrong Timestamp",
        single({ Type: "Wait", Timestamp: "2016-12-05 21:29:29Z", End: true }),
        "String does not match RFC3339 timestamp at /States/Only/Timestamp",
      ],
      [
        "with an unknown operator",
        choice({ Variable: "$.a", StringIs: "x", Next: "D" }),
        "StringIs is no comparison operator",
      ],
      [
        "with an operand of another type",
        choice({ Variable: "$.a", NumericEquals: "1", Next: "D" }),
        'NumericEquals is "1"',
      ],
      [
        "with two operators",
        choice({ Variable: "$.a", IsNull: true, IsString: true, Next: "D" }),
        "2 operators",
      ],
      [
        "with a rule that leads nowhere",
        choice({ Variable: "$.a", IsNull: true }),
        "at /States/C/Choices[0]",
      ],
      [
        "with a state name twice",
        {
          StartAt: "A",
          States: { A: { Type: "Parallel", Branches: [single(pass), single(pass)], End: true } },
        },
        "DUPLICATE_STATE_NAME: State name Only is used twice",
      ],
      [
        "with a member given twice",
        single({ ...pass, Parameters: { a: 1, "a.$": "$" } }),
        "Only.Parameters.a is given twice",
      ],
      [
        "with an unknown intrinsic function",
        single({ ...pass, Parameters: { "a.$": "States.Nothing()" } }),
        "States.Nothing is no intrinsic function",
      ],
    ];
    for (const [what, definition, reason] of rejected)
      it(`${what} are refused`, async () => {
        const error = await refusal(bench.create(definition));
        expect(error.code).to.equal("InvalidDefinition");
        expect(error.message).to.match(/^Invalid State Machine Definition: '/);
        expect(error.message).to.contain(reason);
      });

    it("are told everything that is wrong by ValidateStateMachineDefinition", async () => {
      const definition = { StartAt: "A", States: { A: { Type: "Pass" }, B: { Type: "Nothing" } } };
      const answer = await bench.call("ValidateStateMachineDefinition", {
        definition: JSON.stringify(definition),
      });
      expect(answer.result).to.equal("FAIL");
      expect(
        (answer.diagnostics as Json[]).map(({ location, severity }) => [severity, location]),
      ).to.deep.equal([
        ["ERROR", "/States/A/Next"],
        ["ERROR", "/States/B/Type"],
      ]);
      const valid = { definition: JSON.stringify(single({ Type: "Succeed" })) };
      expect(await bench.call("ValidateStateMachineDefinition", valid)).to.deep.equal({
        ...{ result: "OK", diagnostics: [], truncated: false },
      });
    });
  });
});
