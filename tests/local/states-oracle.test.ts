import { createRequire } from "node:module";
import type { StateMachineDefinition } from "aws-local-stepfunctions";
import { StateMachine } from "aws-local-stepfunctions";
import { expect } from "chai";
import fc from "fast-check";
import { FunctionFailure, lambdaWith, StatesBench } from "./states-support.ts";

const validate = createRequire(import.meta.url)("asl-validator") as (definition: unknown) => {
  isValid: boolean;
  errors: unknown[];
};

/** What the tasks of a definition do, one outcome after the other: an error's name, or a result. */
type Script = Record<string, ({ error: string } | { result: unknown })[]>;

interface Program {
  readonly definition: { StartAt: string; States: Record<string, object> };
  readonly script: Script;
}

/** A state without its name and where it leads: `to` gives the state so many places further on. */
type Step = (name: string, to: (distance: number) => string, script: Script) => object;

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom("a", "b", "", "a*"), fc.boolean());
const member = fc.constantFrom("n", "s", "b");
const distance = fc.integer({ min: 1, max: 3 });
/** Results go where no rule looks, so that what rules look at is always there. */
const place = fc.constantFrom("$.r1", "$.r2.deep");

const condition = fc.letrec((tie) => ({
  test: fc.oneof(
    fc.record({ Variable: fc.constant("$.n"), NumericEquals: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ Variable: fc.constant("$.n"), NumericLessThan: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ Variable: fc.constant("$.n"), NumericGreaterThanEquals: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ Variable: fc.constant("$.s"), StringEquals: fc.constantFrom("a", "b") }),
    fc.record({ Variable: fc.constant("$.s"), StringGreaterThan: fc.constantFrom("a", "b") }),
    fc.record({ Variable: fc.constant("$.s"), StringMatches: fc.constantFrom("a*", "*b", "*") }),
    fc.record({ Variable: fc.constant("$.b"), BooleanEquals: fc.boolean() }),
    fc.record({ Variable: fc.constantFrom("$.n", "$.absent"), IsPresent: fc.constant(true) }),
    fc.record({ Variable: fc.constantFrom("$.n", "$.s"), IsNumeric: fc.constant(true) }),
  ),
  any: fc.oneof(
    { maxDepth: 2 },
    tie("test"),
    fc.record({ Not: tie("any") }),
    fc.record({ And: fc.array(tie("any"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ Or: fc.array(tie("any"), { minLength: 1, maxLength: 2 }) }),
  ),
})).any as fc.Arbitrary<object>;

const pass: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(value, place).map(
    ([Result, ResultPath]): Step =>
      // aws-local-stepfunctions takes a Result that is false, 0 or empty for none.
      (_name, to) => ({ Type: "Pass", Result: { value: Result }, ResultPath, Next: to(1) }),
  ),
  fc.tuple(member, place).map(
    ([from, ResultPath]): Step =>
      (_name, to) => ({
        ...{ Type: "Pass", ResultPath, Next: to(1) },
        Parameters: { "copy.$": `$.${from}`, fixed: [1, { x: null }] },
      }),
  ),
);

const choice: fc.Arbitrary<Step> = fc
  .array(fc.tuple(condition, distance), { minLength: 1, maxLength: 3 })
  .map(
    (rules): Step =>
      (_name, to) => ({
        Type: "Choice",
        Choices: rules.map(([rule, further]) => ({ ...rule, Next: to(further) })),
        Default: to(1),
      }),
  );

const outcome = fc.oneof(
  value.map((result) => ({ result })),
  fc.constantFrom("E1", "E2").map((error) => ({ error })),
);
const task: fc.Arbitrary<Step> = fc
  .record({
    outcomes: fc.array(outcome, { minLength: 1, maxLength: 4 }),
    attempts: fc.integer({ min: 0, max: 2 }),
    retried: fc.constantFrom("E1", "E2", "States.ALL", "States.TaskFailed"),
    caught: fc.constantFrom("E1", "E2", "States.ALL", undefined),
    further: distance,
    ResultPath: place,
  })
  .map(
    ({ outcomes, attempts, retried, caught, further, ResultPath }): Step =>
      (name, to, script) => {
        script[name] = outcomes;
        return {
          ...{ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", ResultPath, Next: to(1) },
          Parameters: { FunctionName: name, "Payload.$": "$.s" },
          ResultSelector: { "payload.$": "$.Payload" },
          Retry: [{ ErrorEquals: [retried], MaxAttempts: attempts, IntervalSeconds: 1 }],
          ...(caught
            ? { Catch: [{ ErrorEquals: [caught], ResultPath: "$.caught", Next: to(further) }] }
            : {}),
        };
      },
  );

const end = fc.constantFrom<Step>(
  () => ({ Type: "Succeed" }),
  () => ({ Type: "Pass", End: true }),
  () => ({ Type: "Fail", Error: "Ended", Cause: "at the end" }),
);

interface Blueprint {
  readonly steps: readonly Step[];
  readonly last: Step;
}

const blueprint = fc.letrec((tie) => ({
  block: fc.record({
    steps: fc.array(
      fc.oneof(
        { maxDepth: 2 },
        ...[pass, choice, task],
        ...[tie("parallel") as fc.Arbitrary<Step>, tie("map") as fc.Arbitrary<Step>],
      ),
      {
        maxLength: 4,
      },
    ),
    last: end,
  }),
  // Which branch fails first is up to chance, so nothing of its error may show.
  parallel: fc
    .tuple(fc.array(tie("block"), { minLength: 1, maxLength: 3 }), place, distance, fc.boolean())
    .map(
      ([blocks, ResultPath, further, catches]): Step =>
        (name, to, script) => ({
          ...{ Type: "Parallel", ResultPath, Next: to(1) },
          Branches: (blocks as Blueprint[]).map((each, index) => build(each, `${name}-${index}`, script)),
          ...(catches
            ? { Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: to(further) }] }
            : {}),
        }),
    ),
  map: fc.tuple(tie("block"), place, fc.integer({ min: 0, max: 2 })).map(
    ([block, ResultPath, MaxConcurrency]): Step =>
      (name, to, script) => ({
        ...{ Type: "Map", ItemsPath: "$.list", MaxConcurrency, ResultPath, Next: to(1) },
        ItemProcessor: build(block as Blueprint, `${name}-i`, script),
      }),
  ),
})).block as fc.Arbitrary<Blueprint>;

function build({ steps, last }: Blueprint, prefix: string, script: Script): Program["definition"] {
  const nameOf = (index: number) => `${prefix}-${Math.min(index, steps.length)}`;
  const states = [...steps, last].map((step, index) => [
    nameOf(index),
    step(nameOf(index), (further) => nameOf(index + further), script),
  ]);
  return { StartAt: nameOf(0), States: Object.fromEntries(states) };
}

const program: fc.Arbitrary<Program> = blueprint.map((block) => {
  const script: Script = {};
  return { definition: build(block, "S", script), script };
});

const item = fc.record({
  n: fc.integer({ min: -3, max: 3 }),
  s: fc.constantFrom("a", "b", "ab"),
  b: fc.boolean(),
  list: fc.constant([]),
});
const input = fc.tuple(item, fc.array(item, { maxLength: 3 })).map(([own, list]) => ({ ...own, list }));

/** The next outcome of a task; the last one repeats. */
function player(script: Script): (name: string) => { error: string } | { result: unknown } {
  const played = new Map<string, number>();
  return (name) => {
    const outcomes = script[name] ?? [];
    const count = played.get(name) ?? 0;
    played.set(name, count + 1);
    return outcomes[Math.min(count, outcomes.length - 1)] ?? { error: "NotScripted" };
  };
}

async function here({ definition, script }: Program, data: unknown): Promise<unknown> {
  const play = player(script);
  const bench = new StatesBench(
    lambdaWith((name) => {
      const next = play(name);
      return "error" in next ? new FunctionFailure(next.error) : next.result;
    }),
  );
  const { status, output } = await bench.runOnce(definition, data);
  await bench.cloud.close();
  return status === "SUCCEEDED" ? { output: JSON.parse(String(output)) } : status;
}

async function there({ definition, script }: Program, data: unknown): Promise<unknown> {
  const play = player(script);
  const names = Object.keys(script);
  const machine = new StateMachine(structuredClone(definition) as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  const handler = async ({ FunctionName }: { FunctionName: string }) => {
    const next = play(FunctionName);
    if ("result" in next) return { Payload: next.result };
    throw Object.assign(new Error("it happened"), { name: next.error });
  };
  const { result } = machine.run(data as never, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(names.map((name) => [name, handler as never])),
      retryIntervalOverrides: Object.fromEntries(names.map((name) => [name, 0])),
    },
  });
  return result.then(
    (output) => ({ output }),
    () => "FAILED",
  );
}

describe("Step Functions, locally, beside other implementations", () => {
  it("ends as aws-local-stepfunctions does for any program of Pass, Choice, Task, Parallel, Map, Succeed and Fail", () => {
    const seen = { failed: 0, succeeded: 0 };
    const property = fc.asyncProperty(program, input, async (each, data) => {
      const [own, other] = [await here(each, data), await there(each, data)];
      if (own === "FAILED") seen.failed += 1;
      else seen.succeeded += 1;
      // Failures of errors that a Catch dropped leave an error's cause behind, which the two word differently.
      expect(withoutCauses(own)).to.deep.equal(withoutCauses(other));
    });
    return fc
      .assert(property, { numRuns: 250 })
      .then(() => expect(Math.min(seen.failed, seen.succeeded)).to.be.greaterThan(20));
  }).timeout(30_000);

  it("makes a state machine of everything that asl-validator takes of them", () =>
    fc.assert(
      fc.asyncProperty(program, async ({ definition }) => {
        const { isValid, errors } = validate(definition);
        expect(isValid, JSON.stringify(errors)).to.equal(true);
        const bench = new StatesBench();
        await bench.create(definition);
        await bench.cloud.close();
      }),
      { numRuns: 5 },
    )).timeout(30_000);
});

function withoutCauses(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data, (key, member) => (key === "Cause" ? undefined : member)));
}
