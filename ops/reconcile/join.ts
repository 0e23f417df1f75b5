/**
 * Joins two streams that are sorted by the same order. Each of `left` comes once, with its match of `right` if there is
 * one; of `right`, each without a match comes once. `left` may have several of a key, `right` one.
 */
export async function* outerJoin<Left, Right>(
  left: AsyncIterable<Left>,
  right: AsyncIterable<Right>,
  compare: (left: Left, right: Right) => number,
): AsyncGenerator<readonly [Left | undefined, Right | undefined]> {
  const [lefts, rights] = [left[Symbol.asyncIterator](), right[Symbol.asyncIterator]()];
  try {
    let mine = await lefts.next();
    let other = await rights.next();
    let isMatched = false;
    while (!mine.done || !other.done) {
      const order = orderOf(mine, other, compare);
      if (order > 0 && !other.done) {
        if (!isMatched) yield [undefined, other.value];
        isMatched = false;
        other = await rights.next();
      } else if (!mine.done) {
        yield [mine.value, order === 0 ? other.value : undefined];
        if (order === 0) isMatched = true;
        mine = await lefts.next();
      }
    }
  } finally {
    await Promise.all([lefts.return?.(), rights.return?.()]);
  }
}

/**
 * The same stream, whose first item was waited for: of a sorted stream it comes only when everything was read, and
 * several streams can do that side by side.
 */
export async function primed<Each>(items: AsyncGenerator<Each>): Promise<AsyncGenerator<Each>> {
  const first = await items.next();
  return afterFirst(first, items);
}

async function* afterFirst<Each>(
  first: IteratorResult<Each>,
  rest: AsyncGenerator<Each>,
): AsyncGenerator<Each> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function orderOf<Left, Right>(
  left: IteratorResult<Left>,
  right: IteratorResult<Right>,
  compare: (left: Left, right: Right) => number,
): number {
  if (right.done) return -1;
  return left.done ? 1 : compare(left.value, right.value);
}

/** Items in groups of at most `size`. */
export async function* batchesOf<Each>(items: AsyncIterable<Each>, size: number): AsyncGenerator<Each[]> {
  let batch: Each[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
