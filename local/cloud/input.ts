import type { Json } from "./service.ts";
import { ServiceError } from "./service.ts";

/** What a text member must satisfy. Lengths are in characters. */
export interface TextRule {
  minimum?: number;
  maximum?: number;
  pattern?: RegExp;
  oneOf?: readonly string[];
}

/** What an integer member must satisfy, bounds included. */
export interface IntegerRule {
  minimum?: number;
  maximum?: number;
}

/**
 * Reads the members of an operation's decoded input. Whatever is missing or malformed is refused with the
 * service's own validation code and a message that names member, value and what is allowed.
 */
export class Input {
  readonly #json: Json;
  readonly #code: string;

  constructor(json: Json, code = "ValidationException") {
    this.#json = json;
    this.#code = code;
  }

  /** A ServiceError for a member that is not allowed to be what it is. */
  refuse(member: string, value: unknown, allowed: string): ServiceError {
    const shown = value === undefined ? "null" : JSON.stringify(value)?.slice(0, 200);
    return new ServiceError(
      this.#code,
      `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${allowed}`,
    );
  }

  has(member: string): boolean {
    return this.#json[member] !== undefined && this.#json[member] !== null;
  }

  text(member: string, rule: TextRule = {}): string {
    const value = this.optionalText(member, rule);
    if (value === undefined) throw this.refuse(member, undefined, "Member must not be null");
    return value;
  }

  optionalText(member: string, rule: TextRule = {}): string | undefined {
    if (!this.has(member)) return undefined;
    const value = this.#json[member];
    if (typeof value !== "string") throw this.refuse(member, value, "Member must be a string");
    if (rule.minimum !== undefined && value.length < rule.minimum)
      throw this.refuse(member, value, `Member must have length greater than or equal to ${rule.minimum}`);
    if (rule.maximum !== undefined && value.length > rule.maximum)
      throw this.refuse(member, value, `Member must have length less than or equal to ${rule.maximum}`);
    if (rule.pattern && !rule.pattern.test(value))
      throw this.refuse(
        member,
        value,
        `Member must satisfy regular expression pattern: ${rule.pattern.source}`,
      );
    if (rule.oneOf && !rule.oneOf.includes(value))
      throw this.refuse(member, value, `Member must satisfy enum value set: [${rule.oneOf.join(", ")}]`);
    return value;
  }

  integer(member: string, rule: IntegerRule = {}): number {
    const value = this.optionalInteger(member, rule);
    if (value === undefined) throw this.refuse(member, undefined, "Member must not be null");
    return value;
  }

  /** An integer; its decimal text is taken too, which is all that the query protocol can send. */
  optionalInteger(member: string, rule: IntegerRule = {}): number | undefined {
    if (!this.has(member)) return undefined;
    const given = this.#json[member];
    const value = typeof given === "string" && /^-?\d+$/.test(given) ? Number(given) : given;
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw this.refuse(member, given, "Member must be an integer");
    if (rule.minimum !== undefined && value < rule.minimum)
      throw this.refuse(member, value, `Member must have value greater than or equal to ${rule.minimum}`);
    if (rule.maximum !== undefined && value > rule.maximum)
      throw this.refuse(member, value, `Member must have value less than or equal to ${rule.maximum}`);
    return value;
  }

  flag(member: string): boolean {
    if (!this.has(member)) return false;
    const value = this.#json[member];
    if (typeof value !== "boolean") throw this.refuse(member, value, "Member must be a boolean");
    return value;
  }

  /** Milliseconds since the epoch, from seconds since the epoch (as JSON protocols send) or ISO 8601 text. */
  optionalTime(member: string): number | undefined {
    if (!this.has(member)) return undefined;
    const value = this.#json[member];
    const time =
      typeof value === "number" ? value * 1000 : typeof value === "string" ? Date.parse(value) : NaN;
    if (!Number.isFinite(time)) throw this.refuse(member, value, "Member must be a timestamp");
    return time;
  }

  time(member: string): number {
    const value = this.optionalTime(member);
    if (value === undefined) throw this.refuse(member, undefined, "Member must not be null");
    return value;
  }

  /** A list of objects; empty if left out. */
  records(member: string): Json[] {
    return this.list(member).map((entry, index) => {
      if (!isJson(entry))
        throw this.refuse(`${member}.${index + 1}.member`, entry, "Member must be a structure");
      return entry;
    });
  }

  /** A list of texts; empty if left out. */
  texts(member: string): string[] {
    return this.list(member).map((entry, index) => {
      if (typeof entry !== "string")
        throw this.refuse(`${member}.${index + 1}.member`, entry, "Member must be a string");
      return entry;
    });
  }

  list(member: string): unknown[] {
    if (!this.has(member)) return [];
    const value = this.#json[member];
    if (!Array.isArray(value)) throw this.refuse(member, value, "Member must be a list");
    return value;
  }

  /** A map of texts; empty if left out. */
  textMap(member: string): Record<string, string> {
    const record = this.record(member);
    for (const [key, value] of Object.entries(record))
      if (typeof value !== "string") throw this.refuse(`${member}.${key}`, value, "Member must be a string");
    return record as Record<string, string>;
  }

  /** A structure; empty if left out. */
  record(member: string): Json {
    if (!this.has(member)) return {};
    const value = this.#json[member];
    if (!isJson(value)) throw this.refuse(member, value, "Member must be a structure");
    return value;
  }

  /** The members' values of `{Key, Value}` tags as a map. */
  tags(member: string): Record<string, string> {
    const tags: Record<string, string> = {};
    for (const tag of this.records(member)) {
      const pair = new Input(tag, this.#code);
      tags[pair.text("Key", { minimum: 1, maximum: 128 })] =
        pair.optionalText("Value", { maximum: 256 }) ?? "";
    }
    return tags;
  }

  /** Refuses members that would be ignored, since a member without effect is a silent fault. */
  only(members: readonly string[]): this {
    for (const member of Object.keys(this.#json))
      if (this.has(member) && !members.includes(member))
        throw this.refuse(
          member,
          this.#json[member],
          `The local cloud carries out only: ${members.join(", ")}`,
        );
    return this;
  }
}

/** Whether a value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tags as the list of `{Key, Value}` that most services return. */
export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
