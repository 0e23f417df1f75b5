import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

/**
 * A stack's configuration as the program sees it: what Pulumi.yaml sets for every stack, then Pulumi.<stack>.yaml,
 * by full key; structured values as JSON text, as the engine hands them over.
 * Throws with the file's name if a file is missing or is not a mapping.
 */
export async function readStackConfig(
  directory: string,
  stack: string,
): Promise<{ project: string; config: Record<string, string> }> {
  const projectFile = await readYaml(join(directory, "Pulumi.yaml"));
  const project = projectFile.name;
  if (typeof project !== "string") throw new Error("Pulumi.yaml: name: must be a text");
  const stackFile = await readYaml(join(directory, `Pulumi.${stack}.yaml`));
  const entries = [
    ...Object.entries(mapping(projectFile.config, "Pulumi.yaml: config")).map(
      ([key, value]) => [key, defaultOf(value)] as const,
    ),
    ...Object.entries(mapping(stackFile.config, `Pulumi.${stack}.yaml: config`)),
  ];
  const config = Object.fromEntries(
    entries.map(([key, value]) => [
      key.includes(":") ? key : `${project}:${key}`,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
  return { project, config };
}

/** A project's configuration entry may be a schema with a `value` or a `default`, or the value itself. */
function defaultOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("value" in value) return value.value;
  return "default" in value ? value.default : value;
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
