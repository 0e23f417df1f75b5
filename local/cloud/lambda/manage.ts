import type { Call, Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import {
  configuration,
  type FunctionRecord,
  type FunctionStore,
  publish,
  referenceOf,
  versionOf,
} from "./functions.ts";
import { type ResolvedImage, refuseOthers, settingsFrom } from "./settings.ts";

export interface ManageNeeds {
  readonly surroundings: Surroundings;
  readonly store: FunctionStore;
  readonly resolveImage: (imageUri: string) => ResolvedImage | Promise<ResolvedImage>;
}

/** The operations on functions and their versions. */
export function functionOperations(needs: ManageNeeds): Record<string, Operation> {
  const { surroundings, store } = needs;
  const now = () => surroundings.clock.now();
  const find = finder(needs);

  async function create(input: Json, { region }: Call): Promise<Json> {
    refuseOthers(input, "FunctionName", "PackageType", "Code", "Publish", "Tags");
    if (input.PackageType !== "Image")
      throw invalid(`PackageType is ${JSON.stringify(input.PackageType)}; carried out here is Image`);
    const { name } = referenceOf(input);
    const latest = settingsFrom(input, undefined, await imageOf(input.Code as Json | undefined), now());
    const record: FunctionRecord = {
      ...{ name, region, latest, arn: `arn:aws:lambda:${region}:${surroundings.account}:function:${name}` },
      ...{
        versions: new Map(),
        aliases: new Map(),
        pools: new Map(),
        reserved: undefined,
        published: 0,
        inProgress: 0,
      },
      tags: (input.Tags ?? {}) as Json,
    };
    store.add(record);
    return configuration(record, input.Publish === true ? publish(record, undefined) : latest);
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
  function replaceLatest(record: FunctionRecord, latest: FunctionRecord["latest"]): void {
    record.latest = latest;
    record.pools.get("$LATEST")?.retire();
    record.pools.delete("$LATEST");
  }

  async function updateCode(input: Json, call: Call): Promise<Json> {
    const { FunctionName, Publish, DryRun, RevisionId, Architectures, ...code } = input;
    const record = find(input, call);
    if (Object.keys(code).some((field) => field !== "ImageUri") || DryRun === true)
      throw invalid(`Of code, ImageUri is carried out here; given: ${Object.keys(code).join(", ")}`);
    const image = await imageOf(code);
    const kept = { ...record.latest, command: ownCommand(record) ?? image.resolved.command };
    replaceLatest(record, settingsFrom({ Architectures }, kept, image, now()));
    return configuration(record, Publish === true ? publish(record, undefined) : record.latest);
  }

  function updateConfiguration(input: Json, call: Call): Json {
    refuseOthers(input, "FunctionName", "RevisionId");
    const record = find(input, call);
    const image = { uri: record.latest.imageUri, resolved: record.latest.image };
    replaceLatest(record, settingsFrom(input, record.latest, image, now()));
    return configuration(record, record.latest);
  }

  function getFunction(input: Json, call: Call): Json {
    const record = find(input, call);
    const settings = versionOf(record, referenceOf(input).qualifier);
    return {
      Configuration: configuration(record, settings),
      Code: { RepositoryType: "ECR", ImageUri: settings.imageUri, ResolvedImageUri: settings.imageUri },
      Tags: record.tags,
      ...(record.reserved === undefined
        ? {}
        : { Concurrency: { ReservedConcurrentExecutions: record.reserved } }),
    };
  }

  function getConfiguration(input: Json, call: Call): Json {
    const record = find(input, call);
    return configuration(record, versionOf(record, referenceOf(input).qualifier));
  }

  function deleteFunction(input: Json, call: Call): void {
    const record = find(input, call);
    const { qualifier } = referenceOf(input);
    const pools = qualifier === undefined ? [...record.pools.keys()] : [qualifier];
    for (const version of pools) record.pools.get(version)?.retire();
    if (qualifier === undefined) store.delete(record);
    else if (!record.versions.delete(qualifier)) versionOf(record, qualifier);
  }

  return {
    CreateFunction: create,
    UpdateFunctionCode: updateCode,
    UpdateFunctionConfiguration: updateConfiguration,
    GetFunction: getFunction,
    GetFunctionConfiguration: getConfiguration,
    DeleteFunction: deleteFunction,
    ListFunctions: (_input, { region }) => ({
      Functions: store.in(region).map((record) => configuration(record, record.latest)),
    }),
    ListVersionsByFunction: (input, call) => {
      const record = find(input, call);
      return {
        Versions: [record.latest, ...record.versions.values()].map((each) => configuration(record, each)),
      };
    },
    PublishVersion: (input, call) => {
      const record = find(input, call);
      return configuration(record, publish(record, input.Description));
    },
  };
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

/** What Lambda answers to a value that it does not take. */
export function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
