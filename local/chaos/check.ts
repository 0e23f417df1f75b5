import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import type { Ledger } from "../../ops/ledger/ledger.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { LocalSystem } from "../system.ts";
import type { Expectation } from "./expectation.ts";
import { itemsOf, type StoredItem } from "./items.ts";

/** More of the same kind are counted only. */
const SHOWN = 5;
const COMPARISONS = 5;
const PAUSE_MILLISECONDS = 1_000;

/** Everything that has to hold after recovery and does not: nothing if all is well. */
export async function problemsOf(
  system: LocalSystem,
  ledger: Ledger,
  expectation: Expectation,
  isForeign: (event: string) => boolean,
): Promise<string[]> {
  const rows: StoredItem[] = [];
  for await (const row of itemsOf(system, system.names.homeRegion, system.names.tradesTable)) rows.push(row);
  return [
    ...ledgerProblems(ledger),
    ...bounded(expectation.problems(rows, isForeign)),
    ...bounded(await lastingDifferences(system, system.names.tradesTable)),
    ...bounded(await lastingDifferences(system, system.names.outcomesTable)),
    ...(await deadLetters(system)),
  ];
}

function ledgerProblems(ledger: Ledger): string[] {
  const problems: string[] = [];
  if (!ledger.balanced) problems.push(`the ledger does not balance: ${JSON.stringify(ledger)}`);
  if (ledger.deadLettered > 0) problems.push(`${ledger.deadLettered} events are still dead-lettered`);
  return problems;
}

/**
 * Items of a table that are not the same in every region, and stay so: rows whose enrichment is completed in the
 * meantime are on their way for a moment.
 */
async function lastingDifferences(system: LocalSystem, table: string): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    await system.services.dynamodb.replication.drained();
    const found = await differences(system, table);
    if (found.length === 0 || attempt === COMPARISONS) return found;
    await setTimeout(PAUSE_MILLISECONDS);
  }
}

/** Items of a table that are not the same in every region. */
async function differences(system: LocalSystem, table: string): Promise<string[]> {
  const [home, ...others] = [
    system.names.homeRegion,
    ...Object.keys(system.names.regions).filter((region) => region !== system.names.homeRegion),
  ];
  const expected = await digests(system, home ?? "", table);
  const problems: string[] = [];
  for (const region of others) {
    const found = await digests(system, region, table);
    for (const [key, digest] of expected) {
      if (!found.has(key)) problems.push(`${table}: ${key} is missing in ${region}`);
      else if (found.get(key) !== digest) problems.push(`${table}: ${key} is another one in ${region}`);
    }
    for (const key of found.keys())
      if (!expected.has(key)) problems.push(`${table}: ${key} is in ${region} only`);
  }
  return problems;
}

async function digests(system: LocalSystem, region: string, table: string): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for await (const item of itemsOf(system, region, table)) {
    const text = JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = [item.tradeId?.S, item.version?.N, item.event?.S, item.attempt?.S].join(" ");
    all.set(key, createHash("sha256").update(text).digest("base64"));
  }
  return all;
}

/** Messages in queues for what failed. */
async function deadLetters(system: LocalSystem): Promise<string[]> {
  const problems: string[] = [];
  for (const [region, outputs] of Object.entries(parseOutputs(system.services.outputs).regions)) {
    const urls = [
      ...[outputs.routingDeadLetterQueueUrl, outputs.forwardingDeadLetterQueueUrl],
      ...[outputs.unfinishedExecutionsQueueUrl, ...Object.values(outputs.deadLetterQueueUrls)],
    ];
    for (const QueueUrl of urls) {
      if (QueueUrl === undefined) continue;
      const AttributeNames = ["All"];
      const { Attributes } = await system.services.cloud.surroundings.call(
        "sqs",
        "GetQueueAttributes",
        { QueueUrl, AttributeNames },
        { region, principal: OPERATOR },
      );
      const counts = Object.entries(Attributes as Record<string, string>).filter(([name]) =>
        name.startsWith("ApproximateNumber"),
      );
      const count = counts.reduce((sum, [, value]) => sum + Number(value), 0);
      if (count > 0) problems.push(`${QueueUrl.split("/").at(-1)} in ${region} has ${count} messages`);
    }
  }
  return problems;
}

/** The first few of many problems of a kind, and how many more there are. */
export function bounded(problems: string[]): string[] {
  if (problems.length <= SHOWN) return problems;
  return [...problems.slice(0, SHOWN), `… and ${problems.length - SHOWN} more of this kind`];
}
