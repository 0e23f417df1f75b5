import { createHash, randomBytes } from "node:crypto";
import { RegionState } from "../region-state.ts";
import type { Clock } from "../service.ts";
import { ServiceError } from "../service.ts";

/** A customer key. */
export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** 256 bits. */
  readonly material: Buffer;
  policy: string;
  isEnabled: boolean;
  isRotated: boolean;
  /** When it is deleted, in milliseconds since the epoch; undefined unless that was scheduled. */
  deletionAt: number | undefined;
}

interface Region {
  readonly keys: Map<string, Key>;
  /** Key ids by alias, which begins with `alias/`. */
  readonly aliases: Map<string, string>;
  made: number;
}

/** The keys and aliases of every region. Throws KMS's own errors. */
export class KeyStore {
  readonly #account: string;
  readonly #clock: Clock;
  readonly #regions = new RegionState<Region>(() => ({ keys: new Map(), aliases: new Map(), made: 0 }));

  constructor(account: string, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
  }

  /** Makes a key. The first of a region has the same id at each start, and so on. */
  add(
    region: string,
    key: Pick<Key, "description" | "tags" | "isRotated">,
    policy: (arn: string) => string,
  ): Key {
    const state = this.#regions.of(region);
    state.made += 1;
    const id = keyId(`${this.#account}/${region}/${state.made}`);
    const arn = `arn:aws:kms:${region}:${this.#account}:key/${id}`;
    const made: Key = {
      ...key,
      id,
      arn,
      createdAt: this.#clock.now(),
      material: randomBytes(32),
      policy: policy(arn),
      isEnabled: true,
      deletionAt: undefined,
    };
    state.keys.set(id, made);
    return made;
  }

  /** A region's keys that exist now. */
  keys(region: string): Key[] {
    const { keys, aliases } = this.#regions.of(region);
    for (const key of [...keys.values()]) {
      if (key.deletionAt === undefined || key.deletionAt > this.#clock.now()) continue;
      keys.delete(key.id);
      for (const [alias, id] of [...aliases]) if (id === key.id) aliases.delete(alias);
    }
    return [...keys.values()];
  }

  /** A key by id, ARN, alias or alias ARN; undefined if there is none in the region. */
  find(region: string, name: string): Key | undefined {
    const prefix = `arn:aws:kms:${region}:${this.#account}:`;
    const local = name.startsWith(prefix) ? name.slice(prefix.length).replace(/^key\//, "") : name;
    const keys = this.keys(region);
    const id = local.startsWith("alias/") ? this.#regions.of(region).aliases.get(local) : local;
    return keys.find((key) => key.id === id);
  }

  get(region: string, name: string): Key {
    const key = this.find(region, name);
    if (key) return key;
    throw name.startsWith("alias/") ? this.#noAlias(region, name) : notFound(`Key '${name}' does not exist`);
  }

  /** A region's aliases with the ids of their keys. */
  aliases(region: string): ReadonlyMap<string, string> {
    this.keys(region);
    return this.#regions.of(region).aliases;
  }

  addAlias(region: string, alias: string, key: Key): void {
    if (this.aliases(region).has(alias))
      throw new ServiceError(
        "AlreadyExistsException",
        `An alias with the name arn:aws:kms:${region}:${this.#account}:${alias} already exists`,
      );
    this.#regions.of(region).aliases.set(alias, key.id);
  }

  deleteAlias(region: string, alias: string): void {
    if (!this.#regions.of(region).aliases.delete(alias)) throw this.#noAlias(region, alias);
  }

  #noAlias(region: string, alias: string): ServiceError {
    return notFound(`Alias arn:aws:kms:${region}:${this.#account}:${alias} is not found.`);
  }
}

function notFound(message: string): ServiceError {
  return new ServiceError("NotFoundException", message);
}

/** An id in the form of a UUID. */
function keyId(seed: string): string {
  const digits = createHash("sha256").update(seed).digest("hex");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}
