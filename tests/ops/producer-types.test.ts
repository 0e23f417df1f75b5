import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

/** Marks a line that must not compile. */
const REFUSED = "// refused";

const FIXTURE = `
import { type Receipt, sendAll, type TradeProducer } from "./ops/producer/index.ts";

export async function use(producer: TradeProducer): Promise<void> {
  const good = { tradeId: "T-1", amount: "1.50", currency: "USD", sourceSystem: "system1" };
  interface Execution { tradeId: string; amount: number; currency: string; sourceSystem: string; legs: { price: string }[] }
  const execution: Execution = { ...good, amount: 1, legs: [{ price: "1" }] };
  const receipt: Receipt = await producer.send(good);
  const text: string = receipt.eventId;
  const region: string = receipt.region; ${REFUSED}
  await producer.send(execution);
  await producer.send({ ...good, action: "CORRECT", version: 2, quantity: 100, desk: { book: ["a", null] } });
  await producer.send({ ...good, venue: undefined });
  await sendAll(producer, [good]);
  await sendAll(producer, [execution], { onAccepted: (trade) => trade.legs });
  await producer.send({ amount: "1.50", currency: "USD", sourceSystem: "system1" }); ${REFUSED}
  await producer.send({ ...good, amount: true }); ${REFUSED}
  await producer.send({ ...good, amount: 1n }); ${REFUSED}
  await producer.send({ ...good, action: "new" }); ${REFUSED}
  await producer.send({ ...good, version: "2" }); ${REFUSED}
  await producer.send({ ...good, executedAt: new Date() }); ${REFUSED}
  await producer.send({ ...good, note: 1n }); ${REFUSED}
  await producer.send({ ...good, note: new Date() }); ${REFUSED}
  await producer.send({ ...good, legs: [{ price: () => 1 }] }); ${REFUSED}
  await producer.send(good, { time: "now" }); ${REFUSED}
  await sendAll(producer, [{ ...good, note: 1n }]); ${REFUSED}
  console.log(text, region);
}
`;

describe("the producer's types", function () {
  this.timeout(120_000);

  it("refuse what no trade can hold, and take what one can", async () => {
    const directory = mkdtempSync(join(tmpdir(), "producer-types-"));
    try {
      for (const name of ["ops", "functions", "node_modules", "tsconfig.json"])
        symlinkSync(resolve(name), join(directory, name));
      writeFileSync(join(directory, "package.json"), '{"type":"module"}');
      writeFileSync(join(directory, "fixture.ts"), FIXTURE);
      const project = { extends: resolve("tsconfig.json"), files: ["fixture.ts"], include: [] };
      const types = { typeRoots: [resolve("node_modules/@types")] };
      writeFileSync(join(directory, "project.json"), JSON.stringify({ ...project, compilerOptions: types }));
      const tsc = [resolve("node_modules/typescript/bin/tsc"), "-p", "project.json", "--pretty", "false"];
      const said = await promisify(execFile)(process.execPath, tsc, { cwd: directory }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
      const inFixture = /^fixture\.ts\((\d+),/;
      const lines = said.split("\n").map((line) => Number(inFixture.exec(line)?.[1] ?? 0));
      const expected = FIXTURE.split("\n").flatMap((line, index) =>
        line.endsWith(REFUSED) ? [index + 1] : [],
      );
      expect([...new Set(lines)].filter(Boolean), said).to.deep.equal(expected);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
