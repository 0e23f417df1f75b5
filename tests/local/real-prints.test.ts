import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type LocalSystem, runTape } from "../../local/system.ts";
import { rows, startTestSystem } from "../support/local-system.ts";

interface Print {
  Detail: {
    tradeId: string;
    amount: string;
    price: string;
    quantity: string;
    side: string;
    executedAt: string;
  };
}

describe("real exchange prints", function () {
  this.timeout(60_000);
  let system: LocalSystem;
  before(async () => {
    system = await startTestSystem({ stack: "prod" });
  });
  after(() => system.close());

  it("are recorded to the last digit on stack prod", async () => {
    const lines = readFileSync("local/tapes/kraken.jsonl", "utf8").split("\n");
    const { ledger } = await runTape(system, lines);
    expect(ledger).to.include({ sent: 300, refused: 0, recorded: 300, balanced: true });
    const stored = new Map((await rows(system)).map((row) => [row.tradeId, row]));
    const prints = lines.filter((line) => line !== "").map((line) => (JSON.parse(line) as Print).Detail);
    expect(prints).to.have.length(300);
    for (const print of prints) {
      const { tradeId, amount, price, quantity, side, executedAt } = print;
      const row = stored.get(tradeId);
      expect(row, tradeId).to.include({ amount, price, quantity, side, executedAt });
      expect(JSON.parse(String(row?.content)), tradeId).to.include({ tradeId, executedAt });
    }
  });
});
