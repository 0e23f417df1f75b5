import { bounded, MAXIMUM_QUOTED_LENGTH, quoted } from "../../../functions/domain/text.ts";
import { UsageError } from "../../frame/usage.ts";
import { fieldsByName } from "./columns.ts";
import type { Mapping } from "./fields.ts";

/** Most names that are kept of what is not compared: each line may have others. */
const MOST_IGNORED = 100;
/** Stands for the names beyond. */
const OTHERS = "…";
/** Longest list of names that a mistake quotes, in UTF-16 code units. */
const QUOTED_NAMES = 512;

/** The names of members on all lines of JSON Lines, in bounded memory. */
export class MemberNames {
  readonly #mapping: Mapping;
  readonly #fields: ReadonlyMap<string, string>;
  readonly #compared = new Set<string>();
  readonly #ignored = new Set<string>();

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#fields = fieldsByName(mapping);
  }

  /** Names that are not compared, in the order in which they came first. */
  get ignored(): string[] {
    return [...this.#ignored];
  }

  /** The field that a member of a line stands for; undefined if it is not compared. */
  fieldOf(name: string): string | undefined {
    const field = this.#fields.get(name);
    if (field !== undefined) this.#compared.add(name);
    else this.#ignore(name.length > MAXIMUM_QUOTED_LENGTH ? bounded(name) : name);
    return field;
  }

  /**
   * Checks, after the last line, that each name of --map was on a line. Throws UsageError naming it and those that there
   * are. Where no line has any member there is nothing to choose from: such lines are told one by one.
   */
  check(): void {
    const names = [...this.#compared, ...this.#ignored];
    if (names.length === 0) return;
    for (const [field, name] of this.#mapping)
      if (!this.#compared.has(name))
        throw new UsageError(
          `--blotter: a line must have ${quoted(name)} for ${field}, the lines have ${quoted(names.join(", "), QUOTED_NAMES)}; --map names others`,
        );
  }

  #ignore(name: string): void {
    if (this.#ignored.has(name)) return;
    this.#ignored.add(this.#ignored.size < MOST_IGNORED ? name : OTHERS);
  }
}
