import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type Parameter, parameterArn } from "./parameter.ts";

const PATH_PAGE = 10;
const DESCRIBE_PAGE = 50;

/** GetParametersByPath: the parameters directly below a path, or with Recursive all below it. */
export function parametersByPath(
  json: Json,
  parameters: readonly Parameter[],
  show: (parameter: Parameter) => Json,
): Json {
  const input = new Input(json).only(["MaxResults", "NextToken", "Path", "Recursive", "WithDecryption"]);
  const path = input.text("Path", { minimum: 1, maximum: 2048, pattern: /^\// });
  const recursive = input.flag("Recursive");
  const start = path.endsWith("/") ? path : `${path}/`;
  const found = parameters.filter(
    ({ name }) => name.startsWith(start) && (recursive || !name.slice(start.length).includes("/")),
  );
  const { page, NextToken } = paginate(input, found, PATH_PAGE);
  return { Parameters: page.map(show), ...NextToken };
}

/** DescribeParameters: metadata without values; filters on Name, Path, Type and Tier. */
export function describeParameters(json: Json, parameters: readonly Parameter[], arnPrefix: string): Json {
  const input = new Input(json).only(["MaxResults", "NextToken", "ParameterFilters"]);
  const filters = input.records("ParameterFilters").map(readFilter);
  const found = parameters.filter((parameter) => filters.every((filter) => filter(parameter)));
  const { page, NextToken } = paginate(input, found, DESCRIBE_PAGE);
  return {
    Parameters: page.map((parameter) => ({
      ...metadata(parameter),
      ARN: parameterArn(parameter.name, arnPrefix),
    })),
    ...NextToken,
  };
}

/** GetParameterHistory: every version that is kept, the oldest first, with values. */
export function parameterHistory(json: Json, versions: readonly Parameter[]): Json {
  const input = new Input(json).only(["MaxResults", "Name", "NextToken", "WithDecryption"]);
  const limit = input.optionalInteger("MaxResults", { minimum: 1, maximum: DESCRIBE_PAGE }) ?? DESCRIBE_PAGE;
  const after = Number(input.optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
  const rest = versions.filter(({ version }) => version > after);
  const page = rest.slice(0, limit);
  return {
    Parameters: page.map((parameter) => ({ ...metadata(parameter), Value: parameter.value, Labels: [] })),
    ...(rest.length > limit ? { NextToken: String(page.at(-1)?.version) } : {}),
  };
}

function metadata(parameter: Parameter): Json {
  return {
    Name: parameter.name,
    Type: parameter.type,
    LastModifiedDate: parameter.modifiedAt / 1000,
    LastModifiedUser: parameter.modifiedBy,
    Description: parameter.description,
    AllowedPattern: parameter.allowedPattern,
    Version: parameter.version,
    Tier: parameter.tier,
    Policies: [],
    DataType: parameter.dataType,
  };
}

function readFilter(record: Json): (parameter: Parameter) => boolean {
  const filter = new Input(record);
  const key = filter.text("Key", { oneOf: ["Name", "Path", "Tier", "Type"] });
  const values = filter.texts("Values");
  const option = filter.optionalText("Option") ?? (key === "Path" ? "OneLevel" : "Equals");
  if (key === "Path")
    return ({ name }) =>
      values.some((path) => {
        const start = path.endsWith("/") ? path : `${path}/`;
        return name.startsWith(start) && (option === "Recursive" || !name.slice(start.length).includes("/"));
      });
  const matches: Record<string, (value: string, wanted: string) => boolean> = {
    Equals: (value, wanted) => value === wanted,
    BeginsWith: (value, wanted) => value.startsWith(wanted),
    Contains: (value, wanted) => value.includes(wanted),
  };
  const match = matches[option];
  if (!match)
    throw new ServiceError(
      "InvalidFilterOption",
      `The filter option ${option} is not valid for ${key}; allowed: ${Object.keys(matches).join(", ")}`,
    );
  const read = (parameter: Parameter): string =>
    key === "Name" ? parameter.name : key === "Type" ? parameter.type : parameter.tier;
  return (parameter) => values.some((value) => match(read(parameter), value));
}

function paginate(input: Input, found: readonly Parameter[], maximum: number) {
  const limit = input.optionalInteger("MaxResults", { minimum: 1, maximum }) ?? maximum;
  const after = input.optionalText("NextToken") ?? "";
  const rest = found.filter(({ name }) => name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, limit);
  return { page, NextToken: rest.length > limit ? { NextToken: page.at(-1)?.name } : {} };
}
