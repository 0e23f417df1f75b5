import { createRequire } from "node:module";
import { expect } from "chai";
import { workflowDefinition } from "../../components/workflow/definition.ts";
import type { Machine, State, TaskState } from "../../components/workflow/language.ts";
import { longestPathSeconds, nextStates } from "../../components/workflow/longest-path.ts";
import { TRANSIENT_LAMBDA_ERRORS } from "../../components/workflow/retries.ts";
import { RETRYABLE_ERROR } from "../../functions/contract.ts";
import { TARGETS } from "./support/executions.ts";

const validate = createRequire(import.meta.url)("asl-validator") as (definition: unknown) => {
  isValid: boolean;
  errorsText(): string;
};

function allStates(machine: Machine): [string, State][] {
  return Object.entries(machine.States).flatMap(([name, state]): [string, State][] =>
    state.Type === "Parallel" ? [[name, state], ...state.Branches.flatMap(allStates)] : [[name, state]],
  );
}
const states = allStates(workflowDefinition(TARGETS));
const tasks = states.filter((entry): entry is [string, TaskState] => entry[1].Type === "Task");

describe("the workflow's definition", () => {
  it("is valid in the Amazon States Language", () => {
    const definition = structuredClone(workflowDefinition(TARGETS));
    const result = validate(definition);
    expect(result.isValid, result.errorsText()).to.equal(true);
  });

  it("can reach every state, and only states that it has", () => {
    const machine = workflowDefinition(TARGETS);
    const reached = new Set<string>();
    const visit = (name: string) => {
      if (reached.has(name)) return;
      reached.add(name);
      const state = machine.States[name];
      expect(state, name).not.to.equal(undefined);
      if (state) nextStates(state).forEach(visit);
    };
    visit(machine.StartAt);
    expect([...reached].sort()).to.deep.equal(Object.keys(machine.States).sort());
  });

  it("takes a recorded trade through no state that heartbeats need", () => {
    // STANDARD executions are paid by the state: Process, both branches, and what follows.
    const { States } = workflowDefinition(TARGETS);
    const path = ["Process", "DecideValidation", "RecordTrade", "DecideRecording", "Recorded"];
    for (const [index, name] of path.slice(0, -1).entries()) {
      const state = States[name];
      expect(state && nextStates(state), name).to.include(path[index + 1]);
      expect(name).not.to.match(/Heartbeat/);
    }
  });

  it("takes less than 270 s on its longest path, since EXPRESS ends at 300", () => {
    const seconds = longestPathSeconds(workflowDefinition(TARGETS));
    expect(seconds).to.be.below(270).and.above(100);
  });

  it("limits the time of every task", () => {
    for (const [name, task] of tasks) expect(task.TimeoutSeconds, name).to.be.within(1, 5);
  });

  it("uses no query language but JSONPath, which both kinds of execution and the local cloud carry out", () => {
    expect(JSON.stringify(workflowDefinition(TARGETS))).not.to.include("QueryLanguage");
  });

  it("retries crashes, time limits, service errors and the functions' own, never all errors of a function", () => {
    const invoking = tasks.filter(([, task]) => task.Resource.endsWith("lambda:invoke"));
    expect(invoking.map(([name]) => name)).to.have.members([
      "ValidateTrade",
      "EnrichMetadata",
      "RecordTrade",
    ]);
    for (const [name, task] of invoking) {
      const errors = task.Retry.flatMap((retrier) => retrier.ErrorEquals);
      expect(errors, name).to.include.members([
        ...TRANSIENT_LAMBDA_ERRORS,
        "Lambda.TooManyRequestsException",
      ]);
      expect(errors, name).to.include(RETRYABLE_ERROR);
      expect(errors, name).not.to.include("States.ALL");
      for (const retrier of task.Retry) expect(retrier.JitterStrategy, name).to.equal("FULL");
    }
  });

  it("catches what is too large by its own name, since States.ALL leaves it out", () => {
    for (const [name, task] of tasks.filter(([each]) => !each.endsWith("ArchiveOnly"))) {
      const caught = (task.Catch ?? []).flatMap((catcher) => catcher.ErrorEquals);
      expect(caught, name).to.include("States.DataLimitExceeded");
    }
  });
});

describe("the longest path", () => {
  const task = (Next: string, further: Partial<TaskState> = {}): TaskState =>
    ({
      Type: "Task",
      Resource: "r",
      Parameters: {},
      TimeoutSeconds: 5,
      Retry: [],
      Next,
      ...further,
    }) as TaskState;

  it("adds up attempts, waits and branches", () => {
    const Retry = [
      { ErrorEquals: ["E"], IntervalSeconds: 1, BackoffRate: 2, MaxDelaySeconds: 3, MaxAttempts: 3 },
    ];
    const machine: Machine = { StartAt: "A", States: { A: task("B", { Retry }), B: { Type: "Succeed" } } };
    expect(longestPathSeconds(machine)).to.equal(4 * 5 + 1 + 2 + 3);
    const parallel: Machine = {
      StartAt: "P",
      States: {
        P: {
          Type: "Parallel",
          Branches: [machine, { StartAt: "S", States: { S: { Type: "Succeed" } } }],
          Next: "A",
        },
        ...machine.States,
      },
    };
    expect(longestPathSeconds(parallel)).to.equal(52);
  });

  it("follows catches", () => {
    const caught = task("S", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Long" }] });
    const machine: Machine = {
      StartAt: "A",
      States: { A: caught, Long: task("S", { TimeoutSeconds: 60 }), S: { Type: "Succeed" } },
    };
    expect(longestPathSeconds(machine)).to.equal(65);
  });

  it("names a state that is part of a loop, or missing", () => {
    expect(() => longestPathSeconds({ StartAt: "A", States: { A: task("A") } })).to.throw(
      '"A" is part of a loop',
    );
    expect(() => longestPathSeconds({ StartAt: "A", States: { A: task("B") } })).to.throw('"B" is not part');
  });
});
