import { bounded } from "../../functions/domain/text.ts";
import type { DeadLetter, EventLetter } from "./dead-letter.ts";
import { readDeadLetter } from "./dead-letter.ts";
import { type Decision, decide, type Evidence, type Rules, type Subject } from "./decision.ts";
import { MAXIMUM_STARTS, namePrefix, prefixOf } from "./execution-name.ts";
import { FailureWindow } from "./failure-window.ts";
import type { Pace } from "./pace.ts";
import type { QueuePass, ReceivedMessage } from "./queue-pass.ts";
import type { QueueName } from "./queues.ts";
import type { End, Report } from "./report.ts";
import type { RuleNames } from "./rules.ts";
import { isSelected, type Selection } from "./selection.ts";
import type { Starter } from "./starter.ts";
import type { Tables } from "./tables.ts";
import { resultOf, resultOfEnded, waitForResult } from "./wait.ts";

/** One queue of one region, and what belongs to it there. */
export interface Place {
  readonly region: string;
  readonly queue: QueueName;
  readonly ruleNames: RuleNames;
  readonly pass: QueuePass;
  readonly tables: Tables;
  readonly starter: Starter;
}

/** What all queues of a run share. */
export interface Shared extends Rules {
  readonly selection: Selection;
  readonly isDryRun: boolean;
  /** Longest wait for a result, in milliseconds. */
  readonly resultLimit: number;
  readonly pace: Pace;
  /** Share of failures, from 0 to 1, at which a queue is stopped. */
  readonly stopAtFailureRate: number;
  readonly report: Report;
  /** Aborts when nothing more is to be started: the operator interrupts, or a queue cannot be worked on. */
  readonly signal: AbortSignal;
  /** Aborts when the operator interrupts: what is under way is not waited for either. */
  readonly interrupt: AbortSignal;
  readonly onProgress: () => void;
  /** Beginnings of the names of executions that this run starts or waits for. */
  readonly prefixes: Set<string>;
  /** What this run has started of an event, settled when that has ended. */
  readonly started: Map<string, Promise<void>>;
}

/** A run over one queue, which too many failures stop, and no other one: what is wrong with one need not be with others. */
interface Run extends Shared {
  readonly noteEnd: (failed: boolean) => void;
}

const NO_EVIDENCE: Evidence = { isRecorded: false, attempts: [] };

/** Redrives one queue. Whatever happens, a message is either deleted because its result is safe, or still there. */
export async function redriveQueue(place: Place, shared: Shared): Promise<void> {
  const { region, queue } = place;
  const { pace, report } = shared;
  const failures = new FailureWindow(shared.stopAtFailureRate);
  const stop = new AbortController();
  const signal = AbortSignal.any([shared.signal, stop.signal]);
  const noteEnd = (failed: boolean) => {
    failures.add(failed);
    if (!failures.isExceeded || stop.signal.aborted) return;
    report.stops(region, queue, failures.failures);
    stop.abort();
  };
  const run: Run = { ...shared, signal, noteEnd };
  const running = new Set<Promise<void>>();
  try {
    for await (const message of place.pass.messages(signal)) {
      await pace.enter();
      const work = redriveMessage(message, place, run).finally(() => {
        pace.leave();
        running.delete(work);
        shared.onProgress();
      });
      running.add(work);
    }
  } finally {
    await Promise.all(running);
    if (place.pass.isCutShort) report.cutShort(region, queue);
    await place.pass.close();
  }
}

/** Never throws: what fails is in the report. */
async function redriveMessage(message: ReceivedMessage, place: Place, shared: Run): Promise<void> {
  const { region, queue, pass, starter, tables } = place;
  const { report } = shared;
  const letter = readDeadLetter(message, place.ruleNames);
  if (isOfThisRun(letter, shared) || !isSelected(letter, shared.selection)) return;
  report.considered(region, queue);
  const event = "event" in letter ? letter.event : undefined;
  const stays = (end: "poison" | "unknown" | "left", why: string) =>
    report.stays({ region, queue, end, why, ...(event !== undefined && { event }) });
  try {
    if (shared.signal.aborted) return stays("left", "the redrive was stopped");
    if (letter.kind === "invocation") {
      const isSettled = queue === "enricher" && (await tables.isEnriched(region, letter.time));
      if (!isSettled) return stays("left", "an asynchronous invocation, whose work is not done yet");
      return await end(message, "obsolete", place, shared);
    }
    const prefix = namePrefix(event ?? "", message.id);
    const { decision, isRepeated } = await judge(
      { letter, attributes: message.attributes, namePrefix: prefix },
      place,
      shared,
    );
    if (decision.do === "drop") return await end(message, "obsolete", place, shared);
    if (decision.do === "leave") return stays("left", decision.why);
    if (decision.do === "poison") {
      if (!decision.isMarked && !shared.isDryRun) await pass.mark(message.id, decision.why);
      return stays("poison", decision.why);
    }
    if (decision.do === "finish" && (await starter.state(decision.execution)) === "succeeded")
      return await end(message, decision.outcome, place, shared);
    if (shared.isDryRun) return report.ended(region, queue, "wouldStart");
    if (isRepeated) return stays("left", "another message of its event was redriven in this run");
    const work = redriveEvent(message, decision.letter, prefix, place, shared, stays);
    // Before anything is awaited: whoever has another message of this event waits for what comes of this one.
    shared.prefixes.add(prefix);
    shared.started.set(
      decision.letter.event,
      work.catch(() => undefined),
    );
    await work;
  } catch (error) {
    if (shared.signal.aborted) return stays("left", "the redrive was stopped");
    stays(
      "unknown",
      bounded(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 500),
    );
    shared.noteEnd(true);
  }
}

/** Decides once nothing that this run has started of the event is under way; says whether anything was. */
async function judge(
  subject: Subject,
  { tables }: Place,
  shared: Shared,
): Promise<{ decision: Decision; isRepeated: boolean }> {
  const { letter } = subject;
  if (!("event" in letter)) return { decision: decide(subject, NO_EVIDENCE, shared), isRepeated: false };
  for (;;) {
    const earlier = shared.started.get(letter.event);
    await earlier;
    const evidence = await tables.evidence(letter.event, letter.tradeId);
    if (shared.started.get(letter.event) === earlier)
      return { decision: decide(subject, evidence, shared), isRepeated: earlier !== undefined };
  }
}

async function redriveEvent(
  message: ReceivedMessage,
  letter: EventLetter,
  prefix: string,
  place: Place,
  shared: Run,
  stays: (end: "poison" | "unknown" | "left", why: string) => void,
): Promise<void> {
  const { region, queue, pass, starter, tables } = place;
  const { interrupt, report, signal } = shared;
  const evidence = () => tables.evidence(letter.event, letter.tradeId);
  await shared.pace.turn(signal);
  const execution = await starter.start(prefix, letter.input, {
    maximum: shared.includePoison ? MAXIMUM_STARTS : shared.attempts,
    hasResult: async (arn) => resultOf(arn, await evidence()) !== undefined,
    ...{ signal, interrupt },
  });
  if ("refused" in execution) {
    await pass.mark(message.id, execution.refused);
    stays("poison", execution.refused);
    return shared.noteEnd(true);
  }
  if (!execution.isEarlier) report.started(region, queue);
  const { arn, ended } = execution;
  const state = () => starter.state(arn);
  const ports = { evidence, state, limit: shared.resultLimit, signal: interrupt };
  const result = ended ? resultOfEnded(arn, ended, await evidence()) : await waitForResult(arn, ports);
  if ("unknown" in result) {
    stays("unknown", result.unknown);
    return shared.noteEnd(true);
  }
  await end(message, result.outcome, place, shared);
  shared.noteEnd(isFailure(queue, result.outcome));
}

/** Deletes a message whose result is safe. */
async function end(message: ReceivedMessage, how: End, place: Place, shared: Shared): Promise<void> {
  if (!shared.isDryRun) await place.pass.delete(message.id);
  shared.report.ended(place.region, place.queue, how);
}

/** What is dead-lettered again, or rejected again, shows that what was wrong still is. */
function isFailure(queue: QueueName, outcome: End): boolean {
  return outcome === "deadLettered" || (outcome === "rejected" && queue === "rejects");
}

/** Whether an execution that this run started has sent the message. */
function isOfThisRun(letter: DeadLetter, { prefixes }: Shared): boolean {
  const execution = "execution" in letter ? letter.execution : undefined;
  const prefix = execution === undefined ? undefined : prefixOf(execution);
  return prefix !== undefined && prefixes.has(prefix);
}
