import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OUTCOMES } from "../ledger/ledger.ts";
import { type Compare, externalSort } from "./external-sort.ts";
import type { Processed } from "./processed.ts";

const byEvent: Compare<Processed> = (left, right) =>
  compareText(left.event, right.event) || rank(left) - rank(right);
/** What was recorded comes before what was judged by it in the same millisecond. */
const byAcceptance: Compare<Processed> = (left, right) =>
  left.acceptedAt - right.acceptedAt || rank(left) - rank(right) || compareText(left.event, right.event);

/**
 * Each event once, in the order of acceptance: of an event's row and attempts the first in the order of OUTCOMES that can
 * be exported, as of its first acceptance. Any number of them in bounded memory; parts are kept in temporary files.
 */
export async function* inOrder(
  processed: AsyncIterable<Processed>,
  runCharacters?: number,
): AsyncGenerator<Processed> {
  const directory = await mkdtemp(join(tmpdir(), "export-"));
  const place = (name: string) => ({ directory, name, ...(runCharacters ? { runCharacters } : {}) });
  try {
    const events = once(externalSort(processed, byEvent, place("events")));
    yield* externalSort(events, byAcceptance, place("times"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The first of each event's, which follow each other. */
async function* once(sorted: AsyncIterable<Processed>): AsyncGenerator<Processed> {
  let current: Processed | undefined;
  for await (const next of sorted) {
    if (current?.event !== next.event) {
      if (current) yield current;
      current = next;
      continue;
    }
    const chosen = "missing" in current.exported && "line" in next.exported ? next : current;
    current = { ...chosen, acceptedAt: Math.min(current.acceptedAt, next.acceptedAt) };
  }
  if (current) yield current;
}

function rank({ outcome }: Processed): number {
  return OUTCOMES.indexOf(outcome);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
