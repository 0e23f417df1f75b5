import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";

/** Where clients find AWS: left out, the SDK's own endpoints and whatever credentials the environment has. */
export interface ClientSettings {
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** SDK clients by region, each made once. */
export class Clients {
  readonly #settings: ClientSettings;
  readonly #dynamodb = new Map<string, DynamoDBClient>();
  readonly #eventBridge = new Map<string, EventBridgeClient>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  dynamodb(region: string): DynamoDBClient {
    return once(this.#dynamodb, region, () => new DynamoDBClient({ ...this.#settings, region }));
  }

  eventBridge(region: string): EventBridgeClient {
    return once(this.#eventBridge, region, () => new EventBridgeClient({ ...this.#settings, region }));
  }

  close(): void {
    for (const client of [...this.#dynamodb.values(), ...this.#eventBridge.values()]) client.destroy();
  }
}

function once<Client>(clients: Map<string, Client>, region: string, make: () => Client): Client {
  const known = clients.get(region) ?? make();
  clients.set(region, known);
  return known;
}
