import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { Clients } from "../../ops/frame/clients.ts";
import type { OperatorCommand, Result } from "../../ops/frame/operator-command.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { Json } from "../cloud/service.ts";
import { inProcess } from "../simulation/clients.ts";
import type { Simulation } from "../simulation/simulation.ts";
import { asPause, withDrivenPauses } from "./driven-time.ts";

/** Runs the operator's own commands against a simulation, in its time. */
export class Operator {
  readonly #simulation: Simulation;
  readonly #clients: Clients;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#clients = new SimulatedClients(simulation);
  }

  run(command: OperatorCommand, options: Readonly<Record<string, string>>): Promise<Result> {
    const { clock, services } = this.#simulation;
    return withDrivenPauses(clock, async () => {
      const run = await command.prepare({ words: [], options });
      return run({
        outputs: parseOutputs(services.outputs),
        clients: this.#clients,
        isLocal: true,
        terminal: new Silence(process.stderr),
        signal: new AbortController().signal,
      });
    });
  }

  close(): void {
    this.#clients.close();
  }
}

/** Clients whose commands are calls of the simulation's services, by an operator. */
class SimulatedClients extends Clients {
  readonly #simulation: Simulation;
  readonly #made = new Map<string, unknown>();

  constructor(simulation: Simulation) {
    super({ endpoint: simulation.services.endpoint.url, credentials: CREDENTIALS });
    this.#simulation = simulation;
  }

  override dynamodb(region: string): DynamoDBClient {
    return this.#driven("dynamodb", region, super.dynamodb(region));
  }

  override lambda(region: string): LambdaClient {
    return this.#driven("lambda", region, super.lambda(region));
  }

  override sqs(region: string): SQSClient {
    return this.#driven("sqs", region, super.sqs(region));
  }

  override stepFunctions(region: string): SFNClient {
    return this.#driven("states", region, super.stepFunctions(region));
  }

  #driven<Client extends object>(service: string, region: string, client: Client): Client {
    const key = `${service}/${region}`;
    if (this.#made.has(key)) return client;
    this.#made.set(key, client);
    const { clock, services } = this.#simulation;
    const { call } = services.cloud.surroundings;
    return inProcess(client, service, async (_, operation, input) => {
      const from = { region, principal: OPERATOR };
      const answer = await asPause(clock, () => call(service, operation, input, from));
      // The SDK gives a function's answer as bytes.
      return typeof answer.Payload === "string"
        ? { ...answer, Payload: new TextEncoder().encode(answer.Payload) }
        : answer;
    });
  }
}

const CREDENTIALS = { accessKeyId: "operator", secretAccessKey: "operator" };

class Silence extends Terminal {
  override line(): void {}
  override live(): void {}
}

/** A figure of a command's result; 0 if it has none. */
export function figure({ json }: Result, ...path: string[]): number {
  const value = path.reduce<unknown>(
    (from, name) => (typeof from === "object" && from !== null ? (from as Json)[name] : undefined),
    json,
  );
  return typeof value === "number" ? value : 0;
}
