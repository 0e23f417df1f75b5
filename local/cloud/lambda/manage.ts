import type { Call, Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { checkImage, checkRole, type Subject, seal } from "./access.ts";
import {
  configuration,
  type FunctionRecord,
  type FunctionStore,
  publish,
  referenceOf,
  versionOf,
} from "./functions.ts";
import type { Interfaces } from "./network.ts";
import {
  codeDigest,
  type FunctionSettings,
  type ResolvedImage,
  refuseOthers,
  settingsFrom,
} from "./settings.ts";
import { Sampler } from "./tracing.ts";

export interface ManageNeeds {
  readonly surroundings: Surroundings;
  readonly store: FunctionStore;
  readonly resolveImage: (imageUri: string) => ResolvedImage | Promise<ResolvedImage>;
  readonly interfaces: Interfaces;
}

/** The operations on functions and their versions. */
export function functionOperations(needs: ManageNeeds): Record<string, Operation> {
  const { surroundings, store } = needs;
  const now = () => surroundings.clock.now();
  const find = finder(needs);

  /** What Lambda asks of other services before it takes settings; gives the settings as they are kept. */
  async function admit(
    subject: Subject,
    settings: FunctionSettings,
    { principal }: Call,
    before?: FunctionSettings,
  ): Promise<FunctionSettings> {
    const { call } = surroundings;
    if (settings.role !== before?.role) await checkRole(call, subject, settings.role);
    if (settings.imageUri !== before?.imageUri) await checkImage(call, subject, settings.imageUri);
    await needs.interfaces.attach(subject, settings);
    return { ...settings, sealed: await seal(call, subject, settings, principal) };
  }

  /** Publishes a version, which uses the network as the function does. */
  async function publishVersion(record: FunctionRecord, description: unknown): Promise<FunctionSettings> {
    const version = publish(record, description);
    await needs.interfaces.attach(record, version);
    return version;
  }

  async function create(input: Json, call: Call): Promise<Json> {
    const { region } = call;
    refuseOthers(input, "FunctionName", "PackageType", "Code", "Publish", "Tags");
    if (input.PackageType !== "Image")
      throw invalid(`PackageType is ${JSON.stringify(input.PackageType)}; carried out here is Image`);
    const { name } = referenceOf(input);
    const subject = {
      name,
      region,
      arn: `arn:aws:lambda:${region}:${surroundings.account}:function:${name}`,
    };
    store.refuseExisting(subject.arn);
    const given = settingsFrom(input, undefined, await imageOf(input.Code as Json | undefined), now());
    const latest = await admit(subject, given, call);
    const record: FunctionRecord = {
      ...{ ...subject, latest },
      ...{
        versions: new Map(),
        aliases: new Map(),
        pools: new Map(),
        eventInvokeConfigs: new Map(),
        provisioned: new Map(),
        policies: new Map(),
        reserved: undefined,
        published: 0,
        inProgress: 0,
      },
      sampler: new Sampler(surroundings.clock, surroundings.random),
      tags: { ...((input.Tags ?? {}) as Json) },
    };
    store.add(record);
    return configuration(record, input.Publish === true ? await publishVersion(record, undefined) : latest);
  }

  async function imageOf(code: Json | undefined): Promise<{ uri: string; resolved: ResolvedImage }> {
    const uri = code?.ImageUri;
    if (typeof uri !== "string")
      throw invalid("Code.ImageUri is missing; carried out here are container images only");
    try {
      return { uri, resolved: await needs.resolveImage(uri) };
    } catch (error) {
      throw invalid(
        `Source image ${uri} does not exist. Provide a valid source image. ${(error as Error).message}`,
      );
    }
  }

  /** Sets the function's newest settings; processes with the old ones finish what they do. */
  async function replaceLatest(record: FunctionRecord, given: FunctionSettings, call: Call): Promise<void> {
    const before = record.latest;
    const latest = await admit(record, given, call, before);
    if (isElsewhere(before, latest)) await needs.interfaces.detach(record, before);
    await needs.interfaces.attach(record, latest);
    record.latest = latest;
    record.pools.get("$LATEST")?.retire();
    record.pools.delete("$LATEST");
  }

  async function updateCode(input: Json, call: Call): Promise<Json> {
    const { FunctionName, Publish, DryRun, RevisionId, Architectures, ...code } = input;
    const record = find(input, call);
    if (Object.keys(code).some((field) => field !== "ImageUri") || DryRun === true)
      throw invalid(`Of code, ImageUri is carried out here; given: ${Object.keys(code).join(", ")}`);
    checkRevision(input, record.latest.revisionId);
    const image = await imageOf(code);
    const kept = { ...record.latest, command: ownCommand(record) ?? image.resolved.command };
    await replaceLatest(record, settingsFrom({ Architectures }, kept, image, now()), call);
    return configuration(record, Publish === true ? await publishVersion(record, undefined) : record.latest);
  }

  async function updateConfiguration(input: Json, call: Call): Promise<Json> {
    refuseOthers(input, "FunctionName", "RevisionId");
    const record = find(input, call);
    checkRevision(input, record.latest.revisionId);
    const image = { uri: record.latest.imageUri, resolved: record.latest.image };
    await replaceLatest(record, settingsFrom(input, record.latest, image, now()), call);
    return configuration(record, record.latest);
  }

  async function deleteFunction(input: Json, call: Call): Promise<void> {
    const record = find(input, call);
    const { qualifier } = referenceOf(input);
    if (qualifier === undefined) {
      for (const pool of record.pools.values()) pool.retire();
      store.delete(record);
      for (const each of [record.latest, ...record.versions.values()])
        await needs.interfaces.detach(record, each);
      return;
    }
    const settings = record.versions.get(qualifier);
    if (!settings) {
      versionOf(record, qualifier);
      throw invalid("Deletion of $LATEST or of an alias by DeleteFunction is not possible: name a version");
    }
    const using = [...record.aliases.values()].filter(({ FunctionVersion }) => FunctionVersion === qualifier);
    if (using.length > 0)
      throw new ServiceError(
        "ResourceConflictException",
        `Unable to delete version because the following aliases reference it: [${using.map(({ Name }) => Name).join(", ")}]`,
        409,
      );
    record.pools.get(qualifier)?.retire();
    record.pools.delete(qualifier);
    record.versions.delete(qualifier);
    await needs.interfaces.detach(record, settings);
  }

  return {
    CreateFunction: create,
    UpdateFunctionCode: updateCode,
    UpdateFunctionConfiguration: updateConfiguration,
    DeleteFunction: deleteFunction,
    PublishVersion: async (input, call) => {
      const record = find(input, call);
      checkRevision(input, record.latest.revisionId);
      const digest = codeDigest(record.latest.imageUri);
      if (input.CodeSha256 !== undefined && input.CodeSha256 !== digest)
        throw invalid(
          `CodeSHA256 (${String(input.CodeSha256)}) is different from current CodeSHA256 in $LATEST (${digest})`,
        );
      return configuration(record, await publishVersion(record, input.Description));
    },
  };
}

function isElsewhere(one: FunctionSettings, other: FunctionSettings): boolean {
  return JSON.stringify(one.stored.VpcConfig) !== JSON.stringify(other.stored.VpcConfig);
}

/** The command that the function itself sets, if it does: a new image brings its own otherwise. */
function ownCommand({ latest }: FunctionRecord): readonly string[] | undefined {
  return latest.command === latest.image.command ? undefined : latest.command;
}

/** Finds the function that a request names, in the region of the call. */
export function finder({
  surroundings,
  store,
}: Pick<ManageNeeds, "surroundings" | "store">): (input: Json, call: Call) => FunctionRecord {
  return (input, { region }) =>
    store.get(`arn:aws:lambda:${region}:${surroundings.account}:function:${referenceOf(input).name}`);
}

/** Refuses a change to what has changed since the caller looked at it. */
export function checkRevision({ RevisionId }: Json, current: unknown): void {
  if (RevisionId !== undefined && RevisionId !== current)
    throw new ServiceError(
      "PreconditionFailedException",
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve " +
        "the latest Revision Id",
      412,
      { Type: "User" },
    );
}

/** What Lambda answers to a value that it does not take. */
export function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
