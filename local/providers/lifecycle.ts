import { createHash } from "node:crypto";
import type { Created, CreateRequest } from "../program/provider.ts";
import type { Properties } from "../program/wire.ts";
import { plainProperties, UNKNOWN } from "../program/wire.ts";
import { type Difference, differences, inputOf } from "./differences.ts";
import { IMPORT_IDS } from "./import-ids.ts";
import type { ExistingRequest, ProviderPorts, ResourceType } from "./resource-type.ts";
import { optionalText } from "./resource-type.ts";
import { isMissing, schemaFailures } from "./schema-check.ts";
import { sdkSchema } from "./sdk-schema.ts";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What of a resource is to be changed, and how, as the engine wants it told. */
export interface Diff {
  /** Paths with how they differ, and whether that takes a new resource. */
  readonly details: ReadonlyMap<string, { kind: Difference; isReplacing: boolean }>;
  readonly deleteBeforeReplace: boolean;
}

/** A resource that was made, and whose making then failed: it exists, and the next deployment goes on with it. */
export class Unfinished extends Error {
  readonly id: string;
  readonly outputs: Properties;

  constructor(id: string, outputs: Properties, cause: Error) {
    super(cause.message, { cause });
    this.id = id;
    this.outputs = outputs;
  }
}

/** Resources without behaviour, by region, type and id: they exist all the same. */
export type Kept = Map<string, Properties>;

/** What the engine asks of a provider, carried out for one resource type after another. */
export class Lifecycle {
  readonly #typeOf: (type: string) => ResourceType;
  readonly #ports: ProviderPorts;
  readonly #kept: Kept;

  constructor(typeOf: (type: string) => ResourceType, ports: ProviderPorts, kept: Kept = new Map()) {
    this.#typeOf = typeOf;
    this.#ports = ports;
    this.#kept = kept;
  }

  /** Inputs with a generated name where one is needed, and everything that is wrong with them, by property. */
  check(
    request: CreateRequest,
    before: Properties | undefined,
  ): { inputs: Properties; failures: CheckFailure[] } {
    const type = this.#typeOf(request.type);
    const inputs = { ...request.inputs };
    const name = type.autoname;
    if (name && isMissing(inputs[name])) inputs[name] = before?.[name] ?? generatedName(request);
    const failures = [
      ...schemaFailures(request.type, inputs),
      ...(type.check?.(plainProperties(inputs)) ?? []),
    ];
    return { inputs, failures };
  }

  /** How inputs differ. A change of what cannot be changed in place, or to something unknown there, replaces. */
  async diff(request: ExistingRequest, before: Properties, ignore: readonly string[]): Promise<Diff> {
    const { replacedBy, update, inert, autoname } = this.#typeOf(request.type);
    // A resource cannot be moved, whatever it is (pulumi-aws, "region").
    const isFixed = (input: string) =>
      input === "region" || (replacedBy?.includes(input) ?? (update === undefined && inert === undefined));
    const details = new Map(
      [...differences(before, request.inputs, ignore)].map(([path, kind]) => [
        path,
        { kind, isReplacing: isFixed(inputOf(path)) },
      ]),
    );
    const foreseen = await this.#foreseen(request);
    const stated = Object.fromEntries(
      Object.keys(foreseen).map((name) => [name, request.outputs[name] ?? null]),
    );
    for (const [path, kind] of differences(stated, foreseen)) details.set(path, { kind, isReplacing: false });
    const isReplaced = [...details.values()].some(({ isReplacing }) => isReplacing);
    // Two resources cannot have one name, unless it was generated.
    const keepsName = autoname !== undefined && !details.has(autoname);
    return { details, deleteBeforeReplace: isReplaced && keepsName };
  }

  /** Outputs in a preview: what only creation can tell is unknown. */
  async preview(request: CreateRequest): Promise<Properties> {
    const { outputs } = this.#typeOf(request.type).describe(plain(located(request)));
    const unknown = Object.fromEntries(Object.keys(outputs).map((name) => [name, UNKNOWN]));
    return { ...request.inputs, ...unknown, ...(await this.#foreseen(request)) };
  }

  async #foreseen(request: CreateRequest): Promise<Properties> {
    return (await this.#typeOf(request.type).foreseen?.(plain(located(request)))) ?? {};
  }

  async create(request: CreateRequest): Promise<{ id: string; outputs: Properties }> {
    const type = this.#typeOf(request.type);
    const complete = plain(located(request));
    const described = type.inert === undefined ? type.describe(complete) : this.#describeNew(type, complete);
    const key = keyOf(complete, described.id);
    const outputs = () => ({ ...regionOf(complete), ...request.inputs, ...described.outputs });
    let answers = 0;
    const call: ProviderPorts["call"] = async (...args) => {
      const answer = await this.#ports.call(...args);
      answers += 1;
      return answer;
    };
    try {
      await type.create?.(complete, { ...this.#ports, call }, described);
    } catch (error) {
      // If not even the first call succeeded, what is there under this name is somebody else's.
      const made = { ...complete, id: described.id, outputs: described.outputs };
      const isThere = answers > 0 && (await type.read?.(made, this.#ports)) !== undefined;
      throw isThere ? new Unfinished(described.id, outputs(), error as Error) : error;
    }
    if (type.inert !== undefined) this.#kept.set(key, complete.inputs);
    return { id: described.id, outputs: outputs() };
  }

  /** A resource that nothing else names gets an id that no other has: its predecessor may still be there. */
  #describeNew(type: ResourceType, request: CreateRequest): Created {
    const isKept = ({ id }: Created) => this.#kept.has(keyOf(request, id));
    const first = type.describe(request);
    if (!isKept(first)) return first;
    for (let attempt = 2; ; attempt += 1) {
      const described = type.describe({ ...request, urn: `${request.urn}/${attempt}` });
      if (described.id === first.id) throw new Error(`${first.id} exists already`);
      if (!isKept(described)) return described;
    }
  }

  /** Outputs after a change in place; in a preview those that may change are unknown. */
  async update(request: ExistingRequest, before: Properties, isPreview: boolean): Promise<Properties> {
    const type = this.#typeOf(request.type);
    const complete = existing(request);
    // An update without a difference is of a resource that was left unfinished.
    const isUnfinished = !isPreview && differences(before, request.inputs).size === 0;
    const found = isUnfinished ? await this.read(request) : undefined;
    const from = found?.inputs ?? before;
    const changed = [...new Set([...differences(from, request.inputs).keys()].map(inputOf))];
    const outputs = { ...computedOutputs(request.outputs, before), ...request.inputs };
    if (isPreview) {
      const unknown = type.recomputed?.(changed, complete.inputs) ?? [];
      const recomputed = Object.fromEntries(unknown.map((name) => [name, UNKNOWN]));
      return { ...outputs, ...recomputed, ...(await this.#foreseen(request)) };
    }
    if (type.inert !== undefined) this.#kept.set(keyOf(complete, request.id), complete.inputs);
    const other = await type.update?.({ ...complete, before: plainProperties(from), changed }, this.#ports);
    return { ...outputs, ...other };
  }

  async delete(request: ExistingRequest): Promise<void> {
    const type = this.#typeOf(request.type);
    const complete = existing(request);
    await type.delete?.(complete, this.#ports);
    this.#kept.delete(keyOf(complete, request.id));
  }

  /** The resource as it stands; undefined if it is gone. */
  async read(given: ExistingRequest): Promise<{ inputs: Properties; outputs: Properties } | undefined> {
    const isImported = Object.keys({ ...given.inputs, ...given.outputs }).length === 0;
    const request = isImported ? identified(given) : given;
    const type = this.#typeOf(request.type);
    const complete = existing(request);
    const { inputs, outputs } = request;
    if (type.inert !== undefined) {
      const kept = this.#kept.get(keyOf(complete, request.id));
      return kept && { inputs: { ...inputs, ...kept }, outputs: { ...outputs, ...kept } };
    }
    if (!type.read) return { inputs, outputs };
    const found = await type.read(complete, this.#ports);
    if (!found) return undefined;
    const now = isImported ? ofTheirKinds(request.type, found.inputs ?? {}) : found.inputs;
    return { inputs: { ...inputs, ...now }, outputs: { ...outputs, ...now, ...found.outputs } };
  }

  /** What exists without behaviour, for a check that nothing is left behind. */
  get kept(): readonly string[] {
    return [...this.#kept.keys()];
  }
}

/** A resource of which only the id is known, with what that says. Throws for a type whose ids say nothing. */
function identified(request: ExistingRequest): ExistingRequest {
  const identify = Object.hasOwn(IMPORT_IDS, request.type) ? IMPORT_IDS[request.type] : undefined;
  if (!identify)
    throw new Error(
      `type "${request.type}" cannot be imported here; these can: ${Object.keys(IMPORT_IDS).join(", ")}`,
    );
  return { ...request, inputs: identify(request.id) };
}

/** Values as the type's inputs have them, where the service gives texts. */
function ofTheirKinds(type: string, inputs: Properties): Properties {
  const kinds = sdkSchema(type)?.kinds;
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const kind = kinds?.get(name);
        if (kind === "number" && typeof value === "string") return [name, Number(value)];
        return [name, kind === "boolean" && typeof value === "string" ? value === "true" : value];
      }),
  );
}

/** The request in the region that the resource itself may name. */
function located<Request extends CreateRequest>(request: Request): Request {
  return { ...request, region: optionalText(request.inputs.region) ?? request.region };
}

function plain<Request extends CreateRequest>(request: Request): Request {
  return { ...request, inputs: plainProperties(request.inputs) };
}

/** A resource that is there, in its region and without secrets' envelopes. */
function existing(request: ExistingRequest): ExistingRequest {
  return { ...plain(located(request)), outputs: plainProperties(request.outputs) };
}

function regionOf({ region }: CreateRequest): Properties {
  return region ? { region } : {};
}

function keyOf({ region, type }: CreateRequest, id: string): string {
  return `${region}|${type}|${id}`;
}

/** Outputs that are no inputs: those stay as they are when inputs change. */
function computedOutputs(outputs: Properties, before: Properties): Properties {
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => !Object.hasOwn(before, name)));
}

/** As the providers name what was given no name: the resource's name and seven random digits. */
function generatedName({ urn, name }: CreateRequest): string {
  return `${name}-${createHash("sha256").update(urn).digest("hex").slice(0, 7)}`;
}
