import { answering, type SilentRegion, silenceText } from "../failover/answers.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { instant, regionOption } from "../frame/options.ts";
import { outputsOf } from "../frame/outputs.ts";
import { UsageError, wholeNumber } from "../frame/usage.ts";
import { RegionReplay, type ReplayStatus } from "./replay.ts";
import { allowedFrom, type ReplayWindow } from "./window.ts";

/** How long an archive may take to have every event, in seconds (EventBridge User Guide, "Archiving events"). */
export const SETTLED_AFTER = 600;
const MAXIMUM_SETTLED_AFTER = 86_400;

interface ReplayOptions {
  readonly window: ReplayWindow;
  readonly region: string | undefined;
  readonly isWaiting: boolean;
  readonly settledAfter: number;
}

interface OneReplay extends ReplayStatus {
  readonly region: string;
}

/** `npm run ops -- replay`: sends a window of the archive through the workflow again. */
export const REPLAY: OperatorCommand = {
  usage: `replay --from TIME --to TIME [--region R] [--wait] [--settled-after SECONDS]
  replays the archived events whose own time lies in the window to the source rules of each region, or of R;
  --wait until it has ended; the window must have ended SECONDS ago (${SETTLED_AFTER}, and less only with --local)`,
  words: [],
  options: ["from", "to", "region", "settled-after"],
  flags: ["wait"],
  async prepare({ options }) {
    const window = { from: instant("from", options.from), to: instant("to", options.to) };
    if (window.from >= window.to)
      throw new UsageError(`--to: "${options.to}" must be later than --from, which is "${options.from}"`);
    const settledAfter = wholeNumber(
      "settled-after",
      options["settled-after"] ?? String(SETTLED_AFTER),
      MAXIMUM_SETTLED_AFTER,
    );
    const isWaiting = options.wait !== undefined;
    return (context) => replay({ window, region: options.region, isWaiting, settledAfter }, context);
  },
};

async function replay(options: ReplayOptions, context: Context): Promise<Result> {
  const { outputs, clients, terminal, isLocal, signal } = context;
  const { window, settledAfter, isWaiting } = options;
  if (settledAfter < SETTLED_AFTER && !isLocal)
    throw new UsageError(
      `--settled-after: "${settledAfter}" must be at least ${SETTLED_AFTER}; less is allowed with --local only`,
    );
  const allowed = allowedFrom(window, settledAfter);
  if (Date.now() < allowed)
    throw new UsageError(
      `--to: an archive may lack events of the last ${settledAfter} s; this window can be replayed from ${new Date(allowed).toISOString()} on`,
    );
  const region = regionOption(options.region, outputs);
  const asked = region === undefined ? Object.keys(outputs.regions) : [region];
  const { answer, silent } = await answering(context, asked, ["archives"]);
  const replays = answer.map((name) => ({
    region: name,
    replay: new RegionReplay(clients.eventBridge(name), outputsOf(outputs, name), window),
  }));
  const ended: OneReplay[] = [];
  for (const each of replays) {
    const started = await each.replay.start();
    const events = await each.replay.archivedEvents();
    terminal.line(
      `${started.isEarlier ? "Already under way" : "Started"}: ${started.name} in ${each.region}; the archive has ${events ?? "an unknown number of"} events in all`,
    );
    ended.push({ ...started, region: each.region });
  }
  if (!isWaiting) return result(ended, silent, [...ended.flatMap(advice)]);
  const follow = async ({ name, region: where }: OneReplay, index: number): Promise<void> => {
    const of = replays[index];
    if (!of) return;
    ended[index] = {
      region: where,
      ...(await of.replay.wait(name, signal, (status) => {
        ended[index] = { region: where, ...status };
        terminal.progress(() => `  ${ended.map(shown).join("; ")}`);
      })),
    };
  };
  try {
    await Promise.all(ended.map(follow));
  } catch (error) {
    if (!signal.aborted) throw error;
    return result(ended, silent, ["interrupted: the replay itself goes on", ...ended.flatMap(advice)]);
  }
  return result(ended, silent, ended.map(shown));
}

function result(
  replays: readonly OneReplay[],
  silent: readonly SilentRegion[],
  lines: readonly string[],
): Result {
  const isWell = replays.every(({ state }) => !["FAILED", "CANCELLED"].includes(state));
  return {
    complete: isWell && silent.length === 0,
    json: { replays, notReplayed: silent },
    lines: [
      ...lines,
      ...silent.map((each) => `not replayed: the archive of ${each.region}, since ${silenceText(each)}`),
    ],
  };
}

function shown({ name, region, state, lastReplayed, reason }: OneReplay): string {
  const until = lastReplayed === undefined ? "no event" : `the last event of ${lastReplayed}`;
  return `${name} in ${region}: ${state}, ${until}${reason === undefined ? "" : `, ${reason}`}`;
}

function advice({ name, region }: OneReplay): string[] {
  return [
    `  to look at it: aws events describe-replay --replay-name ${name} --region ${region}`,
    `  to cancel it:  aws events cancel-replay --replay-name ${name} --region ${region}`,
  ];
}
