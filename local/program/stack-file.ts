import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

/**
 * A stack's configuration as the program sees it: what Pulumi.yaml sets for every stack, then Pulumi.<stack>.yaml,
 * by full key; structured values as JSON text, as the engine hands them over.
 * Throws with the file's name if a file is missing or is not a mapping, and with the key of an encrypted value.
 */
export async function readStackConfig(
  directory: string,
  stack: string,
): Promise<{ project: string; config: Record<string, string> }> {
  const projectFile = await readYaml(join(directory, "Pulumi.yaml"));
  const project = projectFile.name;
  if (typeof project !== "string") throw new Error("Pulumi.yaml: name: must be a text");
  const stackFile = await readYaml(join(directory, `Pulumi.${stack}.yaml`));
  const stackEntries = Object.entries(mapping(stackFile.config, `Pulumi.${stack}.yaml: config`));
  for (const [key, value] of stackEntries)
    if (isEncrypted(value))
      throw new Error(
        `Pulumi.${stack}.yaml: config: ${key}: is encrypted, and only the Pulumi CLI can decrypt it`,
      );
  const entries = [
    ...Object.entries(mapping(projectFile.config, "Pulumi.yaml: config")).map(
      ([key, value]) => [key, defaultOf(value)] as const,
    ),
    ...stackEntries,
  ];
  const config = Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key.includes(":") ? key : `${project}:${key}`,
        typeof value === "object" ? JSON.stringify(value) : String(value),
      ]),
  );
  return { project, config };
}

/** Members of a configuration entry's schema that say nothing about its value (Pulumi, "Project file reference"). */
const DECLARATION = ["type", "description", "secret", "items"];

/**
 * A project's configuration entry may be a schema with a `value` or a `default`, or the value itself. Undefined for a
 * schema without either, which only declares the key.
 */
function defaultOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("value" in value) return value.value;
  if ("default" in value) return value.default;
  return Object.keys(value).every((member) => DECLARATION.includes(member)) ? undefined : value;
}

/** Whether a value is, or holds, what `pulumi config set --secret` writes. */
function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const members = Object.entries(value);
  const [first] = members;
  if (members.length === 1 && first?.[0] === "secure" && typeof first[1] === "string") return true;
  return members.some(([, member]) => isEncrypted(member));
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`Cannot read ${file}`);
  });
  return mapping(parse(text), file);
}

function mapping(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(`${what}: must be a mapping`);
  return value as Record<string, unknown>;
}
