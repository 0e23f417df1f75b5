import type { TimeWindow } from "../evidence/pages.ts";
import { answering } from "../failover/answers.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { instant, regionOption } from "../frame/options.ts";
import { outputsOf } from "../frame/outputs.ts";
import { UsageError } from "../frame/usage.ts";
import { readEstimates } from "./estimates.ts";
import { lastOption } from "./last.ts";
import { readOpenNow } from "./open-now.ts";
import { statusLines } from "./render.ts";
import { statusJson, type Unanswered } from "./report.ts";
import { type Undelivered, undeliveredIn } from "./undelivered.ts";
import { readWindow } from "./window.ts";

const DEFAULT_LAST = "24h";

/** `npm run ops -- status`: where every event of a window is. */
export const STATUS: OperatorCommand = {
  usage: `status [--from TIME --to TIME | --last 1h] [--region R]
  where the events are that were accepted from TIME on and before the other TIME (ISO 8601 with a zone), or in the last
  s, m, h or d (${DEFAULT_LAST} if nothing is given); only those put in region R, and what is open there, all read in R; exit
  code 1 if something could not be read, such as of a region that does not answer`,
  words: [],
  options: ["from", "to", "last", "region"],
  async prepare({ options }) {
    const window = windowOf(options);
    return (context) => status(window, options.region, context);
  },
};

function windowOf({ from, to, last }: Readonly<Record<string, string | undefined>>): () => TimeWindow {
  if (from === undefined && to === undefined) {
    const length = lastOption(last ?? DEFAULT_LAST);
    return () => {
      const now = Date.now();
      return { from: now - length, to: now };
    };
  }
  if (last !== undefined) throw new UsageError("--last: goes without --from and --to");
  const window = { from: instant("from", from), to: instant("to", to) };
  if (window.from >= window.to)
    throw new UsageError(`--to: "${to}" must be later than --from, which is "${from}"`);
  return () => window;
}

async function status(
  windowNow: () => TimeWindow,
  only: string | undefined,
  context: Context,
): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const region = regionOption(only, outputs);
  const window = windowNow();
  const asked = region === undefined ? Object.keys(outputs.regions) : [region];
  const { answer: regions, silent } = await answering(context, asked);
  // The tables are global: any region that answers has the rows, but for what it was not sent yet.
  const reader = [region ?? outputs.PrimaryRegion, ...regions].find((name) => regions.includes(name));
  const problems: string[] = silent.map((each) => each.region);
  const answered = async <Answer>(name: string, ask: () => Promise<Answer>): Promise<Answer | Unanswered> => {
    try {
      return await ask();
    } catch (error) {
      const { name: kind, message } = error as Error;
      problems.push(name);
      return { problem: `${kind}: ${message}` };
    }
  };
  const undelivered: Undelivered[] = [];
  let isDeliveryComplete = silent.length === 0;
  for (const name of regions) {
    const { routingDeadLetterQueueUrl, ruleNames } = outputsOf(outputs, name);
    const found = await answered(name, () =>
      undeliveredIn(clients.sqs(name), routingDeadLetterQueueUrl, ruleNames.sources, window),
    );
    if ("problem" in found || !found.isComplete) isDeliveryComplete = false;
    if (!("problem" in found)) undelivered.push(...found.events);
  }
  let read = 0;
  const figures = await readWindow({
    client: clients.dynamodb(reader ?? outputs.PrimaryRegion),
    regions: regions.map((name) => clients.dynamodb(name)),
    tradesTable: outputs.TradeTableName,
    outcomesTable: outputs.OutcomesTableName,
    sources: outputs.Sources,
    window,
    ...(region !== undefined && { isCounted: (name: string) => name === region }),
    undelivered,
    onRead: () => {
      signal.throwIfAborted();
      read += 1;
      terminal.live(() => `  ${read} read`);
    },
  });
  const each = async <Answer>(ask: (name: string) => Promise<Answer>) =>
    Object.fromEntries<Answer | Unanswered>([
      ...(await Promise.all(
        regions.map(async (name) => [name, await answered(name, () => ask(name))] as const),
      )),
      ...silent.map((each) => [each.region, { problem: each.problem }] as const),
    ]);
  const found = {
    ...figures,
    ...{ window, isDeliveryComplete, silent, ...(region !== undefined && { region }) },
    openNow: await each((name) =>
      readOpenNow(clients, name, outputsOf(outputs, name), outputs.TradeTableName),
    ),
    estimates: await each((name) =>
      readEstimates(clients, {
        ...{ region: name, outputs: outputsOf(outputs, name), window },
        suffix: outputs.EnvironmentSuffix,
      }),
    ),
  };
  const complete = problems.length === 0 && isDeliveryComplete;
  return { complete, json: statusJson(found), lines: statusLines(found) };
}
