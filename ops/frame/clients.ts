import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { Route53Client } from "@aws-sdk/client-route-53";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";

/** Where clients find AWS: left out, the SDK's own endpoints and whatever credentials the environment has. */
export interface ClientSettings {
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** SDK clients by region, each made once. */
export class Clients {
  readonly #settings: ClientSettings;
  readonly #known = new Map<string, { destroy(): void }>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  cloudWatch(region: string): CloudWatchClient {
    return this.#once("cloudwatch", region, (settings) => new CloudWatchClient(settings));
  }

  dynamodb(region: string): DynamoDBClient {
    return this.#once("dynamodb", region, (settings) => new DynamoDBClient(settings));
  }

  eventBridge(region: string): EventBridgeClient {
    return this.#once("events", region, (settings) => new EventBridgeClient(settings));
  }

  /** Without a time limit of the connection: a function may work for 15 minutes. */
  lambda(region: string): LambdaClient {
    return this.#once("lambda", region, (settings) => new LambdaClient({ ...settings, maxAttempts: 1 }));
  }

  /** Route 53 is global; its endpoint is in us-east-1. */
  route53(): Route53Client {
    return this.#once("route53", "us-east-1", (settings) => new Route53Client(settings));
  }

  ssm(region: string): SSMClient {
    return this.#once("ssm", region, (settings) => new SSMClient(settings));
  }

  sqs(region: string): SQSClient {
    return this.#once("sqs", region, (settings) => new SQSClient(settings));
  }

  sts(region: string): STSClient {
    return this.#once("sts", region, (settings) => new STSClient(settings));
  }

  stepFunctions(region: string): SFNClient {
    return this.#once("states", region, (settings) => new SFNClient(settings));
  }

  close(): void {
    for (const client of this.#known.values()) client.destroy();
  }

  #once<Client extends { destroy(): void }>(
    service: string,
    region: string,
    make: (settings: ClientSettings & { region: string }) => Client,
  ): Client {
    const key = `${service}/${region}`;
    const known = (this.#known.get(key) as Client | undefined) ?? make({ ...this.#settings, region });
    this.#known.set(key, known);
    return known;
  }
}
