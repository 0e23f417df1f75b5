import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../ops/frame/usage.ts";
import type { Service } from "../cloud/service.ts";
import { Journal, type JournalOf, readJournal } from "./journal.ts";
import { lockDirectory } from "./lock.ts";

const FILE = "journal.jsonl";

/** A folder in which the services' state outlives the process: the journal of their changes. */
export class DataDirectory {
  readonly #file: string;
  #unlock: () => void;
  #journal: Journal | undefined;

  /** Makes the folder if it is not there. Throws UsageError if it cannot be used. */
  constructor(path: string) {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new UsageError(`--data: "${path}" cannot be used as a folder: ${(error as Error).message}`);
    }
    this.#unlock = lockDirectory(path);
    this.#file = join(path, FILE);
  }

  /**
   * Gives services that have just been deployed the state that was kept, and keeps their changes from now on. Gives
   * the number of changes that were taken in. Throws UsageError if the journal is of another stack or program, or of
   * something that is not deployed; it is then left as it is.
   */
  async attach(services: ReadonlyMap<string, Service>, stack: string): Promise<number> {
    const of = { stack, program: programVersion() };
    const count = await this.#restore(services, of);
    const journal = new Journal(this.#file, of);
    this.#journal = journal;
    for (const { name, durable } of services.values()) {
      if (!durable) continue;
      const state = durable.snapshot();
      durable.onChange = (change) => journal.append(name, change);
      if (Symbol.iterator in state) for (const change of state) journal.begin(name, change);
      else for await (const change of state) journal.begin(name, change);
    }
    journal.complete();
    return count;
  }

  async #restore(services: ReadonlyMap<string, Service>, of: JournalOf): Promise<number> {
    let count = 0;
    try {
      for await (const { service, change } of readJournal(this.#file, of)) {
        await services.get(service)?.durable?.restore(change);
        count += 1;
      }
      for (const { durable } of services.values()) await durable?.restored();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`--data: ${this.#file}: ${(error as Error).message}`);
    }
    return count;
  }

  /** Keeps nothing more, and lets others use the folder. */
  close(): void {
    this.#journal?.close();
    this.#unlock();
    this.#unlock = () => {};
  }
}

function programVersion(): string {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
