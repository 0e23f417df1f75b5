import { stat } from "node:fs/promises";
import { printable } from "../../functions/domain/text.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { instant, oneOf, regionOption, required } from "../frame/options.ts";
import { UsageError } from "../frame/usage.ts";
import { writeWhole } from "../frame/write-whole.ts";
import { OUTCOMES, type Outcome } from "../ledger/ledger.ts";
import { inOrder } from "./export-tape.ts";
import { type Processed, processedOutcomes, processedRows, type Window } from "./processed.ts";

interface ExportOptions {
  readonly tape: string;
  readonly from: number;
  readonly to: number;
  readonly source: string | undefined;
  readonly region: string | undefined;
}

interface Missing {
  readonly event: string;
  readonly outcome: Outcome;
  readonly reason: string;
}

/** Events without a line that are named; any further ones are counted only, so that memory stays bounded. */
const NAMED_MISSING = 1_000;
const SHOWN_MISSING = 20;

/** `npm run ops -- export`: makes a tape of what was processed in a window of time. */
export const EXPORT: OperatorCommand = {
  usage: `export --tape FILE --from TIME --to TIME [--source NAME] [--region R]
  writes a tape of the events that were accepted from TIME on and before the other TIME (ISO 8601 with a zone), only
  those of source system NAME, only those put in region R; exit code 1 if an event could not be exported`,
  words: [],
  options: ["tape", "from", "to", "source", "region"],
  async prepare({ options }) {
    const [tape, from, to] = [
      required("tape", options.tape),
      instant("from", options.from),
      instant("to", options.to),
    ];
    if (from >= to)
      throw new UsageError(`--to: "${options.to}" must be later than --from, which is "${options.from}"`);
    const existing = await stat(tape).catch(() => undefined);
    if (existing && !existing.isFile()) throw new UsageError(`--tape: "${tape}" must be a file`);
    const { source, region } = options;
    return (context) => exportTape({ tape, from, to, source, region }, context);
  },
};

async function exportTape(options: ExportOptions, context: Context): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const { tape, from, to } = options;
  const region = regionOption(options.region, outputs);
  const name = oneOf(
    "source",
    options.source,
    outputs.Sources.map((each) => each.name),
  );
  const sources = outputs.Sources.filter((each) => name === undefined || each.name === name);
  const window: Window = { from, to, sources, ...(region === undefined ? {} : { region }) };
  const client = clients.dynamodb(outputs.PrimaryRegion);
  const counts: Record<Outcome, number> = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
  const missing: Missing[] = [];
  let missingCount = 0;
  let read = 0;

  async function* everything(): AsyncGenerator<Processed> {
    const tables = [
      processedRows(client, outputs.TradeTableName, window),
      processedOutcomes(client, outputs.OutcomesTableName, window),
    ];
    for (const table of tables)
      for await (const each of table) {
        read += 1;
        terminal.live(() => `  ${read} read`);
        yield each;
      }
  }
  async function* lines(): AsyncGenerator<string> {
    for await (const { event, outcome, exported } of inOrder(everything())) {
      if ("line" in exported) {
        counts[outcome] += 1;
        yield `${exported.line}\n`;
        continue;
      }
      missingCount += 1;
      if (missing.length < NAMED_MISSING) missing.push({ event, outcome, reason: exported.missing });
    }
  }
  terminal.line(`Exporting ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`);
  await writeWhole("tape", tape, lines(), signal);
  for (const { event, outcome, reason } of missing.slice(0, SHOWN_MISSING))
    terminal.line(`  not exported: ${printable(event)} (${outcome}): ${printable(reason)}`);
  if (missingCount > SHOWN_MISSING)
    terminal.line(`  … and ${missingCount - SHOWN_MISSING} more; --json names the first ${NAMED_MISSING}`);
  const events = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
  return {
    complete: missingCount === 0,
    json: { tape, events, ...counts, missingCount, missing },
    lines: [
      `${events} events in ${printable(tape)}: ${OUTCOMES.map((outcome) => `${counts[outcome]} ${outcome}`).join(", ")}`,
      ...(missingCount > 0 ? [`${missingCount} not exported`] : []),
    ],
  };
}
