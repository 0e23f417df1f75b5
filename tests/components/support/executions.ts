import type { StateMachineDefinition } from "aws-local-stepfunctions";
import { StateMachine } from "aws-local-stepfunctions";
import type { WorkflowTargets } from "../../../components/workflow/definition.ts";
import { workflowDefinition } from "../../../components/workflow/definition.ts";

export const TARGETS: WorkflowTargets = {
  functionAliases: {
    "trade-validator": "arn:aws:lambda:us-east-1:111122223333:function:trade-validator-dev:live",
    "metadata-enricher": "arn:aws:lambda:us-east-1:111122223333:function:metadata-enricher-dev:live",
    "compliance-recorder": "arn:aws:lambda:us-east-1:111122223333:function:compliance-recorder-dev:live",
  },
  outcomesTable: "trade-outcomes-dev",
  rejectsQueueUrl: "https://sqs.us-east-1.amazonaws.com/111122223333/trade-rejects-dev",
  deadLetterQueueUrls: {
    "trade-validator": "https://sqs.us-east-1.amazonaws.com/111122223333/trade-validator-dlq-dev",
    "metadata-enricher": "https://sqs.us-east-1.amazonaws.com/111122223333/metadata-enricher-dlq-dev",
    "compliance-recorder": "https://sqs.us-east-1.amazonaws.com/111122223333/compliance-recorder-dlq-dev",
  },
};

export const ENVELOPE = {
  version: "0",
  id: "0d9f1c2e-1111-2222-3333-444455556666",
  source: "trading.system1",
  "detail-type": "Trade Event",
  account: "111122223333",
  time: "2026-03-02T14:30:00Z",
  region: "us-east-1",
  resources: [],
  detail: { tradeId: "T1", amount: "10.50", currency: "USD", sourceSystem: "system1" },
};
const EXECUTION = {
  Id: "arn:aws:states:us-east-1:111122223333:execution:trade-processing-dev:run-1",
  StartTime: "2026-03-02T14:30:01.500Z",
  Input: ENVELOPE,
};

/** What a task does: gives its result, or throws an error whose name the workflow sees. */
type Answer = (parameters: Record<string, unknown>) => unknown;

export interface Execution {
  succeeded: boolean;
  /** Name of the error that failed it. */
  error?: string;
  /** Parameters of every task, in order, by state name. */
  tasks: { state: string; parameters: Record<string, unknown> }[];
  outcomes: Record<string, Record<string, unknown>>[];
  messages: { queueUrl: string; body: Record<string, unknown> }[];
}

/** An error as a function or a service throws it. */
export function named(name: string, message = "it happened"): Error {
  return Object.assign(new Error(message), { name });
}

/**
 * Runs the workflow for an event with the given answers of its tasks, by state name; puts and sends succeed unless said.
 */
export async function execute(
  answers: Record<string, Answer>,
  envelope: typeof ENVELOPE = ENVELOPE,
): Promise<Execution> {
  const definition = workflowDefinition(TARGETS);
  const tasks: Execution["tasks"] = [];
  const names = taskNames(definition);
  const handlers = names.map((state) => [
    state,
    (parameters: Record<string, unknown>) => {
      tasks.push({ state, parameters });
      const answer = answers[state];
      if (answer) return { Payload: answer(parameters) };
      if (/^(Append|Send)/.test(state)) return {};
      throw new Error(`No answer for ${state}`);
    },
  ]);
  // The library writes into the definition that it is given.
  const machine = new StateMachine(structuredClone(definition) as unknown as StateMachineDefinition);
  const { result } = machine.run(envelope, {
    context: { Execution: { ...EXECUTION, Input: envelope } },
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(handlers),
      retryIntervalOverrides: Object.fromEntries(names.map((name) => [name, 0])),
    },
  });
  const failure = await result.then(
    () => undefined,
    (error: Error) => error,
  );
  return {
    succeeded: failure === undefined,
    ...(failure && { error: errorName(failure) }),
    tasks,
    outcomes: tasks
      .filter(({ state }) => state.startsWith("Append"))
      .map(({ parameters }) => parameters.Item as Record<string, Record<string, unknown>>),
    messages: tasks
      .filter(({ state }) => state.startsWith("Send"))
      .map(({ parameters }) => ({
        queueUrl: String(parameters.QueueUrl),
        body: parameters.MessageBody as Record<string, unknown>,
      })),
  };
}

function errorName(failure: Error): string {
  const { cause } = failure;
  return cause instanceof Error ? cause.name : failure.message;
}

function taskNames(machine: ReturnType<typeof workflowDefinition>): string[] {
  return Object.entries(machine.States).flatMap(([name, state]) => {
    if (state.Type === "Parallel") return state.Branches.flatMap(taskNames);
    return state.Type === "Task" ? [name] : [];
  });
}
