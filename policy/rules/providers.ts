import { ALLOWED_REGIONS, REQUIRED_TAGS } from "../../components/standards.ts";
import {
  type CheckedProvider,
  type CheckedResource,
  member,
  problem,
  type ResourceRule,
  UNKNOWN,
} from "./rule.ts";

/** Parsed where the engine hands a provider's structured property over as JSON text. */
function structured(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function defaultTag({ properties }: CheckedProvider, key: string): unknown {
  return member(member(structured(properties.defaultTags), "tags"), key);
}

function isOfAws({ type }: CheckedResource): boolean {
  return type.startsWith("aws:");
}

export const explicitProvider: ResourceRule = {
  name: "explicit-provider",
  description: "Every resource of AWS has an explicit provider, in a region that is allowed",
  severity: "high",
  remediation: "Give the resource, or a component above it, one of the program's providers",
  settings: {
    regions: {
      type: "array",
      items: { type: "string" },
      description: "Regions in which resources may be made",
      default: [...ALLOWED_REGIONS],
    },
  },
  problems: (resource, { regions }) => {
    if (!isOfAws(resource)) return [];
    const { provider } = resource;
    if (!provider || /^default(_|$)/.test(provider.name))
      return [problem("provider", provider?.name, "one of the program's own")];
    const region = resource.properties.region ?? provider.properties.region;
    const allowed = Array.isArray(regions) ? regions : [];
    return region === UNKNOWN || allowed.includes(region)
      ? []
      : [problem("region", region, `one of ${allowed.join(", ")}`)];
  },
};

export const requiredTags: ResourceRule = {
  name: "required-tags",
  description: "Every resource of AWS gets the tags by which costs and owners are told, from its provider",
  severity: "medium",
  remediation: "Set the provider's defaultTags",
  settings: {
    tags: {
      type: "array",
      items: { type: "string" },
      description: "Keys of the tags",
      default: [...REQUIRED_TAGS],
    },
  },
  problems: (resource, { tags }) => {
    const { provider } = resource;
    if (!isOfAws(resource) || !provider) return [];
    return (Array.isArray(tags) ? tags : [])
      .filter((key) => !defaultTag(provider, String(key)))
      .map((key) => problem(`provider.defaultTags.tags.${key}`, defaultTag(provider, String(key)), "a text"));
  },
};

/** Inputs that name a resource in AWS, where the type has another than `name`. */
const NAME_INPUTS = ["name", "tableName"] as const;
/** Types whose `name` is no name of a resource of its own. */
const NOT_NAMED = [
  "aws:iam/rolePolicy:RolePolicy",
  "aws:lambda/alias:Alias",
  "aws:ecr/replicationConfiguration:ReplicationConfiguration",
];

export const environmentSuffix: ResourceRule = {
  name: "environment-suffix",
  description: "Every name carries the environment's suffix, so that stacks do not meet in one account",
  severity: "medium",
  remediation: "End the name in -SUFFIX, or in -SUFFIX-REGION where it is global",
  settings: {
    suffix: {
      type: "string",
      description: "The suffix; empty to take the provider's default tag Environment",
      default: "",
    },
  },
  problems: (resource, { suffix }) => {
    const { provider, properties, type } = resource;
    if (!isOfAws(resource) || !provider || NOT_NAMED.includes(type)) return [];
    const wanted = suffix === "" ? defaultTag(provider, "Environment") : suffix;
    if (typeof wanted !== "string") return [];
    return NAME_INPUTS.filter((input) => typeof properties[input] === "string")
      .filter((input) => !carries(String(properties[input]), wanted))
      .map((input) => problem(input, properties[input], `a name with the suffix "${wanted}"`));
  },
};

/** The suffix as a part of its own, between separators or at the end. */
function carries(name: string, suffix: string): boolean {
  return name.split(/[/:]/).some((part) => `${part}-`.includes(`-${suffix}-`) || part === suffix);
}
