import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { tradeEventJsonSchemaText } from "../../functions/domain/json-schema.ts";
import { answerOf } from "../../functions/domain/market-data.ts";
import { REASONS } from "../../functions/domain/reasons.ts";
import { TradeSchema } from "../../functions/domain/trade.ts";
import { validEvent } from "./trade-events.ts";

const project = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, project), "utf8");

describe("the published contract", () => {
  it("has the JSON Schema of the code; else run `node functions/write-schema.ts`", () => {
    expect(read("docs/trade-event.schema.json")).to.equal(tradeEventJsonSchemaText());
  });

  it("lists every reason code with what is allowed, in the code's words", () => {
    const rows = [...read("docs/event-contract.md").matchAll(/^\| `([a-zA-Z]+\.[a-zA-Z]+)` \| (.+) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, allowed]) => [code, allowed]))).to.deep.equal(REASONS);
  });

  it("describes every field of a trade", () => {
    const text = read("docs/event-contract.md");
    expect(Object.keys(TradeSchema.shape).filter((field) => !text.includes(`\`${field}\``))).to.deep.equal(
      [],
    );
  });

  it("shows an event that is valid", () => {
    const [, json = ""] = /```json\n(\{\n {2}"Source"[\s\S]*?)```/.exec(read("docs/event-contract.md")) ?? [];
    const entry = JSON.parse(json);
    expect(validEvent(JSON.parse(entry.Detail), { source: entry.Source }).trade.amount).to.equal("1500.50");
  });

  it("shows answers of the market data API that are valid", () => {
    const blocks = [...read("docs/market-data-api.md").matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, json = ""]) => JSON.parse(json),
    );
    expect(answerOf({ kind: "instrument", id: "US0378331005" }, blocks[0])?.known).to.equal(true);
    expect(answerOf({ kind: "currency", id: "EUR" }, blocks[1])?.known).to.equal(true);
  });

  it("is checked by code that knows neither AWS nor Pulumi nor the machine it runs on", () => {
    const folder = new URL("functions/domain/", project);
    const imports = readdirSync(folder).flatMap((file) =>
      [...readFileSync(new URL(file, folder), "utf8").matchAll(/from "([^"]+)"/g)].map(
        ([, name = ""]) => name,
      ),
    );
    const outside = imports.filter((name) => !name.startsWith("./") && name !== "../contract.ts");
    expect([...new Set(outside)].sort()).to.deep.equal(["node:crypto", "zod/mini"]);
  });
});
