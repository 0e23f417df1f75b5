import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { type Json, type Operation, ServiceError, type ServiceEvent } from "../../local/cloud/service.ts";
import type { MetricsPort } from "../../local/cloud/states/ports.ts";
import { createStates, type StatesService } from "../../local/cloud/states/service.ts";

export const ROLE = "arn:aws:iam::000000000000:role/workflow";
export const REGION = "us-east-1";

/** Keeps what a service records, so that a test can read it. */
export class RecordedMetrics implements MetricsPort {
  readonly points: { region: string; namespace: string; name: string; dimensions: object; value: number }[] =
    [];
  record(region: string, namespace: string, name: string, dimensions: object, value: number): void {
    this.points.push({ region, namespace, name, dimensions, value });
  }
  sum(name: string): number {
    return this.points.filter((each) => each.name === name).reduce((total, each) => total + each.value, 0);
  }
}

/** A local cloud with Step Functions and small services that tasks call. Time is driven, and starts at START. */
export class StatesBench {
  readonly clock: DrivenClock;
  readonly cloud: Cloud;
  readonly metrics = new RecordedMetrics();
  readonly logged: { group: string; stream: string; message: Json }[] = [];
  readonly published: ServiceEvent[] = [];
  readonly states: StatesService;
  #count = 0;

  constructor(
    services: Record<string, Record<string, Operation>> = {},
    options: { random?: () => number } = {},
  ) {
    this.clock = new DrivenClock({ start: START });
    this.cloud = new Cloud({ clock: this.clock, ...options });
    for (const [name, operations] of Object.entries(services)) this.cloud.add(() => ({ name, operations }));
    this.states = this.cloud.add((surroundings) =>
      createStates(surroundings, {
        metrics: this.metrics,
        log: (_region, group, stream, message) =>
          this.logged.push({ group, stream, message: JSON.parse(message) }),
        publishServiceEvent: (_region, event) => this.published.push(event),
      }),
    );
  }

  call(operation: string, input: Json): Promise<Json> {
    return this.cloud.call({ service: "states", operation, region: REGION, principal: ROLE }, input);
  }

  /** Makes a state machine and gives its ARN. */
  async create(definition: object, more: Json = {}): Promise<string> {
    const name = `machine-${++this.#count}`;
    const request = { name, definition: JSON.stringify(definition), roleArn: ROLE, ...more };
    return String((await this.call("CreateStateMachine", request)).stateMachineArn);
  }

  /** Starts an execution and gives its ARN. */
  async start(stateMachineArn: string, input: unknown = {}): Promise<string> {
    const started = await this.call("StartExecution", { stateMachineArn, input: JSON.stringify(input) });
    return String(started.executionArn);
  }

  /** Starts an execution and lets time pass until it has ended. */
  async run(stateMachineArn: string, input: unknown = {}): Promise<Json> {
    return this.ended(await this.start(stateMachineArn, input));
  }

  /** Makes a state machine, runs it once and gives the description of the execution. */
  async runOnce(definition: object, input: unknown = {}): Promise<Json> {
    return this.run(await this.create(definition), input);
  }

  /** Lets time pass until no execution runs, and describes this one. */
  async ended(executionArn: string): Promise<Json> {
    await this.clock.runUntil(() => this.states.openExecutions() === 0, { limit: 400 * DAY });
    return this.call("DescribeExecution", { executionArn });
  }

  /** Events of an execution as `id<-previousEventId type`. */
  async trail(executionArn: unknown): Promise<string[]> {
    return (await this.events(executionArn)).map(
      ({ id, previousEventId, type }) => `${id}<-${previousEventId} ${type}`,
    );
  }

  async events(executionArn: unknown): Promise<Json[]> {
    const { events } = await this.call("GetExecutionHistory", { executionArn, maxResults: 1_000 });
    return events as Json[];
  }
}

/** 2026-01-05T14:30:00Z. */
export const START = 1_767_623_400_000;
export const DAY = 86_400_000;

export function task(resource: string, parameters: object, more: object = {}): object {
  return {
    Type: "Task",
    Resource: `arn:aws:states:::${resource}`,
    Parameters: parameters,
    End: true,
    ...more,
  };
}

export function single(state: object): object {
  return { StartAt: "Only", States: { Only: state } };
}

/** A task that calls the function `f` with the state's input. */
export function invoke(more: object = {}, name = "f"): object {
  return task("lambda:invoke", { FunctionName: name, "Payload.$": "$" }, more);
}

/** A Lambda service whose functions give what `answer` gives, or fail with the error that it throws. */
export function lambdaWith(
  answer: (name: string, payload: unknown) => unknown,
): Record<string, Record<string, Operation>> {
  return {
    lambda: {
      Invoke: async ({ FunctionName, Payload }) => {
        const result = await answer(String(FunctionName), JSON.parse(String(Payload)));
        if (result instanceof FunctionFailure)
          return { StatusCode: 200, FunctionError: "Unhandled", Payload: JSON.stringify(result.payload) };
        return { StatusCode: 200, ExecutedVersion: "1", Payload: JSON.stringify(result) };
      },
    },
  };
}

/** What a function that fails answers. */
export class FunctionFailure {
  readonly payload: Json;
  constructor(errorType: string, errorMessage = "it happened") {
    this.payload = { errorType, errorMessage };
  }
}

/** The error with which a call was refused. Any other ending fails the test. */
export async function refusal(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("The call was not refused");
}
