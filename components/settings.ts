import { z } from "zod";
import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_NAMES, SETTLED_SECONDS } from "../functions/contract.ts";
import { unmatchedPattern } from "./routing/patterns.ts";
import type { SettingProblem } from "./settings-problems.ts";
import { problemsOf, SettingsError } from "./settings-problems.ts";
import type { ParsedSettings } from "./settings-schema.ts";
import { settingsSchema, TEXT_KEYS } from "./settings-schema.ts";

/** Project whose configuration this is; keys of other projects and of Pulumi itself are not looked at. */
export const PROJECT = "trade-processing";

export type RegionRole = "primary" | "replica";
export const REGION_ROLES: readonly RegionRole[] = ["primary", "replica"];

/** A VPC to make, or one that is there. */
export type NetworkSettings = ParsedSettings["network"]["primary"] extends infer Network
  ? Network extends { mode: "create" }
    ? Omit<Network, "cidr"> & { cidr: string }
    : Network
  : never;
export type Egress = NetworkSettings["egress"];

export interface FunctionSettings {
  /** MB. */
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number;
  readonly provisionedConcurrency: number;
}

export type SourceSettings = ParsedSettings["sources"][number];

/** The stack's configuration, checked and with defaults filled in. */
export type Settings = Omit<ParsedSettings, "network" | "functions"> & {
  readonly network: Readonly<Record<RegionRole, NetworkSettings>>;
  readonly functions: Readonly<Record<FunctionName, FunctionSettings>>;
};

const MINUTES_OF_DAY = 1440;
/** Longest event pattern, in characters (EventBridge quotas, before an increase). */
const LONGEST_PATTERN = 2048;

/** What differs by default for functions that work beside the stream of trades. */
const DEFAULT_FIGURES: Readonly<Partial<Record<FunctionName, Partial<FunctionSettings>>>> = {
  "enrichment-completer": { reservedConcurrency: 1, provisionedConcurrency: 0, timeoutSeconds: 55 },
  "replacement-recorder": { reservedConcurrency: 5, provisionedConcurrency: 0 },
  "trade-census": { reservedConcurrency: 1, provisionedConcurrency: 0, timeoutSeconds: 900 },
};

const DEFAULT_CIDRS: Readonly<Record<RegionRole, string>> = {
  primary: "10.0.0.0/16",
  replica: "10.1.0.0/16",
};

/**
 * Parses the stack's configuration, given by full key as Pulumi's runtime has it. Throws one SettingsError with
 * every unknown key, wrong value and impossible combination.
 */
export function parseSettings(raw: Readonly<Record<string, string>>): Settings {
  const problems: SettingProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [fullKey, text] of Object.entries(raw)) {
    const [project, key = ""] = fullKey.split(":");
    if (project !== PROJECT) continue;
    values[key] = TEXT_KEYS.includes(key) ? text : jsonOrText(text);
  }
  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, values, keysKnownAt));
  const sound = parsed.success ? parsed.data : soundPart(values, parsed.error.issues);
  problems.push(...impossibleCombinations(sound));
  if (problems.length > 0 || !parsed.success)
    throw new SettingsError(problems.map((problem) => ({ ...problem, key: `${PROJECT}:${problem.key}` })));
  return settingsOf(parsed.data);
}

/** Settings of the keys without a fault, so that their combinations are judged in the same run. */
function soundPart(values: Record<string, unknown>, issues: readonly z.core.$ZodIssue[]): Combinable {
  const faulty = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
  );
  const sound = Object.entries(values).filter(([key]) => !faulty.includes(key));
  const required = { environmentSuffix: true, enrichment: true } as const;
  return settingsSchema.partial(required).parse(Object.fromEntries(sound));
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function settingsOf(parsed: ParsedSettings): Settings {
  const { overrides, ...common } = parsed.functions;
  const functionsEntries = FUNCTION_NAMES.map((name) => {
    const own = Object.entries(overrides[name] ?? {}).filter(([, value]) => value !== undefined);
    return [name, { ...common, ...DEFAULT_FIGURES[name], ...Object.fromEntries(own) }] as const;
  });
  const networkOf = (role: RegionRole): NetworkSettings => {
    const network = parsed.network[role];
    return network.mode === "create" ? { ...network, cidr: network.cidr ?? DEFAULT_CIDRS[role] } : network;
  };
  return {
    ...parsed,
    network: { primary: networkOf("primary"), replica: networkOf("replica") },
    functions: Object.fromEntries(functionsEntries) as Record<FunctionName, FunctionSettings>,
  };
}

type Combinable = Omit<ParsedSettings, "environmentSuffix" | "enrichment"> & {
  [Key in "environmentSuffix" | "enrichment"]?: ParsedSettings[Key] | undefined;
};

/** What each value may be on its own, but not together. */
function impossibleCombinations(parsed: Combinable): SettingProblem[] {
  return [
    ...egressProblems(parsed),
    ...sourceProblems(parsed),
    ...patternProblems(parsed),
    ...concurrencyProblems(parsed),
    ...censusProblems(parsed),
  ];
}

function egressProblems({ network, enrichment }: Combinable): SettingProblem[] {
  if (!enrichment || !isPublic(enrichment.apiEndpoint)) return [];
  return REGION_ROLES.filter((role) => network[role].egress === "none").map((role) => ({
    key: `network.${role}.egress`,
    value: "none",
    allowed: `nat or privateLink, since enrichment.apiEndpoint ${enrichment.apiEndpoint} is public`,
  }));
}

function sourceProblems({ sources }: Combinable): SettingProblem[] {
  return (["name", "source"] as const).flatMap((field) =>
    sources.flatMap((each, index) =>
      sources.findIndex((other) => other[field] === each[field]) === index
        ? []
        : [
            {
              key: `sources[${index}].${field}`,
              value: each[field],
              allowed: "a value that no other entry has",
            },
          ],
    ),
  );
}

/** The rule for unmatched events names every source in one pattern. */
function patternProblems({ sources, replicaRegion }: Combinable): SettingProblem[] {
  const names = sources.map((each) => each.source);
  const size = JSON.stringify(unmatchedPattern(names, replicaRegion)).length;
  if (size <= LONGEST_PATTERN) return [];
  const allowed = `fewer or shorter sources: their pattern has ${size} of at most ${LONGEST_PATTERN} characters`;
  return [{ key: "sources", value: names, allowed }];
}

/**
 * Two censuses of a region at once would take each other's copies. A scheduled one looks back by two of its windows at
 * most, and what the archive has dropped by then was never looked at.
 */
function censusProblems({ functions, census, routing }: Combinable): SettingProblem[] {
  const reserved = functions.overrides["trade-census"]?.reservedConcurrency ?? 1;
  const neededMinutes = 2 * census.everyMinutes + SETTLED_SECONDS / 60;
  const neededDays = Math.ceil(neededMinutes / MINUTES_OF_DAY);
  return [
    ...(reserved === 1
      ? []
      : [
          {
            key: "functions.overrides.trade-census.reservedConcurrency",
            value: reserved,
            allowed: "1, since two censuses of a region at once would take each other's events",
          },
        ]),
    ...(census.everyMinutes === 0 || routing.archiveRetentionDays >= neededDays
      ? []
      : [
          {
            key: "routing.archiveRetentionDays",
            value: routing.archiveRetentionDays,
            allowed: `at least ${neededDays}, since a census every ${census.everyMinutes} minutes looks back so far`,
          },
        ]),
  ];
}

function concurrencyProblems({ functions }: Combinable): SettingProblem[] {
  return FUNCTION_NAMES.flatMap((name) => {
    const figures = { ...functions, ...DEFAULT_FIGURES[name], ...functions.overrides[name] };
    const reserved = figures.reservedConcurrency ?? functions.reservedConcurrency;
    const provisioned = figures.provisionedConcurrency ?? functions.provisionedConcurrency;
    if (provisioned <= reserved) return [];
    const allowed = `at most the reserved concurrency of ${name}, ${reserved}`;
    const own = functions.overrides[name]?.provisionedConcurrency === undefined ? "" : `overrides.${name}.`;
    return [{ key: `functions.${own}provisionedConcurrency`, value: provisioned, allowed }];
  });
}

/** Whether reaching an endpoint takes a way out of the VPC. */
function isPublic(endpoint: string): boolean {
  const host = new URL(endpoint).hostname;
  const isPrivateAddress = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host);
  return !isPrivateAddress && !host.endsWith(".internal");
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  propertyNames?: { enum?: string[] };
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** The keys that the schema knows below a path, for the message about one that it does not. */
function keysKnownAt(path: readonly PropertyKey[]): readonly string[] {
  const root = z.toJSONSchema(settingsSchema, { io: "input" }) as JsonSchema;
  const nodes = path.reduce<JsonSchema[]>(
    (found, part) => found.flatMap(alternatives).flatMap((node) => below(node, part)),
    [root],
  );
  return [
    ...new Set(
      nodes
        .flatMap(alternatives)
        .flatMap((node) => node.propertyNames?.enum ?? Object.keys(node.properties ?? {})),
    ),
  ];
}

function alternatives(node: JsonSchema): JsonSchema[] {
  const choices = node.anyOf ?? node.oneOf;
  return choices ? choices.flatMap(alternatives) : [node];
}

function below(node: JsonSchema, part: PropertyKey): JsonSchema[] {
  const found =
    typeof part === "number"
      ? node.items
      : (node.properties?.[String(part)] ??
        (typeof node.additionalProperties === "object" ? node.additionalProperties : undefined));
  return found ? [found] : [];
}
