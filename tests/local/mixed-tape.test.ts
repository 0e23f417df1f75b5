import { expect } from "chai";
import { type LocalSystem, runTape } from "../../local/system.ts";
import type { BadRecord } from "../../local/tape/bad-records.ts";
import { generateTape } from "../../local/tape/generator.ts";
import { startTestSystem } from "../support/local-system.ts";

/** 10,000 events: 10 % invalid in fifteen ways, 5 % duplicates, 1 % not JSON, and what else a day brings. */
const MIX = {
  corrections: 0.04,
  cancels: 0.02,
  duplicates: 0.05,
  conflicts: 0.005,
  invalid: 0.1,
  unmatched: 0.01,
  notJson: 0.01,
};
const FIFTEEN_KINDS: BadRecord[] = [
  "tradeId missing",
  "tradeId with a space",
  "amount missing",
  "amount zero",
  "amount negative",
  "amount no number",
  "amount beyond a number's digits",
  "currency in lower case",
  "currency withdrawn",
  "source system of another",
  "instrument with a wrong check digit",
  "counterparty with wrong check digits",
  "executedAt no time",
  "correction without a version",
  "detail above 64 KiB",
];

/**
 * Worked out by hand: 100 of 10,000 lines are not JSON, 100 match no rule; of the 9,800 matched, 1,000 are invalid,
 * 500 are duplicates, and 50 lose a conflict.
 */
const LEDGER = {
  sent: 10_000,
  refused: 100,
  accepted: 9_900,
  unmatched: 100,
  matched: 9_800,
  recorded: 8_250,
  duplicate: 500,
  rejected: 1_050,
  deadLettered: 0,
  inFlight: 0,
  balanced: true,
};

const RUNS: { type: "STANDARD" | "EXPRESS"; seed: number; kill?: string }[] = [
  { type: "STANDARD", seed: 12, kill: "compliance-recorder-dev" },
  { type: "EXPRESS", seed: 14, kill: "trade-validator-dev" },
];

describe("mixed tape of 10,000 events", function () {
  this.timeout(300_000);
  let system: LocalSystem | undefined;
  afterEach(async () => {
    await system?.close();
    system = undefined;
  });

  for (const { type, seed, kill } of RUNS)
    it(`gives exactly its ledger on ${type} with seed ${seed}${kill ? `, ${kill} killed before and after its effect` : ""}`, async () => {
      system = await startTestSystem({ seed, overrides: { workflow: { type } } });
      if (kill)
        for (const when of ["before", "after"] as const)
          for (const skip of [1_000, 4_000])
            system.services.cloud.faults.add({
              service: "lambda",
              function: kill,
              effect: { kind: "crash" },
              when,
              skip,
              times: 1,
            });
      const lines = generateTape({ events: 10_000, seed, mix: MIX, kinds: FIFTEEN_KINDS });
      const { ledger } = await runTape(system, lines);
      expect(ledger).to.include(LEDGER);
    });
});
