import { type CensusOutput, SETTLED_SECONDS } from "../../functions/contract.ts";
import { OUTCOMES, type Outcome } from "../../functions/domain/outcome.ts";
import { answering, type SilentRegion, silenceOf, silenceText } from "../failover/answers.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { instant, regionOption } from "../frame/options.ts";
import { outputsOf } from "../frame/outputs.ts";
import { UsageError, wholeNumber } from "../frame/usage.ts";
import { CensusFailure, takeCensus } from "./invocation.ts";
import { censusLines, isProven, type RegionCensus } from "./report.ts";
import { type Slice, Slices } from "./slices.ts";

/** Locally nothing is delivered late, unless a fault delays it. */
const LOCAL_QUIET_SECONDS = 5;
const MAXIMUM_SETTLED_AFTER = 86_400;

interface CensusOptions extends Slice {
  readonly region: string | undefined;
  readonly settledSeconds: number;
}

/** `npm run ops -- census`: proves that every event of a window has an outcome. */
export const CENSUS: OperatorCommand = {
  usage: `census --from TIME --to TIME [--region R] [--settled-after SECONDS]
  compares the archive of each region, or of R, with the tables and names every trade event whose own time lies in the
  window and that has no outcome; exit code 1 if there is one, or a region does not answer. The window must have ended SECONDS ago (${SETTLED_SECONDS},
  and less only with --local); times in whole seconds`,
  words: [],
  options: ["from", "to", "region", "settled-after"],
  async prepare({ options }) {
    const [from, to] = [instant("from", options.from), instant("to", options.to)];
    if (from >= to)
      throw new UsageError(`--to: "${options.to}" must be later than --from, which is "${options.from}"`);
    for (const [option, time] of Object.entries({ from, to }))
      if (time % 1000 !== 0)
        throw new UsageError(`--${option}: "${options[option]}" must be a whole number of seconds`);
    const settledSeconds = wholeNumber(
      "settled-after",
      options["settled-after"] ?? String(SETTLED_SECONDS),
      MAXIMUM_SETTLED_AFTER,
    );
    const newest = Date.now() - settledSeconds * 1000;
    if (to > newest)
      throw new UsageError(
        `--to: "${options.to}" must be ${new Date(newest).toISOString()} or earlier, since what is newer may not be in the archive yet`,
      );
    return (context) => census({ from, to, region: options.region, settledSeconds }, context);
  },
};

async function census(options: CensusOptions, context: Context): Promise<Result> {
  const { outputs, clients, terminal, isLocal, signal } = context;
  const { from, to, settledSeconds } = options;
  if (settledSeconds < SETTLED_SECONDS && !isLocal)
    throw new UsageError(
      `--settled-after: "${settledSeconds}" must be at least ${SETTLED_SECONDS}; less is allowed with --local only`,
    );
  const given = regionOption(options.region, outputs);
  const asked = given === undefined ? Object.keys(outputs.regions) : [given];
  const { answer: regions, silent: lost } = await answering(context, asked);
  const silent: SilentRegion[] = [...lost];
  const under: Record<string, string> = {};
  const take = async (region: string): Promise<RegionCensus | undefined> => {
    const functionArn = outputsOf(outputs, region).functionAliasArns["trade-census"];
    if (functionArn === undefined)
      throw new Error(
        `the stack's outputs: have no function trade-census in ${region}; deploy this version first`,
      );
    const found: CensusOutput[] = [];
    const slices = new Slices({ from, to });
    for (let slice = slices.current; slice !== undefined; slice = slices.current) {
      const began = performance.now();
      under[region] = `${region}: from ${new Date(slice.from).toISOString()}`;
      terminal.live(() => `  ${Object.values(under).join("; ")}`);
      try {
        found.push(
          await takeCensus(clients.lambda(region), functionArn, slice, {
            ...{ settledSeconds, signal, ...(isLocal && { quietSeconds: LOCAL_QUIET_SECONDS }) },
            onWaiting: () => terminal.line(`  ${under[region]}: waits, since another census is running`),
          }),
        );
        slices.next(performance.now() - began);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof CensusFailure && slices.shorten()) continue;
        const problem = silenceOf(error);
        if (problem === undefined) throw error;
        silent.push({ region, problem });
        return undefined;
      }
    }
    return together(region, found);
  };
  // Each region's archive by itself: a census is mostly waiting.
  const censuses = (await Promise.all(regions.map(take))).filter((each) => each !== undefined);
  if (censuses.length === 0) throw new Error(silent.map(silenceText).join("; "));
  const isComplete = silent.length === 0 && isProven(censuses);
  return {
    complete: isComplete,
    json: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      proven: isComplete,
      regions: censuses,
      notProven: silent,
    },
    lines: censusLines(from, to, censuses, silent),
  };
}

function together(region: string, found: readonly CensusOutput[]): RegionCensus {
  const sum = (value: (each: CensusOutput) => number) =>
    found.reduce((total, each) => total + value(each), 0);
  const keptSince = found.flatMap((each) => each.keptSince ?? []).at(-1);
  const byOutcome = OUTCOMES.map((outcome) => [outcome, sum((each) => each.byOutcome[outcome])]);
  return {
    region,
    events: sum(({ events }) => events),
    byOutcome: Object.fromEntries(byOutcome) as Record<Outcome, number>,
    unaccounted: sum(({ unaccounted }) => unaccounted),
    named: found.flatMap(({ named }) => named),
    replays: found.map(({ replay }) => replay),
    ...(keptSince !== undefined && { keptSince }),
  };
}
