import { queueUrlOf } from "../queue-url.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { LogPort, MetricsPort } from "../states/ports.ts";
import { aliasOperations } from "./aliases.ts";
import { AsyncInvoker } from "./async.ts";
import { ExecutionEnvironment } from "./environment.ts";
import { type FunctionRecord, FunctionStore, referenceOf, versionOf } from "./functions.ts";
import { Invoker, payloadText } from "./invoke.ts";
import { functionOperations } from "./manage.ts";
import { Pool } from "./pool.ts";
import type { FunctionSettings, ResolvedImage } from "./settings.ts";
import { type Credentials, logDestination, variablesOf } from "./variables.ts";

export interface LambdaPorts {
  /** Where an image's code lies. Throws if there is no such image. */
  readonly resolveImage: (imageUri: string) => ResolvedImage | Promise<ResolvedImage>;
  readonly metrics: MetricsPort;
  readonly log: LogPort;
  /** AWS_ENDPOINT_URL of functions; asked when a process starts. */
  readonly endpointUrl: () => string;
  readonly credentialsFor: (roleArn: string, region: string) => Credentials;
  /** The URL of a queue for SendMessage; by default in AWS's form. */
  readonly queueUrl?: (arn: string) => string;
}

export interface LambdaOptions {
  /** Most processes of one version at a time; further invocations wait. Does not change throttling. Default: 1,000. */
  readonly maximumProcesses?: number;
  /** A process without work ends after this long. Default: 5 minutes. */
  readonly idleMilliseconds?: number;
  /** Milliseconds before the two retries of an asynchronous event. Default as AWS: one minute, two minutes. */
  readonly asyncRetryDelays?: readonly number[];
  /** Folder in which processes keep compiled code for quicker starts. Default: none. */
  readonly compileCache?: string;
}

export interface LambdaService extends Service {
  /** Invocations in progress, and asynchronous events that wait, in one region or in all. */
  openInvocations(region?: string): number;
}

/** Lambda: functions from container images, each run by its own Node processes on the Lambda Runtime API. */
export function createLambda(
  surroundings: Surroundings,
  ports: LambdaPorts,
  options: LambdaOptions = {},
): LambdaService {
  const store = new FunctionStore();
  /** Every pool that was made, also of functions that have changed or are gone while something still runs. */
  const pools = new Set<Pool>();
  const { metrics } = ports;
  const invoker = new Invoker({ surroundings, metrics, store, poolOf });
  const asyncInvoker = new AsyncInvoker({
    ...{ surroundings, metrics, invoker },
    queueUrl: ports.queueUrl ?? queueUrlOf,
    retryDelays: options.asyncRetryDelays ?? [60_000, 120_000],
  });

  function poolOf(record: FunctionRecord, settings: FunctionSettings): Pool {
    const existing = record.pools.get(settings.version);
    if (existing) return existing;
    const pool = new Pool({
      maximumProcesses: options.maximumProcesses ?? 1_000,
      idleMilliseconds: options.idleMilliseconds ?? 300_000,
      clock: surroundings.clock,
      makeEnvironment: (events) => new ExecutionEnvironment(environmentSettings(record, settings), events),
    });
    pools.add(pool);
    record.pools.set(settings.version, pool);
    return pool;
  }

  function environmentSettings(record: FunctionRecord, settings: FunctionSettings) {
    const logs = logDestination(record, settings, surroundings.clock.now());
    const variables = variablesOf(record, settings, logs, {
      endpointUrl: ports.endpointUrl(),
      credentials: ports.credentialsFor(settings.role, record.region),
      compileCache: options.compileCache,
    });
    const { seconds, memoryMegabytes } = settings;
    return {
      ...{ variables, seconds, memoryMegabytes, clock: surroundings.clock },
      directory: settings.image.directory,
      log: (line: string) => ports.log(record.region, logs.group, logs.stream, line),
    };
  }

  async function invoke(input: Json, call: Call): Promise<Json> {
    const known = ["FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"];
    const unknown = Object.keys(input).find((field) => input[field] !== undefined && !known.includes(field));
    if (unknown !== undefined || (input.LogType !== undefined && input.LogType !== "None"))
      throw new ServiceError(
        "InvalidParameterValueException",
        `${unknown ?? "LogType Tail"} is not carried out here; allowed: ${known.join(", ")}, LogType None`,
      );
    const { name, qualifier } = referenceOf(input);
    const record = store.get(`arn:aws:lambda:${call.region}:${surroundings.account}:function:${name}`);
    const { version } = versionOf(record, qualifier);
    const payload = payloadText(input);
    switch (input.InvocationType ?? "RequestResponse") {
      case "DryRun":
        return { StatusCode: 204 };
      case "Event":
        metrics.record(
          record.region,
          "AWS/Lambda",
          "AsyncEventsReceived",
          { FunctionName: name },
          1,
          "Count",
        );
        asyncInvoker.accept({ record, qualifier, payload, call });
        return { StatusCode: 202, Payload: "" };
      case "RequestResponse": {
        const { outcome } = await invoker.run(record, qualifier, payload, call);
        return {
          StatusCode: 200,
          ExecutedVersion: version,
          ...(outcome.isError ? { FunctionError: "Unhandled" } : {}),
          Payload: outcome.payload,
        };
      }
      default:
        throw new ServiceError(
          "InvalidParameterValueException",
          `InvocationType is ${JSON.stringify(input.InvocationType)}; allowed: RequestResponse, Event, DryRun`,
        );
    }
  }

  const needs = { surroundings, store, resolveImage: ports.resolveImage };
  return {
    name: "lambda",
    operations: { ...functionOperations(needs), ...aliasOperations(needs), Invoke: invoke },
    openInvocations: (region) =>
      store.in(region).reduce((sum, record) => sum + record.inProgress, 0) + asyncInvoker.pending(region),
    async close() {
      asyncInvoker.close();
      await Promise.all([...pools].map((pool) => pool.close()));
    },
  };
}
