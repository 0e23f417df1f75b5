import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { UsageError } from "../../ops/frame/usage.ts";
import { compareTrade } from "../../ops/reconcile/blotter/compare.ts";
import {
  type BadLine,
  type BlotterTrade,
  type NamedTrade,
  parseMapping,
  tradeOfLine,
} from "../../ops/reconcile/blotter/fields.ts";
import { BlotterFile } from "../../ops/reconcile/blotter/file.ts";

describe("a blotter's file", () => {
  const directory = mkdtempSync(join(tmpdir(), "blotter-"));
  after(() => rmSync(directory, { recursive: true }));

  async function read(content: string | Uint8Array, map?: string, name = "blotter.csv") {
    const path = join(directory, name);
    writeFileSync(path, content);
    const mapping = parseMapping(map);
    const file = new BlotterFile(path, mapping);
    const [trades, bad, named]: [BlotterTrade[], BadLine[], NamedTrade[]] = [[], [], []];
    for await (const each of file.lines()) {
      const found = "values" in each ? tradeOfLine(each.line, each.values, mapping) : each;
      if ("fields" in found) trades.push(found);
      else bad.push(...found.mistakes);
      if ("mistakes" in found && found.named) named.push(found.named);
    }
    return { trades, bad, named, facts: file.facts };
  }
  const refusal = async (content: string, map?: string, name?: string) => {
    const error = await read(content, map, name).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    return (error as Error).message;
  };

  it("is CSV with quotes, line breaks in them, a byte order mark, CRLF and empty fields", async () => {
    const { trades, bad, facts } = await read(
      '\ufefftradeId,amount,currency,price,note\r\n"A-1","1""0",USD,,x\r\n\r\nA-2,5,"U,\nS",3,\r\nA-3,6,EUR,,"a\r\nb"\r\n',
    );
    expect(bad).to.deep.equal([
      {
        line: 2,
        field: "amount",
        value: '1"0',
        allowed: "a decimal with a point and without separators, such as 1234.50",
      },
    ]);
    expect(trades).to.deep.equal([
      { line: 4, tradeId: "A-2", version: 1, fields: { amount: "5", currency: "U,\nS", price: "3" } },
      { line: 6, tradeId: "A-3", version: 1, fields: { amount: "6", currency: "EUR", price: null } },
    ]);
    expect(facts).to.deep.include({ format: "CSV", lines: 7, ignoredColumns: ["note"], name: "blotter.csv" });
  });

  it("is JSON Lines, with every digit of its numbers", async () => {
    const { trades, bad, facts } = await read(
      '{"tradeId":"A","amount":123456789012345678901.10,"version":2,"price":null}\n[]\n{"tradeId":"B","amount":true}\n{"tradeId":"C","tradeId":"D"}\n\n{"tradeId":"E","amount":"1e"}\n{',
      undefined,
      "blotter",
    );
    expect(facts.format).to.equal("JSON Lines");
    expect(trades).to.deep.equal([
      { line: 1, tradeId: "A", version: 2, fields: { amount: "123456789012345678901.10", price: null } },
    ]);
    expect(bad.map(({ line, field, value }) => [line, field, value])).to.deep.equal([
      [2, "line", "[]"],
      [3, "amount", "true"],
      [4, "tradeId", "given twice"],
      [6, "amount", "1e"],
      [7, "line", "{"],
    ]);
  });

  it("has an identity: size, SHA-256 and lines", async () => {
    // printf 'tradeId\nA\n' | sha256sum
    const { facts } = await read("tradeId\nA\n");
    expect(facts).to.include({
      ...{ size: 10, lines: 2 },
      sha256: "8b224e2bbc0fdcb02a50582b9a392ebcba722654005c6c139ebd6abf23842b9d",
    });
  });

  it("may have its own names", async () => {
    const { trades } = await read("REF,NOTIONAL,amount\nA,5,6\n", "tradeId=REF,amount=NOTIONAL");
    expect(trades[0]).to.deep.include({ tradeId: "A", fields: { amount: "5" } });
  });

  it("may call one field as another is called, which is then named as not compared", async () => {
    const csv = await read("tradeId,price,amount\nA,5,6\n", "amount=price");
    expect(csv.trades[0]).to.deep.include({ tradeId: "A", fields: { amount: "5" } });
    expect(csv.facts).to.deep.include({ ignoredColumns: ["amount"], displacedFields: ["price"] });
    const json = await read('{"tradeId":"A","price":5,"amount":6}', "amount=price", "displaced.jsonl");
    expect(json.trades[0]).to.deep.include({ tradeId: "A", fields: { amount: "5" } });
    expect(json.facts).to.deep.include({ ignoredColumns: ["amount"], displacedFields: ["price"] });
    const swapped = await read("tradeId,price,amount\nA,5,6\n", "amount=price,price=amount");
    expect(swapped.trades[0]).to.deep.include({ fields: { amount: "5", price: "6" } });
    expect(swapped.facts).to.deep.include({ ignoredColumns: [], displacedFields: [] });
  });

  it("must not call two fields the same, nor leave its trades without a name", () => {
    expect(() => parseMapping("amount=X,quantity=X")).to.throw(
      UsageError,
      '--map: "X" must be the name of one field, is given for amount and quantity',
    );
    expect(() => parseMapping("venue=tradeId")).to.throw(
      UsageError,
      /"tradeId" is given for venue; tradeId must then have another name/,
    );
    expect(parseMapping("venue=tradeId,tradeId=venue").get("tradeId")).to.equal("venue");
  });

  it("names the members of JSON Lines that are not compared, the first hundred of them", async () => {
    const few = await read(
      '{"tradeId":"A","desk":1}\n{"tradeId":"B","amout":2,"desk":3}',
      undefined,
      "few.jsonl",
    );
    expect(few.facts.ignoredColumns).to.deep.equal(["desk", "amout"]);
    const others = Array.from(
      { length: 150 },
      (_, at) => `{"tradeId":"A","x${at}":1,"${"y".repeat(2_000)}":1}`,
    );
    const { ignoredColumns } = (await read(others.join("\n"), undefined, "many.jsonl")).facts;
    expect(ignoredColumns).to.have.lengthOf(101);
    expect(ignoredColumns[1]).to.equal(`${"y".repeat(127)}…`);
    expect(ignoredColumns.at(-1)).to.equal("…");
  });

  it("must have each name of --map on some line of JSON Lines", async () => {
    const lines = '{"tradeId":"A","NOTIONAL":1}\n{"tradeId":"B","desk":true,"NOTIONAL":true}';
    expect(await refusal(lines, "amount=NOTIONL", "typo.jsonl")).to.equal(
      "--blotter: a line must have NOTIONL for amount, the lines have tradeId, NOTIONAL, desk; --map names others",
    );
    expect((await read(lines, "amount=NOTIONAL", "right.jsonl")).bad).to.have.lengthOf(1);
    expect((await read("{\n", "amount=NOTIONAL", "broken.jsonl")).bad).to.have.lengthOf(1);
  });

  it("keeps the trade that a line names of which something else cannot be read", async () => {
    const csv = await read("tradeId,version,amount\nA,2,x\nB,,x\nC!,1,x\nD,0,1\nE,1\n");
    expect(csv.bad).to.have.lengthOf(6);
    expect(csv.named).to.deep.equal([
      { tradeId: "A", version: 2 },
      { tradeId: "B", version: 1 },
    ]);
    const json = await read(
      [
        '{"tradeId":"A","amount":true,"price":[]}',
        '{"amount":1,"amount":2,"version":3,"tradeId":"B"}',
        '{"tradeId":"C","tradeId":"D"}',
        '{"tradeId":"E","version":{}}',
        '{"tradeId":"F"',
      ].join("\n"),
      undefined,
      "named.jsonl",
    );
    expect(json.bad.map(({ line, field }) => [line, field])).to.deep.equal([
      ...[
        [1, "amount"],
        [1, "price"],
        [2, "amount"],
        [3, "tradeId"],
        [4, "version"],
        [5, "line"],
      ],
    ]);
    expect(json.named).to.deep.equal([
      { tradeId: "A", version: 1 },
      { tradeId: "B", version: 3 },
    ]);
  });

  it("must name trades, once, and only fields that there are", async () => {
    expect(await refusal("id;amount\n")).to.match(/must have tradeId for tradeId, has id;amount; --map/);
    expect(await refusal("tradeId,tradeId\n")).to.match(/must have tradeId once/);
    expect(await refusal("tradeId\n", "amount=NOTIONAL")).to.match(/must have NOTIONAL for amount/);
    expect(await refusal("")).to.match(/is empty/);
    expect(await refusal("", "trade=REF")).to.match(
      /--map: "trade=REF" must be FIELD=NAME .* tradeId, version/,
    );
    expect(await refusal("", "tradeId=A,tradeId=B")).to.match(/--map: tradeId must be given once/);
    const missing = await new BlotterFile(join(directory, "none"), new Map())
      .lines()
      .next()
      .catch((e: unknown) => e);
    expect(missing).to.be.instanceOf(UsageError);
  });

  it("goes on after what cannot be read, with the next line", async () => {
    const { trades, bad } = await read(
      Buffer.concat([
        Buffer.from('tradeId,amount\nA,1\nB,"x"y\nC,3\nD\n'),
        Buffer.from([0x45, 0xff, 0x0a]),
        Buffer.from('F,1,2\n"G,7\nH,8\nI!,9\nJ,0x1\nK,-0\nL,"1\n'),
      ]),
    );
    expect(bad.map(({ line, field }) => [line, field])).to.deep.equal([
      ...[
        [3, "line"],
        [5, "line"],
        [6, "line"],
        [7, "line"],
        [8, "line"],
        [10, "tradeId"],
        [11, "amount"],
        [13, "line"],
      ],
    ]);
    expect(trades.map(({ tradeId }) => tradeId)).to.deep.equal(["A", "C", "H", "K"]);
  });

  it("never ends with anything but its lines told or a mistake named, whatever is in it", async () => {
    const piece = fc.constantFrom(
      ...'A,B,1,",\n,\r,\u0000,é,{,},:,[,\\,💥,tradeId,null,-'.split(","),
      ",",
      '","',
      "\n",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom("csv", "jsonl"),
        async (pieces, format) => {
          const body = pieces.join("");
          const content = format === "csv" ? `tradeId,amount\n${body}` : body;
          const { trades, bad } = await read(content, undefined, `fuzz.${format}`);
          const told = new Set([...trades, ...bad].map(({ line }) => line));
          const first = content
            .split("\n")
            .findIndex((line, at) => at >= (format === "csv" ? 1 : 0) && line.trim() !== "");
          if (first >= 0) expect(told, JSON.stringify(content)).to.include(first + 1);
          for (const each of bad) expect(each.allowed).to.not.equal("");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is read back from CSV as it was written", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", " ", "é", "'", ";") });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (currencies) => {
        const quote = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const { trades, bad } = await read(
          ["tradeId,currency", ...currencies.map((value, at) => `T${at},${quote(value)}`)].join("\n"),
        );
        expect(bad).to.deep.equal([]);
        expect(trades.map(({ fields }) => fields.currency ?? "")).to.deep.equal(currencies);
      }),
    );
  });
});

describe("comparing a blotter's trade with its row", () => {
  const recorded = {
    ...{ tradeId: "A", version: 1, event: "us-east-1#1", region: "us-east-1", timestamp: 1 },
    fields: {
      action: "NEW",
      amount: "1000.5",
      currency: "USD",
      sequence: "7",
      price: "10000000000000000.01",
    },
  };
  const compare = (fields: Record<string, string | null>) =>
    compareTrade({ line: 2, tradeId: "A", version: 1, fields }, recorded)?.fields;

  for (const same of [
    {},
    { amount: "1000.50" },
    { amount: "1.0005e3" },
    { action: null, venue: null },
    { currency: "USD", sequence: "7" },
    { price: "10000000000000000.010" },
  ])
    it(`is the same for ${JSON.stringify(same)}`, () => expect(compare(same)).to.equal(undefined));

  for (const [field, value, shown, is] of [
    ["amount", "1000.51", "1000.51", "1000.5"],
    ["price", "10000000000000000.02", "10000000000000000.02", "10000000000000000.01"],
    ["currency", "usd", "usd", "USD"],
    ["currency", null, "absent", "USD"],
    ["venue", "XNYS", "XNYS", "absent"],
    ["sequence", "07", "07", "7"],
    ["action", "CANCEL", "CANCEL", "NEW"],
  ] as const)
    it(`differs for ${field} ${value}`, () =>
      expect(compare({ [field]: value })).to.deep.equal([{ field, blotter: shown, recorded: is }]));
});
