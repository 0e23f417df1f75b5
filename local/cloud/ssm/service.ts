import { Input, tagList } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { ParameterDurability } from "./durable.ts";
import { describeParameters, parameterHistory, parametersByPath } from "./listing.ts";
import { checkName, type Parameter, showParameter } from "./parameter.ts";

/** Systems Manager: the parameter store, of plain parameters. */
export interface SsmService extends Service {
  /** A region's parameters by name. */
  parameters(region: string): ReadonlyMap<string, Parameter>;
}

/** AWS Systems Manager User Guide, "Managing parameter tiers": value sizes in bytes. */
const MAXIMUM_BYTES: Readonly<Record<string, number>> = { Standard: 4096, Advanced: 8192 };
const MAXIMUM_NAMES = 10;
/** AWS Systems Manager User Guide, "Working with parameter versions": the oldest of more is deleted. */
const MAXIMUM_VERSIONS = 100;

export function createSsm(surroundings: Surroundings): SsmService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Parameter>());

  /** Earlier versions, the oldest first; the latest is in `regions`. */
  const histories = new RegionState(() => new Map<string, Parameter[]>());

  /** What a name, an ARN or `name:version` means; `latest` is undefined if there is no such parameter. */
  const lookUp = (wanted: string, call: Call) => {
    const name = wanted.replace(new RegExp(`^arn:aws:ssm:${call.region}:${account}:parameter(?=/)`), "");
    const [, base = name, version] = /^(.*?)(?::(\d+))?$/.exec(name) ?? [];
    const latest = regions.of(call.region).get(base);
    const kept = [...(histories.of(call.region).get(base) ?? []), ...(latest ? [latest] : [])];
    const parameter = version === undefined ? latest : kept.find((each) => each.version === Number(version));
    return { base, version, latest, parameter };
  };
  const find = (wanted: string, call: Call): Parameter => {
    const { base, version, latest, parameter } = lookUp(wanted, call);
    if (!latest) throw new ServiceError("ParameterNotFound", `Parameter ${wanted} not found.`);
    if (!parameter)
      throw new ServiceError(
        "ParameterVersionNotFound",
        `Systems Manager could not find version ${version} of ${base}. Verify the version and try again.`,
      );
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
  const show = (parameter: Parameter, call: Call, wanted = ""): Json => ({
    ...showParameter(parameter, `arn:aws:ssm:${call.region}:${account}`),
    ...selectorOf(wanted),
  });

  /** Takes a parameter and its history away; false if there is none. */
  const remove = (name: string, { region }: Pick<Call, "region">): boolean => {
    histories.of(region).delete(name);
    if (!regions.of(region).delete(name)) return false;
    durable.gone(region, name);
    return true;
  };
  /** Makes this the latest version. */
  const add = (region: string, parameter: Parameter): void => {
    const { name } = parameter;
    const existing = regions.of(region).get(name);
    const history = histories.of(region);
    if (existing) history.set(name, [...(history.get(name) ?? []), existing].slice(1 - MAXIMUM_VERSIONS));
    regions.of(region).set(name, parameter);
    durable.put(region, parameter);
  };
  const durable = new ParameterDurability(
    function* () {
      for (const [region, parameters] of regions.entries())
        for (const [name, latest] of parameters)
          for (const parameter of [...(histories.of(region).get(name) ?? []), latest])
            yield { region, parameter };
    },
    add,
    (region, name) => void remove(name, { region }),
  );

  return {
    name: "ssm",
    durable,
    parameters: (region) => regions.of(region),
    operations: {
      PutParameter(json, call) {
        const name = new Input(json).text("Name", { minimum: 1, maximum: 2048 });
        const existing = regions.of(call.region).get(name);
        const parameter = readParameter(json, existing, clock.now(), call.principal);
        add(call.region, parameter);
        return { Version: parameter.version, Tier: parameter.tier };
      },
      GetParameter(json, call) {
        const name = new Input(json).only(["Name", "WithDecryption"]).text("Name");
        return { Parameter: show(find(name, call), call, name) };
      },
      GetParameterHistory(json, call) {
        const name = new Input(json).text("Name");
        const parameter = find(name, call);
        return parameterHistory(json, [...(histories.of(call.region).get(parameter.name) ?? []), parameter]);
      },
      GetParameters(json, call) {
        const names = namesOf(json);
        const found = names.map((name) => ({ name, parameter: lookUp(name, call).parameter }));
        return {
          Parameters: found.flatMap(({ name, parameter }) =>
            parameter ? [show(parameter, call, name)] : [],
          ),
          InvalidParameters: found.filter(({ parameter }) => !parameter).map(({ name }) => name),
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
        remove(find(name, call).name, call);
      },
      DeleteParameters(json, call) {
        const names = namesOf(json);
        const DeletedParameters = names.filter((name) => remove(name, call));
        return {
          DeletedParameters,
          InvalidParameters: names.filter((name) => !DeletedParameters.includes(name)),
        };
      },
      AddTagsToResource(json, call) {
        const parameter = tagged(json, call);
        Object.assign(parameter.tags, new Input(json).tags("Tags"));
        durable.tagged(call.region, parameter);
      },
      RemoveTagsFromResource(json, call) {
        const parameter = tagged(json, call);
        for (const key of new Input(json).texts("TagKeys")) delete parameter.tags[key];
        durable.tagged(call.region, parameter);
      },
      ListTagsForResource: (json, call) => ({ TagList: tagList(tagged(json, call).tags) }),
    },
  };
}

/** `Selector` of an answer to `name:version`. */
function selectorOf(wanted: string): { Selector?: string } {
  const selector = /:\d+$/.exec(wanted)?.[0];
  return selector ? { Selector: selector } : {};
}

function namesOf(json: Json): string[] {
  const input = new Input(json);
  const names = input.texts("Names");
  if (names.length === 0 || names.length > MAXIMUM_NAMES)
    throw input.refuse("names", names, `Member must have length from 1 to ${MAXIMUM_NAMES}`);
  return names;
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
