import { queueUrlOf } from "../queue-url.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { unseal } from "./access.ts";
import { aliasOperations } from "./aliases.ts";
import { AsyncInvoker } from "./async.ts";
import { ExecutionEnvironment } from "./environment.ts";
import { eventInvokeOperations } from "./event-invoke.ts";
import { type FunctionRecord, FunctionStore, referenceOf, versionOf } from "./functions.ts";
import { InProcessEnvironment, type RunInProcess } from "./in-process.ts";
import { clientContextOf, Invoker, oneOf, payloadText } from "./invoke.ts";
import { functionOperations, invalid } from "./manage.ts";
import { Mappings } from "./mappings/operations.ts";
import { Interfaces } from "./network.ts";
import { policyOperations, policyText } from "./policy.ts";
import { Pool } from "./pool.ts";
import { provisionedOperations } from "./provisioned.ts";
import { readOperations } from "./read.ts";
import type { FunctionSettings, ResolvedImage } from "./settings.ts";
import { type Credentials, logDestination, variablesOf } from "./variables.ts";
import { watch } from "./watch.ts";

export interface LambdaPorts {
  /** Where an image's code lies. Throws if there is no such image. */
  readonly resolveImage: (imageUri: string) => ResolvedImage | Promise<ResolvedImage>;
  readonly metrics: MetricsPort;
  /** AWS_ENDPOINT_URL of functions; asked when a process starts. */
  readonly endpointUrl: () => string;
  readonly credentialsFor: (roleArn: string, region: string, functionArn: string) => Credentials;
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
  /** Functions that run in this process, on the clock; all others, by default all, run as processes. */
  readonly runInProcess?: RunInProcess;
}

export interface LambdaService extends Service {
  /** Invocations in progress, and asynchronous events that wait, in one region or in all. */
  openInvocations(region?: string): number;
  /** Subnets that a function is in; none for one that is in no VPC, or does not exist. */
  subnetsOf(functionArn: string): readonly string[];
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
  const { call: callService, clock } = surroundings;
  const queueUrl = ports.queueUrl ?? queueUrlOf;
  const invoker = new Invoker({ surroundings, metrics, store, poolOf });
  const asyncInvoker = new AsyncInvoker({
    ...{ surroundings, metrics, invoker, queueUrl },
    retryDelays: options.asyncRetryDelays ?? [60_000, 120_000],
  });

  function poolOf(record: FunctionRecord, settings: FunctionSettings): Pool {
    const existing = record.pools.get(settings.version);
    if (existing) return existing;
    const pool = new Pool({
      maximumProcesses: options.maximumProcesses ?? 1_000,
      idleMilliseconds: options.idleMilliseconds ?? 300_000,
      clock,
      makeEnvironment: (events, isProvisioned) => {
        const common = environmentSettings(record, settings, isProvisioned);
        const handler = options.runInProcess?.(record.name);
        if (!handler) return new ExecutionEnvironment(common, events);
        const { role } = settings;
        return new InProcessEnvironment({ ...common, handler, record, role, call: callService }, events);
      },
    });
    pools.add(pool);
    record.pools.set(settings.version, pool);
    return pool;
  }

  function environmentSettings(record: FunctionRecord, settings: FunctionSettings, isProvisioned: boolean) {
    const logs = logDestination(record, settings, clock.now());
    const { seconds, memoryMegabytes } = settings;
    return {
      ...{ seconds, memoryMegabytes, clock, isProvisioned },
      directory: settings.image.directory,
      observer: watch(surroundings, record, settings, logs),
      async variables() {
        await unseal(callService, record, settings);
        return variablesOf(record, settings, logs, {
          endpointUrl: ports.endpointUrl(),
          credentials: ports.credentialsFor(settings.role, record.region, record.arn),
          compileCache: options.compileCache,
          isProvisioned,
        });
      },
    };
  }

  async function invoke(input: Json, call: Call): Promise<Json> {
    const known = ["FunctionName", "InvocationType", "LogType", "Payload", "Qualifier", "ClientContext"];
    const unknown = Object.keys(input).find((field) => input[field] !== undefined && !known.includes(field));
    if (unknown !== undefined)
      throw invalid(`${unknown} is not carried out here; allowed: ${known.join(", ")}`);
    oneOf(input, "LogType", ["None", "Tail"]);
    oneOf(input, "InvocationType", ["RequestResponse", "Event", "DryRun"]);
    const { name, qualifier } = referenceOf(input);
    const record = store.get(`arn:aws:lambda:${call.region}:${surroundings.account}:function:${name}`);
    versionOf(record, qualifier);
    const request = {
      ...{ record, qualifier, call, payload: payloadText(input) },
      clientContext: clientContextOf(input),
    };
    if (input.InvocationType === "DryRun") return { StatusCode: 204 };
    if (input.InvocationType === "Event") {
      asyncInvoker.accept(request);
      return { StatusCode: 202, Payload: "" };
    }
    const wantsTail = input.LogType === "Tail";
    const { outcome, version, tail } = await invoker.run({ ...request, wantsTail });
    return {
      StatusCode: 200,
      ExecutedVersion: version,
      ...(outcome.isError ? { FunctionError: "Unhandled" } : {}),
      ...(tail === undefined ? {} : { LogResult: tail }),
      Payload: outcome.payload,
    };
  }

  const interfaces = new Interfaces(callService);
  const mappings = new Mappings({ surroundings, metrics, store, invoker, queueUrl });
  const needs = { surroundings, store, poolOf, interfaces, resolveImage: ports.resolveImage };
  return {
    name: "lambda",
    operations: {
      ...functionOperations(needs),
      ...readOperations(needs),
      ...aliasOperations(needs),
      ...policyOperations(needs),
      ...eventInvokeOperations(needs),
      ...provisionedOperations(needs),
      ...mappings.operations,
      Invoke: invoke,
    },
    resourcePolicy(arn) {
      const [, , , , , , name = "", qualifier = ""] = arn.split(":");
      const base = arn.split(":").slice(0, 7).join(":");
      const record = store.in().find((each) => each.arn === base && each.name === name);
      return record && policyText(record, qualifier);
    },
    subnetsOf(functionArn) {
      const place = store.find(functionArn)?.latest.stored.VpcConfig as { SubnetIds?: string[] } | undefined;
      return place?.SubnetIds ?? [];
    },
    openInvocations: (region) =>
      store.in(region).reduce((sum, record) => sum + record.inProgress, 0) + asyncInvoker.pending(region),
    async close() {
      mappings.close();
      asyncInvoker.close();
      await Promise.all([...pools].map((pool) => pool.close()));
    },
  };
}
