/** The status as people read it. */

import type { VersionRange } from "../../functions/domain/life-cycle.ts";
import { OUTCOMES } from "../../functions/domain/outcome.ts";
import { printable } from "../../functions/domain/text.ts";
import { type SilentRegion, silenceText } from "../failover/answers.ts";
import { table } from "../frame/terminal.ts";
import type { Estimates } from "./estimates.ts";
import type { IncompleteHistory } from "./histories.ts";
import type { OpenNow, Waiting } from "./open-now.ts";
import type { Counts } from "./proof.ts";
import { total } from "./proof.ts";
import { instant, type StatusFindings, unaccounted } from "./report.ts";
import type { SequenceFigures } from "./sequences.ts";

/** Entries of a list that are shown; --json has more. */
const SHOWN = 10;
const WORDS = {
  recorded: "recorded",
  duplicate: "duplicate",
  rejected: "rejected",
  deadLettered: "dead-lettered",
};

/** The lines of a status. */
export function statusLines(found: StatusFindings): string[] {
  const { window, region } = found;
  return [
    `Events accepted from ${instant(window.from)} to ${instant(window.to)}${region ? `, put in ${region}` : ""}`,
    ...found.silent.map(silentLine),
    ...section("Proof, from the tables", proofLines(found)),
    ...section("Open now", openLines(found)),
    ...section("Incomplete histories", historyLines(found)),
    ...section("Sequence numbers", sequenceLines(found)),
    ...section("Estimates from CloudWatch metrics, which are best effort", estimateLines(found)),
  ];
}

function silentLine(each: SilentRegion): string {
  return `${printable(silenceText(each))}: what it had not yet sent to the other region is missing here, and its versions are not compared`;
}

function section(title: string, lines: readonly string[]): string[] {
  return ["", title, ...lines.map((line) => `  ${line}`)];
}

function proofLines({ proof, isDeliveryComplete }: StatusFindings): string[] {
  const row = (name: string, counts: Counts) => [
    name,
    ...OUTCOMES.map((outcome) => counts[outcome]),
    total(counts),
  ];
  const by = (title: string, groups: Readonly<Record<string, Counts>>) =>
    Object.entries(groups).map(([name, counts]) => row(`${title} ${printable(name)}`, counts));
  const reasons = (title: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort(([, left], [, right]) => right - left)
      .map(([name, count]) => `${title} ${printable(name)}: ${count}`);
  return [
    ...table([
      ["", ...OUTCOMES.map((outcome) => WORDS[outcome]), "events"],
      ...by("source", proof.bySource),
      ...by("region", proof.byRegion),
      ...by("stage", proof.byStage),
      row("all", proof.outcomes),
    ]),
    `${proof.attempts} attempts ended other than recorded`,
    ...reasons("rejected for", proof.rejectedBy),
    ...reasons("dead-lettered by", proof.deadLetteredBy),
    ...(isDeliveryComplete ? [] : ["not every message of the rules' dead letter queues was looked at"]),
  ];
}

function openLines({ openNow }: StatusFindings): string[] {
  return Object.entries(openNow).flatMap(([region, open]) =>
    "problem" in open ? [`${region}: not known: ${printable(open.problem)}`] : regionLines(region, open),
  );
}

function regionLines(region: string, open: OpenNow): string[] {
  const { executions, pendingEnrichments, queues } = open;
  const held = queues.filter(({ visible, notVisible, delayed }) => visible + notVisible + delayed > 0);
  const running = executions
    ? `${waitingText(executions, "executions running")}`
    : "executions of EXPRESS workflows cannot be listed";
  return [
    `${region}: ${running}; ${waitingText(pendingEnrichments, "enrichments pending")}; ${queues.length - held.length} of ${queues.length} queues empty`,
    ...table(
      held.map(({ name, visible, notVisible, delayed, oldestSeconds }) => [
        `  ${name}`,
        `${visible} visible`,
        `${notVisible} in flight`,
        `${delayed} delayed`,
        oldestSeconds === undefined ? "" : `oldest about ${oldestSeconds} s`,
      ]),
    ),
  ];
}

function waitingText({ count, oldest }: Waiting, what: string): string {
  return `${count} ${what}${oldest === undefined ? "" : `, the oldest since ${instant(oldest)}`}`;
}

function historyLines({ incompleteHistories: { total: all, listed } }: StatusFindings): string[] {
  const lines = listed.slice(0, SHOWN).map((history) => `${printable(history.tradeId)}: ${wrongs(history)}`);
  return all === 0 ? ["none"] : [`${all} trades`, ...lines, ...further(all)];
}

function wrongs({ missingVersions, versionsAfterCancel, conflictingVersions }: IncompleteHistory): string {
  const said = [
    [missingVersions.map(rangeText), "missing"],
    [versionsAfterCancel.map(String), "after its cancel"],
    [conflictingVersions.map(String), "not the same in both regions"],
  ] as const;
  return said
    .filter(([versions]) => versions.length > 0)
    .map(([versions, what]) => `version ${some(versions)} ${what}`)
    .join("; ");
}

function sequenceLines({ sequences }: StatusFindings): string[] {
  return Object.entries(sequences).flatMap(([source, { first, last, missing, gaps, repeated }]) => {
    if (first === undefined) return [`${source}: none`];
    return [
      `${source}: ${first} to ${last}, ${missing} missing${missing ? `: ${some(gaps.listed.map(rangeText), gaps.total)}` : ""}`,
      ...repeated.listed.slice(0, SHOWN).map(repeatedText),
      ...further(repeated.total).map((line) => `  ${line}`),
    ];
  });
}

function repeatedText({ sequence, trades }: SequenceFigures["repeated"]["listed"][number]): string {
  return `  ${sequence} is carried by ${some(trades.map(printable))}`;
}

function estimateLines(found: StatusFindings): string[] {
  return Object.entries(found.estimates).flatMap(([region, estimates]) =>
    "problem" in estimates
      ? [`${region}: not known: ${printable(estimates.problem)}`]
      : [estimateText(region, estimates, unaccounted(found, region, estimates))],
  );
}

function estimateText(region: string, estimates: Estimates, missing: number): string {
  const outcomes = OUTCOMES.map((outcome) => `${estimates[outcome]} ${WORDS[outcome]}`).join(", ");
  const replayed = estimates.replays
    ? ` (${estimates.replays} replays ran in the window: their events are matched again)`
    : "";
  return `${region}: ${estimates.matched} matched, ${outcomes}; ${missing} unaccounted${replayed}; alarm ${estimates.alarm ?? "missing"}`;
}

function rangeText({ first, last }: VersionRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function some(texts: readonly string[], all = texts.length): string {
  const shown = texts.slice(0, SHOWN).join(", ");
  return all > SHOWN ? `${shown} and ${all - SHOWN} more` : shown;
}

function further(all: number): string[] {
  return all > SHOWN ? [`… and ${all - SHOWN} more; --json lists up to 100`] : [];
}
