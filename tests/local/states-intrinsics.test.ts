import { expect } from "chai";
import fc from "fast-check";
import { refusal, StatesBench, single } from "./states-support.ts";

/** Expectations: Step Functions Developer Guide, "Intrinsic functions for JSONPath states", mostly its examples. */
describe("Intrinsic functions of Step Functions, locally", () => {
  let bench: StatesBench;
  let chance = 0.5;
  beforeEach(() => {
    chance = 0.5;
    bench = new StatesBench({}, { random: () => chance });
  });
  afterEach(() => bench.cloud.close());

  const evaluate = async (expression: string, input: unknown = {}) => {
    const state = { Type: "Pass", Parameters: { "value.$": expression }, End: true };
    const { output, error, cause } = await bench.runOnce(single(state), input);
    return output === undefined ? { error, cause } : JSON.parse(String(output)).value;
  };

  const unique = [1, 2, 3, 3, 3, 3, 3, 3, 4];
  const merged = { json1: { a: { a1: 1, a2: 2 }, b: 2 }, json2: { a: { a3: 1, a4: 2 }, c: 3 } };
  const examples: [string, unknown, unknown][] = [
    ["States.Array($.Id)", { Id: 123456 }, [123456]],
    ["States.Array()", {}, []],
    ["States.Array('a', 1, -2.5, true, null, $.x)", { x: {} }, ["a", 1, -2.5, true, null, {}]],
    [
      "States.ArrayPartition($.inputArray,4)",
      { inputArray: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      [[1, 2, 3, 4], [5, 6, 7, 8], [9]],
    ],
    ["States.ArrayPartition($.a, 1.6)", { a: [1, 2, 3] }, [[1, 2], [3]]],
    ["States.ArrayContains($.inputArray, $.lookingFor)", { inputArray: [1, 2, 3, 4], lookingFor: 4 }, true],
    ["States.ArrayContains($.a, $.b)", { a: [[1, 2], { x: 1 }], b: { x: 1 } }, true],
    ["States.ArrayContains($.a, '1')", { a: [1] }, false],
    ["States.ArrayRange(1, 9, 2)", {}, [1, 3, 5, 7, 9]],
    ["States.ArrayRange(0, 10, 3)", {}, [0, 3, 6, 9]],
    ["States.ArrayRange(3, 1, -1)", {}, [3, 2, 1]],
    ["States.ArrayGetItem($.inputArray, $.index)", { inputArray: [1, 2, 3, 4, 5, 6], index: 5 }, 6],
    ["States.ArrayLength($.inputArray)", { inputArray: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, 9],
    ["States.ArrayUnique($.inputArray)", { inputArray: unique }, [1, 2, 3, 4]],
    ["States.ArrayUnique($.a)", { a: [{ x: 1 }, "1", { x: 1 }, 1, [], []] }, [{ x: 1 }, "1", 1, []]],
    ["States.Base64Encode($.input)", { input: "Data to encode" }, "RGF0YSB0byBlbmNvZGU="],
    ["States.Base64Decode($.base64)", { base64: "RGF0YSB0byBlbmNvZGU=" }, "Data to encode"],
    [
      "States.Hash($.Data, $.Algorithm)",
      { Data: "input data", Algorithm: "SHA-1" },
      "aaff4a450a104cd177d28d18d74485e8cae074b7",
    ],
    ["States.Hash('', 'MD5')", {}, "d41d8cd98f00b204e9800998ecf8427e"],
    ["States.Hash('', 'SHA-256')", {}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["States.JsonMerge($.json1, $.json2, false)", merged, { a: { a3: 1, a4: 2 }, b: 2, c: 3 }],
    ["States.StringToJson($.escaped)", { escaped: '{"foo": "bar"}' }, { foo: "bar" }],
    ["States.JsonToString($.unescaped)", { unescaped: { foo: "bar", n: [1] } }, '{"foo":"bar","n":[1]}'],
    ["States.MathAdd($.value1, $.step)", { value1: 111, step: -1 }, 110],
    ["States.MathAdd(1.5, 1.51)", {}, 4],
    ["States.MathAdd(-1.5, 0)", {}, -1],
    [
      "States.StringSplit($.inputString, $.splitter)",
      { inputString: "1,2,3,4,5", splitter: "," },
      ["1", "2", "3", "4", "5"],
    ],
    [
      "States.StringSplit($.s, $.by)",
      { s: "This.is+a,test=string", by: ".+,=" },
      ["This", "is", "a", "test", "string"],
    ],
    ["States.Format('Hello, my name is {}.', $.name)", { name: "Arnav" }, "Hello, my name is Arnav."],
    ["States.Format($.template, $.name)", { name: "Arnav", template: "I am {}" }, "I am Arnav"],
    ["States.Format('{}{} {}', null, 1.5, true)", {}, "null1.5 true"],
    ["States.Format('it\\'s \\{\\} \\\\{}', 'x')", {}, "it's {} \\x"],
    ["States.Format('a={}', $.o)", { o: { Arg1: 1, Arg2: [] } }, "a={Arg1=1, Arg2=[]}"],
    ["States.Format('{}', States.JsonToString($.a['b c']))", { a: { "b c": [1] } }, "[1]"],
    ["States.ArrayGetItem(States.StringSplit($.s, '/'), 1)", { s: "a/b" }, "b"],
  ];
  for (const [expression, input, expected] of examples)
    it(`give ${JSON.stringify(expected)} for ${expression}`, async () => {
      expect(await evaluate(expression, input)).to.deep.equal(expected);
    });

  const failures: [string, unknown, string][] = [
    ["States.ArrayRange(1, 2, 0)", {}, "the step is 0"],
    ["States.ArrayRange(0, 1000, 1)", {}, "the range has 1001 items"],
    ["States.ArrayPartition($.a, 0)", { a: [1] }, "the chunk size is 0"],
    ["States.ArrayGetItem($.a, 1)", { a: [1] }, "index 1 is outside the array"],
    ["States.ArrayLength($.a)", { a: "x" }, "an array is expected"],
    ["States.Hash('x', 'SHA-2')", {}, 'the algorithm is "SHA-2"'],
    ["States.Hash($.a, 'MD5')", { a: "x".repeat(10_001) }, "10001 characters"],
    ["States.Base64Encode($.a)", { a: "x".repeat(10_001) }, "10001 characters"],
    ["States.JsonMerge($.a, $.a, true)", { a: {} }, "the third argument must be false"],
    ["States.StringToJson($.a)", { a: "{" }, "JSON"],
    ["States.MathAdd(2147483647, 1)", {}, "out of range"],
    ["States.MathRandom(5, 5)", {}, "must be less than"],
    ["States.Format($.t, 1)", { t: "{} {}" }, "1 values for 2 {}"],
  ];
  for (const [expression, input, why] of failures)
    it(`fail with States.IntrinsicFailure for ${expression}`, async () => {
      const { error, cause } = await evaluate(expression, input);
      expect(error).to.equal("States.IntrinsicFailure");
      expect(cause)
        .to.contain("while executing the state 'Only' (entered at the event id #2).")
        .and.to.contain(why);
    });

  for (const [expression, why] of [
    ["States.ArrayLength($.a, 1)", "has 2 arguments"],
    ["States.Hash($.a)", "has 1 arguments"],
    ["States.Format('{} {}', 1)", "1 values for 2 {}"],
    ["States.Array(1", "expected"],
    ["States.Array(1) x", "nothing may follow"],
    [`${"States.Array(".repeat(11)}1${")".repeat(11)}`, "at most 10 functions are nested"],
  ] as const)
    it(`are refused with the definition for ${expression}`, async () => {
      const state = { Type: "Pass", Parameters: { "value.$": expression }, End: true };
      const error = await refusal(bench.create(single(state)));
      expect(error.code).to.equal("InvalidDefinition");
      expect(error.message).to.contain(why);
    });

  it("draw random integers from the start up to, but without, the end", () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.integer({ min: -50, max: 50 }),
        async (random, start) => {
          chance = random;
          const value = await evaluate("States.MathRandom($.start, $.end)", { start, end: start + 3 });
          expect([start, start + 1, start + 2]).to.include(value);
        },
      ),
      { numRuns: 40 },
    ));

  it("draw the same random integer for the same seed, whatever the chance", async () => {
    const first = await evaluate("States.MathRandom(0, 1000000, 42)");
    chance = 0.9;
    expect(await evaluate("States.MathRandom(0, 1000000, 42)")).to.equal(first);
    expect(await evaluate("States.MathRandom(0, 1000000, 43)")).not.to.equal(first);
  });

  it("make UUIDs of version 4 from the cloud's chance", async () => {
    expect(await evaluate("States.UUID()")).to.match(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
  });
});
