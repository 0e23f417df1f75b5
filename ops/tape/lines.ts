/** A tape file's bytes as lines. */

/** Longest line that is kept in memory, in bytes: an event of PutEvents' limit, its Detail escaped as text. */
export const MAXIMUM_LINE_BYTES = 2 * 1_048_576;

/** A line as text, or why it cannot be one. */
export type TapeLine = { line: string } | { refused: string };

/** Where lines come from: text, or a file's lines. */
export type TapeSource = Iterable<string | TapeLine> | AsyncIterable<string | TapeLine>;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a file's bytes, without their ends (LF or CRLF) and without a byte order mark at the file's start.
 * A line that is not UTF-8, or longer than `maximumBytes`, is refused; of the latter nothing is kept.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maximumBytes = MAXIMUM_LINE_BYTES,
): AsyncGenerator<TapeLine> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let isFirst = true;
  const add = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > maximumBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const take = (): TapeLine => {
    const line = bytes > maximumBytes ? tooLong(maximumBytes) : decode(Buffer.concat(parts), isFirst);
    parts = [];
    bytes = 0;
    isFirst = false;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield take();
}

function tooLong(maximumBytes: number): TapeLine {
  return { refused: `must be at most ${maximumBytes} bytes long, is longer` };
}

function decode(bytes: Buffer, isFirst: boolean): TapeLine {
  const hasMark = isFirst && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const from = hasMark ? BYTE_ORDER_MARK.length : 0;
  const to = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
  try {
    // A byte order mark elsewhere is content.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { line: decoder.decode(bytes.subarray(from, Math.max(from, to))) };
  } catch {
    return { refused: "not UTF-8: must be UTF-8 text" };
  }
}
