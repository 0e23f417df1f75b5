import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** Property names of a resource type, as its generated SDK class knows them. */
export interface SdkSchema {
  inputs: ReadonlySet<string>;
  required: readonly string[];
  /** `string`, `number`, `boolean`, `array` or `object`, for inputs that are plainly one of these. */
  kinds: ReadonlyMap<string, string>;
}

const known = new Map<string, SdkSchema | undefined>();

/**
 * Reads inputs and required inputs of a resource type out of its generated SDK class, so that a wrong property is
 * refused as the real provider would refuse it. Undefined for a type that the SDK has no class file for.
 */
export function sdkSchema(type: string): SdkSchema | undefined {
  if (!known.has(type)) known.set(type, readSchema(type));
  return known.get(type);
}

function readSchema(type: string): SdkSchema | undefined {
  const [packageName = "", module = "", className = ""] = type.split(":");
  const base = dirname(require.resolve(`@pulumi/${packageName}/package.json`));
  const [folder = "", file] = module.split("/");
  const fileName = `${file ?? className.charAt(0).toLowerCase() + className.slice(1)}.js`;
  const path = [join(base, folder, fileName), join(base, fileName)].find(existsSync);
  if (!path) return undefined;
  const source = readFileSync(path, "utf8");
  const names = (pattern: RegExp) => [...source.matchAll(pattern)].map((match) => match[1] ?? "");
  return {
    inputs: new Set(names(/resourceInputs\["(\w+)"\] = (?!undefined)[^;]*args\b/g)),
    required: [...new Set(names(/Missing required property '(\w+)'/g))],
    kinds: readKinds(path.replace(/\.js$/, ".d.ts"), className),
  };
}

/** Kinds of inputs by the declarations of the type's arguments. */
function readKinds(path: string, className: string): Map<string, string> {
  const source = readFileSync(path, "utf8");
  const start = source.indexOf(`export interface ${className}Args `);
  const text = start < 0 ? "" : source.slice(start, source.indexOf("\n}", start));
  return new Map(
    [...text.matchAll(/^ {4}(\w+)\??: (?:pulumi\.Input<)?(.*)$/gm)].flatMap(([, name = "", rest = ""]) => {
      const kind = kindOf(rest);
      return kind === undefined ? [] : [[name, kind] as const];
    }),
  );
}

function kindOf(declared: string): string | undefined {
  if (/\[\]/.test(declared)) return "array";
  if (/^\{|^inputs\./.test(declared)) return "object";
  return /^(string|number|boolean)( \| undefined)?>?;/.exec(declared)?.[1];
}
