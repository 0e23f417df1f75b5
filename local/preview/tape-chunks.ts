import { parseLine } from "../../ops/tape/entry.ts";
import type { TapeLine } from "../../ops/tape/lines.ts";

/** Lines that may be processed at the same time. */
export interface TapeChunk {
  /** Number of its first line, from 1. */
  first: number;
  lines: TapeLine[];
}

const LINES_IN_CHUNK = 200;

/**
 * A tape in chunks that hold a trade's id only once: in each chunk the order of processing makes no difference, so that
 * two runs of one program end alike.
 */
export async function* inChunks(tape: AsyncIterable<TapeLine>): AsyncGenerator<TapeChunk> {
  let chunk: TapeChunk = { first: 1, lines: [] };
  const ids = new Set<unknown>();
  for await (const line of tape) {
    const id = tradeIdOf(line);
    if (chunk.lines.length === LINES_IN_CHUNK || (id !== undefined && ids.has(id))) {
      yield chunk;
      chunk = { first: chunk.first + chunk.lines.length, lines: [] };
      ids.clear();
    }
    if (id !== undefined) ids.add(id);
    chunk.lines.push(line);
  }
  if (chunk.lines.length > 0) yield chunk;
}

function tradeIdOf(line: TapeLine): unknown {
  const parsed = "line" in line ? parseLine(line.line) : line;
  if ("refused" in parsed) return undefined;
  const detail: unknown = JSON.parse(parsed.entry.detail);
  return typeof detail === "object" && detail !== null && "tradeId" in detail ? detail.tradeId : undefined;
}
