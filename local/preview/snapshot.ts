import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { UsageError } from "../../ops/frame/usage.ts";
import type { Evaluation } from "../program/evaluate.ts";
import type { EvaluatedResource } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isRecord, secret } from "../program/wire.ts";
import type { TapeResult } from "./tape-result.ts";

/** A resource as a preview keeps it. */
export interface SnapshotResource {
  urn: string;
  type: string;
  name: string;
  parent?: string;
  /** Made by a provider, rather than a component. */
  custom: boolean;
  /** Region of its provider, or of its own; "" if it has none. */
  region: string;
  id: string;
  inputs: Properties;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  aliases: string[];
}

/** A program evaluated for a stack, without secrets, to be shown or compared. */
export interface Snapshot {
  stack: string;
  resources: SnapshotResource[];
  outputs: Properties;
}

/** What `--save` writes. */
export interface SavedPreview {
  version: typeof SAVED_VERSION;
  snapshot: Snapshot;
  tape?: TapeResult;
}

const SAVED_VERSION = 1;

/** Stands for a secret; in memory a digest follows it, so that a change can be seen. */
export const SECRET = "[secret]";

export function snapshotOf(name: string, evaluation: Evaluation): Snapshot {
  const stack = evaluation.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  return {
    stack: name,
    resources: evaluation.resources
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map((resource) => snapshotResource(resource, evaluation)),
    // The evaluation's own outputs are plain.
    outputs: hidden(stack?.outputs ?? {}) as Properties,
  };
}

function snapshotResource(resource: EvaluatedResource, { byUrn }: Evaluation): SnapshotResource {
  const { urn, type, name, parent, custom, id, ignoreChanges, replaceOnChanges, aliases } = resource;
  const inputs = hidden(resource.inputs) as Properties;
  const provider = resource.provider && byUrn.get(resource.provider.urn);
  const region = inputs.region ?? provider?.inputs.region ?? "";
  return {
    ...{ urn, type, name, custom, id, inputs, ignoreChanges, replaceOnChanges, aliases },
    ...(parent === undefined ? {} : { parent }),
    region: String(region),
  };
}

/** The value with each secret replaced by its digest. */
function hidden(value: Value): Value {
  if (isSecret(value))
    return `${SECRET} ${createHash("sha256").update(JSON.stringify(value.value)).digest("hex")}`;
  if (Array.isArray(value)) return value.map(hidden);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]));
}

const [SIGNATURE = "", MARK] = Object.entries(secret(null))[0] ?? [];

function isSecret(value: Value): value is Properties {
  return isRecord(value) && value[SIGNATURE] === MARK;
}

/** Writes a preview to a file, without the digests: those of short secrets could be guessed. */
export async function savePreview(file: string, snapshot: Snapshot, tape?: TapeResult): Promise<void> {
  const saved: SavedPreview = { version: SAVED_VERSION, snapshot, ...(tape ? { tape } : {}) };
  const text = JSON.stringify(saved, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(`${SECRET} `) ? SECRET : value,
  );
  await writeFile(file, `${text}\n`);
}

/** Reads what `savePreview` wrote. Throws UsageError naming the file if it is anything else. */
export async function readPreview(file: string): Promise<SavedPreview> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new UsageError(`--against: "${file}" must be a file that can be read`);
  });
  const wrong = new UsageError(
    `--against: "${file}" must be a preview of version ${SAVED_VERSION}, as --save writes it`,
  );
  try {
    const saved = JSON.parse(text) as Partial<SavedPreview> | null;
    if (saved?.version !== SAVED_VERSION || !Array.isArray(saved.snapshot?.resources)) throw wrong;
    return saved as SavedPreview;
  } catch {
    throw wrong;
  }
}
