import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Compare, externalSort } from "../export/external-sort.ts";
import { Findings } from "./findings.ts";

/** A temporary folder for what would not fit into memory. */
export class Workspace {
  readonly #directory: string;
  #count = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Runs something with a folder of its own, which is gone afterwards. */
  static async with<Answer>(run: (workspace: Workspace) => Promise<Answer>): Promise<Answer> {
    const directory = await mkdtemp(join(tmpdir(), "reconcile-"));
    try {
      return await run(new Workspace(directory));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Any number of items, which must be JSON values, in order. */
  sorted<Each>(items: AsyncIterable<Each>, compare: Compare<Each>): AsyncGenerator<Each> {
    return externalSort(items, compare, { directory: this.#directory, name: this.#name("sort") });
  }

  findings<Each>(): Findings<Each> {
    return new Findings(join(this.#directory, this.#name("findings")));
  }

  #name(purpose: string): string {
    this.#count += 1;
    return `${purpose}-${this.#count}`;
  }
}
