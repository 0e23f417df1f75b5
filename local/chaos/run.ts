import { setTimeout } from "node:timers/promises";
import type { SourceSystems } from "../../functions/domain/source-systems.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { bar } from "../../ops/frame/terminal.ts";
import type { Ledger } from "../../ops/ledger/ledger.ts";
import type { SendResult } from "../../ops/send/send-tape.ts";
import { drain, inFlight, type LocalSystem, readLedger, send } from "../system.ts";
import { generateTape, type Mix } from "../tape/generator.ts";
import { bounded, problemsOf } from "./check.ts";
import { Expectation } from "./expectation.ts";
import { type Done, Harm } from "./harm.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { chaosPlan, type PlanOptions } from "./plan.ts";
import type { FunctionProcesses } from "./processes.ts";
import { type Recovery, recover } from "./recover.ts";

/** What happened in a run, and what is wrong after it. */
export interface ChaosResult extends Done {
  readonly ledger: Ledger;
  readonly recovery: Recovery;
  readonly seconds: number;
  /** None if everything ended as it should. */
  readonly problems: readonly string[];
}

/** Everything that a tape may hold. */
const MIX: Mix = {
  corrections: 0.06,
  cancels: 0.04,
  duplicates: 0.06,
  conflicts: 0.04,
  invalid: 0.08,
  unmatched: 0.03,
  notJson: 0.02,
};

/**
 * Executions and deliveries under way above which sending pauses: more than without faults, since many wait for a retry.
 */
const OUTSTANDING = 40;
const POLL_MILLISECONDS = 5;

export interface ChaosWatch {
  /** Ends the run, which then throws the signal's reason; the system is not fit for another run. */
  readonly signal: AbortSignal;
  /** Told again and again what is being done, and how far it is. */
  onProgress(text: () => string): void;
}

/**
 * Sends a tape while what the plan says happens, then ends all faults, recovers, and checks that everything has ended
 * as it should. A system may be used for several runs of different seeds, if nothing was wrong after the last one.
 */
export async function runChaos(
  mortal: MortalSystem,
  processes: FunctionProcesses,
  options: PlanOptions,
  watch: ChaosWatch,
): Promise<ChaosResult> {
  const { signal } = watch;
  const startedAt = Date.now();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const before = await readLedger(mortal.now, { sent: 0, refused: [], accepted: 0 }, 0);
  const expectation = new Expectation(mortal.now.names.homeRegion, sourceSystems(mortal.now));
  const harm = new Harm(mortal, processes);
  const sent = await sendUnderHarm(mortal, harm, expectation, options, watch);
  while (inFlight(mortal.now) > 0 && !signal.aborted) await setTimeout(POLL_MILLISECONDS);
  harm.end();
  await drain(mortal.now, signal);
  signal.throwIfAborted();
  const readNow = () => readLedger(mortal.now, sent, seconds(), before);
  const recovery = await recover(mortal.now, startedAt, readNow, {
    signal,
    onProgress: (text) => watch.onProgress(() => `recovering: ${text().trim()}`),
  });
  const ledger = await readNow();
  const problems = [
    ...bounded(mortal.problems.splice(0)),
    ...(await problemsOf(mortal.now, ledger, expectation, (event) => mortal.earlier.has(event))),
  ];
  for (const event of expectation.events()) mortal.earlier.add(event);
  return { ledger, recovery, ...harm.done, seconds: seconds(), problems };
}

async function sendUnderHarm(
  mortal: MortalSystem,
  harm: Harm,
  expectation: Expectation,
  options: PlanOptions,
  { signal, onProgress }: ChaosWatch,
): Promise<SendResult> {
  const { events, seed } = options;
  const lines = generateTape({ events, seed, mix: MIX }).map(withoutTime);
  const total: SendResult = { sent: 0, refused: [], accepted: 0 };
  for (const part of chaosPlan(options)) {
    signal.throwIfAborted();
    const [first, end] = part.lines;
    harm.begin(part);
    // Every request is answered before the next part: a restart is never between a request and its answer.
    const result = await send(mortal.now, lines.slice(first, end), {
      ...{ outstanding: OUTSTANDING, signal },
      onProgress: ({ sent }) =>
        onProgress(() => `${bar((first + sent) / events)} ${first + sent} of ${events} sent`),
      onAccepted: (line, eventId) => expectation.accepted(lines[first + line - 1] ?? "", eventId),
    });
    total.sent += result.sent;
    total.accepted += result.accepted;
    total.refused.push(...result.refused.map(({ line, reason }) => ({ line: first + line, reason })));
    if (part.restarts) await harm.restart();
  }
  return total;
}

function sourceSystems(system: LocalSystem): SourceSystems {
  return new Map(parseOutputs(system.services.outputs).Sources.map(({ name, source }) => [source, name]));
}

/** So that the archive has events under the time of this run: replays go by it, minute after minute. */
function withoutTime(line: string): string {
  return line.replace(/,"Time":"[^"]*"\}$/, "}");
}
