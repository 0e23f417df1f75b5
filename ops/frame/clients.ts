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
  /** Longest wait for one answer, in milliseconds. Default: half a minute. */
  readonly requestTimeout?: number;
}

/** Longest waits for a connection and for one answer, in milliseconds: the SDK's own are without end. */
const CONNECTION_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 30_000;

type Settings = Omit<ClientSettings, "requestTimeout"> & { readonly region: string };
/** What makes a client give up a request that nobody answers; the SDK tries it twice more. */
interface Patience {
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

/** SDK clients by region, each made once. All but the functions' give up a region that falls silent. */
export class Clients {
  readonly #settings: Omit<ClientSettings, "requestTimeout">;
  readonly #patience: Patience;
  readonly #known = new Map<string, { destroy(): void }>();

  constructor({ requestTimeout = REQUEST_TIMEOUT, ...settings }: ClientSettings) {
    this.#settings = settings;
    this.#patience = {
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout, throwOnRequestTimeout: true },
    };
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

  /** Without time limits: a function may work for 15 minutes. */
  lambda(region: string): LambdaClient {
    return this.#once(
      "lambda",
      region,
      ({ requestHandler, ...settings }) => new LambdaClient({ ...settings, maxAttempts: 1 }),
    );
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

  /** AWS takes StartSyncExecution at a host of its own, `sync-states…`, which an endpoint of one's own does not have. */
  stepFunctions(region: string): SFNClient {
    const disableHostPrefix = this.#settings.endpoint !== undefined;
    return this.#once("states", region, (settings) => new SFNClient({ ...settings, disableHostPrefix }));
  }

  close(): void {
    for (const client of this.#known.values()) client.destroy();
  }

  #once<Client extends { destroy(): void }>(
    service: string,
    region: string,
    make: (settings: Settings & Patience) => Client,
  ): Client {
    const key = `${service}/${region}`;
    const known =
      (this.#known.get(key) as Client | undefined) ?? make({ ...this.#settings, ...this.#patience, region });
    this.#known.set(key, known);
    return known;
  }
}
