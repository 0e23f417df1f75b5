import { Cloud } from "../../local/cloud/cloud.ts";
import { type Json, type Operation, ServiceError } from "../../local/cloud/service.ts";
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

/** A local cloud with Step Functions and small services that tasks call. */
export class StatesBench {
  readonly cloud = new Cloud();
  readonly metrics = new RecordedMetrics();
  readonly logged: { group: string; message: Json }[] = [];
  readonly states: StatesService;
  #count = 0;

  constructor(services: Record<string, Record<string, Operation>> = {}) {
    for (const [name, operations] of Object.entries(services)) this.cloud.add(() => ({ name, operations }));
    this.states = this.cloud.add((surroundings) =>
      createStates(surroundings, {
        metrics: this.metrics,
        log: (_region, group, _stream, message) => this.logged.push({ group, message: JSON.parse(message) }),
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

  /** Starts an execution and waits until it has ended. */
  async run(stateMachineArn: string, input: unknown): Promise<Json> {
    const started = await this.call("StartExecution", { stateMachineArn, input: JSON.stringify(input) });
    return this.ended(String(started.executionArn));
  }

  async ended(executionArn: string): Promise<Json> {
    for (;;) {
      const description = await this.call("DescribeExecution", { executionArn });
      if (description.status !== "RUNNING") return description;
      await new Promise((done) => setTimeout(done, 2));
    }
  }
}

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
