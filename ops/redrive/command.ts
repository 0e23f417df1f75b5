import { answering, silenceText } from "../failover/answers.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { oneOf, regionOption } from "../frame/options.ts";
import { outputsOf } from "../frame/outputs.ts";
import { WINDOW } from "./failure-window.ts";
import { type RedriveOptions, redriveOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { QueuePass } from "./queue-pass.ts";
import { isExpress, queueUrl } from "./queues.ts";
import { type Place, redriveQueue, type Shared } from "./redrive.ts";
import { Report } from "./report.ts";
import { Starter } from "./starter.ts";
import { Tables } from "./tables.ts";

/**
 * Messages that are worked on at once, most of which wait for their results: no more than the window of failures, so
 * that at most as many again are started before too many failures are seen.
 */
const ROOM = WINDOW;

/** `npm run ops -- redrive`: sends through the workflow again what did not end well. */
export const REDRIVE: OperatorCommand = {
  usage: `redrive [--queue NAME,…] [--reason CODE] [--source NAME] [--from TIME] [--to TIME] [--trade-id ID] [--region R]
        [--dry-run] [--rate N] [--stop-at-failure-rate SHARE] [--attempts N] [--include-poison] [--timeout SECONDS]
  starts the workflow again with the events of dead letter and rejects queues, and deletes each message once its
  event's result is in the tables; queues are rejects, validator, recorder, enricher, rule, forwarding, unfinished,
  unaccounted;
  TIME is when the event was accepted (its own time if it never was), CODE a reason's code or an error's name;
  --rate starts a second (10); a queue is stopped when SHARE (0.5) of its last ${WINDOW} failed; what was dead-lettered N
  times (3) is marked and stays, unless --include-poison; --dry-run only shows; exit code 1 if anything stays to be
  done, or a region does not answer`,
  words: [],
  options: [
    ...["queue", "reason", "source", "from", "to", "trade-id", "region"],
    ...["rate", "stop-at-failure-rate", "attempts", "timeout"],
  ],
  flags: ["dry-run", "include-poison"],
  async prepare(given) {
    const options = redriveOptions(given);
    return (context) => redrive(options, context);
  },
};

async function redrive(options: RedriveOptions, context: Context): Promise<Result> {
  const { outputs, terminal, signal } = context;
  const { isDryRun } = options;
  const name = oneOf(
    "source",
    options.source,
    outputs.Sources.map((each) => each.name),
  );
  const source = outputs.Sources.find((each) => each.name === name)?.source;
  const region = regionOption(options.region, outputs);
  const asked = region === undefined ? Object.keys(outputs.regions) : [region];
  const { answer: regions, silent } = await answering(context, asked, ["tables", "queues"]);
  const report = new Report();
  const stop = new AbortController();
  const shared: Shared = {
    ...options,
    ...{ report, selection: { ...options, source } },
    pace: new Pace(options.rate, ROOM),
    signal: AbortSignal.any([signal, stop.signal]),
    interrupt: signal,
    onProgress: () => terminal.progress(() => `  ${report.progress()}`),
    prefixes: new Set(),
    started: new Map(),
  };
  terminal.line(
    `${isDryRun ? "Looking at" : "Redriving"} ${options.queues.join(", ")} in ${regions.join(", ")}`,
  );
  const places = regions.flatMap((each) => placesOf(each, options, context));
  const ended = await Promise.allSettled(
    places.map((place) =>
      redriveQueue(place, shared).catch((error: unknown) => {
        stop.abort();
        throw error;
      }),
    ),
  );
  const lines = [
    ...report.lines(),
    ...silent.map((each) => `not looked at: the queues of ${each.region}, since ${silenceText(each)}`),
    ...(signal.aborted ? ["interrupted: nothing is lost; the same command goes on"] : []),
  ];
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) {
    for (const line of lines) terminal.line(line);
    throw failed.reason;
  }
  const { total, byQueue, stayed, stopped, notAllLookedAt } = report;
  return {
    complete: silent.length === 0 && !signal.aborted && report.isComplete(isDryRun),
    json: {
      ...{ ...total, dryRun: isDryRun, stopped: stopped.length > 0, stoppedQueues: stopped },
      ...{ byQueue, stayed, notAllLookedAt, notLookedAt: silent },
    },
    lines,
  };
}

function placesOf(region: string, { queues }: RedriveOptions, { outputs, clients }: Context): Place[] {
  const of = outputsOf(outputs, region);
  const tables = new Tables(clients.dynamodb(region), {
    trades: outputs.TradeTableName,
    outcomes: outputs.OutcomesTableName,
  });
  const starter = new Starter(clients.stepFunctions(region), of.stateMachineArn, isExpress(of));
  return [...new Set(queues)].flatMap((queue) => {
    const url = queueUrl(queue, of);
    if (url === undefined) return [];
    const pass = new QueuePass(clients.sqs(region), url);
    return [{ region, queue, ruleNames: of.ruleNames, pass, tables, starter }];
  });
}
