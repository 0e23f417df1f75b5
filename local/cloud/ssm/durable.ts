import type { Durable } from "../durable.ts";
import type { Json } from "../service.ts";
import type { Parameter } from "./parameter.ts";

/** A version of a parameter in a region. */
export interface KeptParameter {
  readonly region: string;
  readonly parameter: Parameter;
}

type Change =
  | KeptParameter
  | { readonly region: string; readonly gone: string }
  | { readonly region: string; readonly tagged: string; readonly tags: Record<string, string> };

/**
 * Keeps parameters with all their versions. They replace what the deployment put first: the program ignores changes of
 * values, so an operator's value outlives a deployment.
 */
export class ParameterDurability implements Durable {
  onChange: (change: Json) => void = () => {};
  readonly #all: () => Iterable<KeptParameter>;
  readonly #add: (region: string, parameter: Parameter) => void;
  readonly #remove: (region: string, name: string) => void;
  /** What is taken in again: the versions of each parameter, by region and name. */
  readonly #kept = new Map<string, KeptParameter[]>();

  constructor(
    all: () => Iterable<KeptParameter>,
    add: (region: string, parameter: Parameter) => void,
    remove: (region: string, name: string) => void,
  ) {
    this.#all = all;
    this.#add = add;
    this.#remove = remove;
  }

  put(region: string, parameter: Parameter): void {
    this.onChange({ region, parameter });
  }

  gone(region: string, name: string): void {
    this.onChange({ region, gone: name });
  }

  tagged(region: string, { name, tags }: Parameter): void {
    this.onChange({ region, tagged: name, tags });
  }

  *snapshot(): Iterable<Json> {
    for (const { region, parameter } of this.#all()) yield { region, parameter };
  }

  restore(json: Json): void {
    const change = json as unknown as Change;
    const { region } = change;
    if ("parameter" in change) {
      const key = keyOf(region, change.parameter.name);
      this.#kept.set(key, [...(this.#kept.get(key) ?? []), change]);
    } else if ("gone" in change) this.#kept.set(keyOf(region, change.gone), []);
    else {
      const key = keyOf(region, change.tagged);
      const { tags } = change;
      const versions = this.#kept.get(key) ?? [];
      this.#kept.set(
        key,
        versions.map(({ parameter }) => ({ region, parameter: { ...parameter, tags } })),
      );
    }
  }

  restored(): void {
    for (const [key, versions] of this.#kept) {
      const [region = "", name = ""] = key.split(" ");
      this.#remove(region, name);
      for (const { parameter } of versions) this.#add(region, parameter);
    }
    this.#kept.clear();
  }
}

/** Neither regions nor names have spaces. */
function keyOf(region: string, name: string): string {
  return `${region} ${name}`;
}
