/** `npm run tape`: writes a generated tape to stdout. */
import { parseArgs } from "node:util";
import { generateTape, type Mix, SAMPLE_EVENTS, SAMPLE_MIX, SAMPLE_SEED } from "./generator.ts";

const SHARES = Object.keys(SAMPLE_MIX) as (keyof Mix)[];
const OPTION_OF: Readonly<Record<keyof Mix, string>> = {
  corrections: "corrections",
  cancels: "cancels",
  duplicates: "duplicates",
  conflicts: "conflicts",
  invalid: "invalid",
  unmatched: "unmatched",
  notJson: "not-json",
};
const USAGE = `npm run --silent tape -- [options] > FILE
  --events N   number of lines (default ${SAMPLE_EVENTS})
  --seed N     default ${SAMPLE_SEED}
${SHARES.map((share) => `  --${OPTION_OF[share]} SHARE   from 0 to 1 (default ${SAMPLE_MIX[share]})`).join("\n")}
The recipe is in docs/tape.md.`;

function numberOf(option: string, text: string, maximum: number, whole: boolean): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= maximum) || (whole && !Number.isInteger(number)))
    throw new Error(`--${option}: "${text}" must be a ${whole ? "whole " : ""}number from 0 to ${maximum}`);
  return number;
}

try {
  const { values } = parseArgs({
    options: {
      events: { type: "string", default: String(SAMPLE_EVENTS) },
      seed: { type: "string", default: String(SAMPLE_SEED) },
      help: { type: "boolean", default: false },
      ...Object.fromEntries(SHARES.map((share) => [OPTION_OF[share], { type: "string" as const }])),
    },
  });
  const given = values as unknown as Record<string, string | undefined>;
  if (values.help) {
    console.log(USAGE);
  } else {
    const mix = { ...SAMPLE_MIX };
    for (const share of SHARES) {
      const text = given[OPTION_OF[share]];
      if (text !== undefined) mix[share] = numberOf(OPTION_OF[share], text, 1, false);
    }
    const lines = generateTape({
      events: numberOf("events", String(given.events), 10_000_000, true),
      seed: numberOf("seed", String(given.seed), 4_294_967_295, true),
      mix,
    });
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
} catch (error) {
  console.error(`npm run tape: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
