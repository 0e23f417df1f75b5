import { Readable } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { linesOf, type TapeLine } from "../../ops/tape/lines.ts";

async function read(
  bytes: Buffer,
  sizes: readonly number[] = [],
  maximumBytes?: number,
): Promise<TapeLine[]> {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  chunks.push(bytes.subarray(start));
  const lines: TapeLine[] = [];
  for await (const line of linesOf(Readable.from(chunks), maximumBytes)) lines.push(line);
  return lines;
}

const text = (...lines: string[]) => lines.map((line) => ({ line }));

describe("lines of a tape file", () => {
  it("are the same however the bytes are cut into chunks", async () => {
    const bytes = Buffer.from("\uFEFF{“é”}\r\n\n𝄞\nlast");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6 })), async (sizes) => {
        expect(await read(bytes, sizes)).to.deep.equal(text("{“é”}", "", "𝄞", "last"));
      }),
    );
  });

  it("end at line feeds only, not at what else Unicode calls a line's end", async () => {
    expect(await read(Buffer.from("a\u2028b\u2029c\rd\u0085e\nf\n"))).to.deep.equal(
      text("a\u2028b\u2029c\rd\u0085e", "f"),
    );
  });

  it("have no byte order mark at the file's start, and keep one elsewhere", async () => {
    expect(await read(Buffer.from("\uFEFFa\n\uFEFFb"))).to.deep.equal(text("a", "\uFEFFb"));
  });

  it("are refused where they are not UTF-8, and the rest goes on", async () => {
    const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0x22, 0xff, 0x22]), Buffer.from("\nb\n")]);
    expect(await read(bytes)).to.deep.equal([
      { line: "a" },
      { refused: "not UTF-8: must be UTF-8 text" },
      { line: "b" },
    ]);
  });

  it("are refused above the greatest length, and the rest goes on", async () => {
    const lines = await read(Buffer.from("12345\n123456\n1\n1234567"), [2, 2, 5], 5);
    const refused = { refused: "must be at most 5 bytes long, is longer" };
    expect(lines).to.deep.equal([{ line: "12345" }, refused, { line: "1" }, refused]);
  });

  it("are not kept in memory where they are too long: a gibibyte would not fit into one text", async () => {
    const chunk = Buffer.alloc(1_048_576, "x");
    function* chunks() {
      for (let count = 0; count < 1_024; count += 1) yield chunk;
      yield Buffer.from("\nok\n");
    }
    const lines: TapeLine[] = [];
    for await (const line of linesOf(chunks())) lines.push(line);
    expect(lines).to.deep.equal([
      { refused: "must be at most 2097152 bytes long, is longer" },
      { line: "ok" },
    ]);
  });
});
