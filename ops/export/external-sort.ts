import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What is sorted at once in memory, in characters of JSON. */
const RUN_CHARACTERS = 16 * 1_048_576;

/** Characters that JSON leaves as they are, but that end a line for node:readline. */
const LINE_ENDS = /[\u2028\u2029]/g;

export type Compare<Item> = (left: Item, right: Item) => number;

export interface SortPlace {
  /** Where parts are kept meanwhile. */
  readonly directory: string;
  /** Begins the parts' names. */
  readonly name: string;
  readonly runCharacters?: number;
}

/**
 * Sorts any number of items, which must be JSON values, in bounded memory: parts of them are sorted, written to files
 * and merged.
 */
export async function* externalSort<Item>(
  items: AsyncIterable<Item>,
  compare: Compare<Item>,
  { directory, name, runCharacters = RUN_CHARACTERS }: SortPlace,
): AsyncGenerator<Item> {
  const files: string[] = [];
  let run: Item[] = [];
  let characters = 0;
  for await (const item of items) {
    run.push(item);
    characters += JSON.stringify(item).length;
    if (characters < runCharacters) continue;
    const file = join(directory, `${name}-${files.length}.jsonl`);
    await writeFile(file, linesOf(run.sort(compare)));
    files.push(file);
    run = [];
    characters = 0;
  }
  yield* merge([...files.map((file) => read<Item>(file)), inMemory(run.sort(compare))], compare);
}

function* linesOf(items: readonly unknown[]): Generator<string> {
  for (const item of items) yield `${JSON.stringify(item).replace(LINE_ENDS, escaped)}\n`;
}

const escaped = (character: string) => (character === "\u2028" ? "\\u2028" : "\\u2029");

async function* read<Item>(file: string): AsyncGenerator<Item> {
  const input = createReadStream(file);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
    yield JSON.parse(line) as Item;
}

async function* inMemory<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function* merge<Item>(
  runs: readonly AsyncGenerator<Item>[],
  compare: Compare<Item>,
): AsyncGenerator<Item> {
  const heads: { item: Item; rest: AsyncGenerator<Item> }[] = [];
  const advance = async (rest: AsyncGenerator<Item>) => {
    const { done, value } = await rest.next();
    if (!done) heads.push({ item: value, rest });
  };
  for (const run of runs) await advance(run);
  for (;;) {
    const first = heads.reduce<(typeof heads)[number] | undefined>(
      (least, head) => (least && compare(least.item, head.item) <= 0 ? least : head),
      undefined,
    );
    if (!first) return;
    yield first.item;
    heads.splice(heads.indexOf(first), 1);
    await advance(first.rest);
  }
}
