import { Input, tagList } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { describeParameters, parametersByPath } from "./listing.ts";
import { checkName, type Parameter, showParameter } from "./parameter.ts";

/** Systems Manager: the parameter store, of plain parameters. */
export interface SsmService extends Service {
  /** A region's parameters by name. */
  parameters(region: string): ReadonlyMap<string, Parameter>;
}

/** AWS Systems Manager User Guide, "Managing parameter tiers": value sizes in bytes. */
const MAXIMUM_BYTES: Readonly<Record<string, number>> = { Standard: 4096, Advanced: 8192 };
const MAXIMUM_NAMES = 10;

export function createSsm(surroundings: Surroundings): SsmService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Parameter>());

  /** A parameter by name, ARN or `name:version`; undefined if there is none. */
  const lookUp = (wanted: string, call: Call): Parameter | undefined => {
    const name = wanted.replace(new RegExp(`^arn:aws:ssm:${call.region}:${account}:parameter(?=/)`), "");
    const [, base = name, version] = /^(.*?)(?::(\d+))?$/.exec(name) ?? [];
    const parameter = regions.of(call.region).get(base);
    if (!parameter || version === undefined || Number(version) === parameter.version) return parameter;
    throw new ServiceError(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${version} of ${base}; the local cloud keeps the latest, ` +
        String(parameter.version),
    );
  };
  const find = (wanted: string, call: Call): Parameter => {
    const parameter = lookUp(wanted, call);
    if (!parameter) throw new ServiceError("ParameterNotFound", `Parameter ${wanted} not found.`);
    return parameter;
  };
  const tagged = (json: Json, call: Call): Parameter => {
    const input = new Input(json);
    input.text("ResourceType", { oneOf: ["Parameter"] });
    const id = input.text("ResourceId");
    const parameter = regions.of(call.region).get(id);
    if (!parameter)
      throw new ServiceError(
        "InvalidResourceId",
        `The resource ID "${id}" is not valid. Verify the ID and try again.`,
      );
    return parameter;
  };
  const show = (parameter: Parameter, call: Call): Json =>
    showParameter(parameter, `arn:aws:ssm:${call.region}:${account}`);

  return {
    name: "ssm",
    parameters: (region) => regions.of(region),
    operations: {
      PutParameter(json, call) {
        const parameters = regions.of(call.region);
        const name = new Input(json).text("Name", { minimum: 1, maximum: 2048 });
        const existing = parameters.get(name);
        const parameter = readParameter(json, existing, clock.now(), call.principal);
        parameters.set(name, parameter);
        return { Version: parameter.version, Tier: parameter.tier };
      },
      GetParameter: (json, call) => ({ Parameter: show(find(new Input(json).text("Name"), call), call) }),
      GetParameters(json, call) {
        const input = new Input(json);
        const names = input.texts("Names");
        if (names.length === 0 || names.length > MAXIMUM_NAMES)
          throw input.refuse("names", names, `Member must have length from 1 to ${MAXIMUM_NAMES}`);
        return {
          Parameters: names
            .flatMap((name) => lookUp(name, call) ?? [])
            .map((parameter) => show(parameter, call)),
          InvalidParameters: names.filter((name) => !lookUp(name, call)),
        };
      },
      GetParametersByPath: (json, call) =>
        parametersByPath(json, [...regions.of(call.region).values()], (parameter) => show(parameter, call)),
      DescribeParameters: (json, call) =>
        describeParameters(
          json,
          [...regions.of(call.region).values()],
          `arn:aws:ssm:${call.region}:${account}`,
        ),
      DeleteParameter(json, call) {
        const name = new Input(json).text("Name");
        regions.of(call.region).delete(find(name, call).name);
      },
      DeleteParameters(json, call) {
        const names = new Input(json).texts("Names");
        const parameters = regions.of(call.region);
        const DeletedParameters = names.filter((name) => parameters.delete(name));
        return {
          DeletedParameters,
          InvalidParameters: names.filter((name) => !DeletedParameters.includes(name)),
        };
      },
      AddTagsToResource(json, call) {
        Object.assign(tagged(json, call).tags, new Input(json).tags("Tags"));
      },
      RemoveTagsFromResource(json, call) {
        const { tags } = tagged(json, call);
        for (const key of new Input(json).texts("TagKeys")) delete tags[key];
      },
      ListTagsForResource: (json, call) => ({ TagList: tagList(tagged(json, call).tags) }),
    },
  };
}

function readParameter(
  json: Json,
  existing: Parameter | undefined,
  now: number,
  principal: string,
): Parameter {
  const input = new Input(json).only([
    "AllowedPattern",
    "DataType",
    "Description",
    "Name",
    "Overwrite",
    "Tags",
    "Tier",
    "Type",
    "Value",
  ]);
  const name = checkName(input.text("Name"));
  if (existing && !input.flag("Overwrite"))
    throw new ServiceError(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  if (existing && input.has("Tags"))
    throw new ServiceError(
      "ValidationException",
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove " +
        "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or " +
        "RemoveTagsFromResource.",
    );
  const type = input.optionalText("Type") ?? existing?.type;
  if (type !== "String" && type !== "StringList")
    throw new ServiceError(
      "UnsupportedParameterType",
      `The parameter type ${type ?? "(none)"} is not carried out by the local cloud; it keeps String and StringList.`,
    );
  const value = input.text("Value");
  const tier = readTier(input, existing, value);
  const pattern = input.optionalText("AllowedPattern", { maximum: 1024 }) ?? existing?.allowedPattern;
  if (pattern !== undefined && !matchesPattern(pattern, value))
    throw new ServiceError(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    );
  return {
    name,
    type,
    value,
    tier,
    dataType: input.optionalText("DataType", { oneOf: ["text"] }) ?? "text",
    description: input.optionalText("Description", { maximum: 1024 }) ?? existing?.description,
    allowedPattern: pattern,
    version: (existing?.version ?? 0) + 1,
    modifiedAt: now,
    modifiedBy: principal,
    tags: existing?.tags ?? input.tags("Tags"),
  };
}

function readTier(input: Input, existing: Parameter | undefined, value: string): string {
  const bytes = Buffer.byteLength(value);
  const asked = input.optionalText("Tier", { oneOf: ["Standard", "Advanced", "Intelligent-Tiering"] });
  const standard = MAXIMUM_BYTES.Standard ?? 0;
  const tier =
    asked === "Intelligent-Tiering"
      ? bytes > standard
        ? "Advanced"
        : "Standard"
      : (asked ?? existing?.tier ?? "Standard");
  if (existing?.tier === "Advanced" && tier === "Standard")
    throw new ServiceError(
      "ValidationException",
      "This parameter uses the advanced-parameter tier. You can't downgrade.",
    );
  const maximum = MAXIMUM_BYTES[tier] ?? 0;
  if (bytes === 0) throw input.refuse("value", value, "Member must have length greater than or equal to 1");
  if (bytes > maximum)
    throw new ServiceError(
      "ValidationException",
      `${tier} tier parameters support a maximum parameter value of ${maximum} characters` +
        (tier === "Standard"
          ? ". To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
          : "."),
    );
  return tier;
}

function matchesPattern(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    throw new ServiceError(
      "InvalidAllowedPatternException",
      `The regular expression ${pattern} is not valid.`,
    );
  }
}
