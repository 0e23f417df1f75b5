import { randomUUID } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Pool } from "./pool.ts";
import { codeDigest, type FunctionSettings, isSameVersion } from "./settings.ts";
import type { Sampler } from "./tracing.ts";

/** A function with its versions and aliases, and what runs of it. */
export interface FunctionRecord {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  latest: FunctionSettings;
  readonly versions: Map<string, FunctionSettings>;
  /** Number of the last version that was published, even if it was deleted since. */
  published: number;
  readonly aliases: Map<string, Json>;
  /** Reserved concurrency, if set. */
  reserved: number | undefined;
  readonly tags: Json;
  /** Settings of asynchronous invocations, by qualifier. */
  readonly eventInvokeConfigs: Map<string, EventInvokeConfig>;
  /** Provisioned concurrency, by version or alias. */
  readonly provisioned: Map<string, ProvisionedConcurrency>;
  /** Statements of the resource policies, by qualifier; "" stands for none. */
  readonly policies: Map<string, Json[]>;
  readonly sampler: Sampler;
  /** Processes of each version that has been invoked. */
  readonly pools: Map<string, Pool>;
  /** Invocations that have begun and not ended. */
  inProgress: number;
}

/** How asynchronous invocations are retried, and where their records go. */
export interface EventInvokeConfig {
  readonly maximumRetryAttempts: number | undefined;
  readonly maximumEventAgeInSeconds: number | undefined;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
}

/** How many environments are kept ready. */
export interface ProvisionedConcurrency {
  readonly requested: number;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
}

/** The function, and what comes after its name: a version, an alias or nothing. */
export interface Reference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** Reads FunctionName (a name, a partial or a whole ARN, with or without a qualifier) and Qualifier. */
export function referenceOf(input: Json): Reference {
  const { FunctionName: given, Qualifier } = input;
  const parts = typeof given === "string" ? given.split(":") : [];
  const start = parts[0] === "arn" ? 6 : parts[1] === "function" ? 2 : 0;
  const name = parts[start];
  if (name === undefined || !/^[\w-]{1,64}$/.test(name) || parts.length > start + 2)
    throw new ServiceError(
      "ValidationException",
      `FunctionName is ${JSON.stringify(given)}; allowed is a name of 1 to 64 of A-Za-z0-9_- or a function's ARN`,
    );
  const inName = parts[start + 1];
  if (inName !== undefined && Qualifier !== undefined && inName !== Qualifier)
    throw new ServiceError(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { name, qualifier: inName ?? (typeof Qualifier === "string" ? Qualifier : undefined) };
}

/** Functions of all regions. */
export class FunctionStore {
  readonly #records = new Map<string, FunctionRecord>();

  add(record: FunctionRecord): void {
    this.refuseExisting(record.arn);
    this.#records.set(record.arn, record);
  }

  /** Throws ResourceConflictException if there is a function of this ARN. */
  refuseExisting(arn: string): void {
    const name = this.#records.get(arn)?.name;
    if (name !== undefined)
      throw new ServiceError("ResourceConflictException", `Function already exist: ${name}`, 409);
  }

  delete(record: FunctionRecord): void {
    this.#records.delete(record.arn);
  }

  /** Throws ResourceNotFoundException. */
  get(arn: string): FunctionRecord {
    const record = this.#records.get(arn);
    if (!record) throw notFound(arn);
    return record;
  }

  find(arn: string): FunctionRecord | undefined {
    return this.#records.get(arn);
  }

  in(region?: string): FunctionRecord[] {
    const all = [...this.#records.values()];
    return region === undefined ? all : all.filter((record) => record.region === region);
  }
}

/** The settings that a qualifier stands for: $LATEST, a version, or an alias of one. */
export function versionOf(record: FunctionRecord, qualifier: string | undefined): FunctionSettings {
  if (qualifier === undefined || qualifier === "$LATEST") return record.latest;
  const version = record.aliases.get(qualifier)?.FunctionVersion ?? qualifier;
  const found = version === "$LATEST" ? record.latest : record.versions.get(String(version));
  if (!found) throw notFound(`${record.arn}:${qualifier}`);
  return found;
}

/** Makes a version of the function as it is now, or gives the last one if nothing has changed since. */
export function publish(record: FunctionRecord, description: unknown): FunctionSettings {
  const last = record.versions.get(String(record.published));
  const changed = typeof description === "string" ? { ...record.latest, description } : record.latest;
  if (last && isSameVersion(last, changed)) return last;
  record.published += 1;
  const version = { ...changed, version: String(record.published), revisionId: randomUUID() };
  record.versions.set(version.version, version);
  return version;
}

function notFound(arn: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`, 404, { Type: "User" });
}

/** A version's settings as GetFunctionConfiguration gives them. */
export function configuration(record: FunctionRecord, settings: FunctionSettings): Json {
  const suffix = settings.version === "$LATEST" ? "" : `:${settings.version}`;
  return {
    FunctionName: record.name,
    FunctionArn: `${record.arn}${suffix}`,
    Role: settings.role,
    CodeSize: 0,
    Description: settings.description,
    Timeout: settings.seconds,
    MemorySize: settings.memoryMegabytes,
    LastModified: settings.lastModified,
    CodeSha256: codeDigest(settings.imageUri),
    Version: settings.version,
    ...(settings.deadLetterArn === undefined
      ? {}
      : { DeadLetterConfig: { TargetArn: settings.deadLetterArn } }),
    Environment: { Variables: settings.variables },
    TracingConfig: { Mode: "PassThrough" },
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
    ...settings.stored,
    LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${record.name}`, ...settings.logging },
    RevisionId: settings.revisionId,
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Image",
    ImageConfigResponse: { ImageConfig: { Command: settings.command } },
  };
}
