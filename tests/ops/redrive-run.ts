import { Pace } from "../../ops/redrive/pace.ts";
import { QueuePass } from "../../ops/redrive/queue-pass.ts";
import type { QueueName } from "../../ops/redrive/queues.ts";
import { type Place, redriveQueue, type Shared } from "../../ops/redrive/redrive.ts";
import { Report } from "../../ops/redrive/report.ts";
import { Starter } from "../../ops/redrive/starter.ts";
import { Tables } from "../../ops/redrive/tables.ts";
import type { World } from "./redrive-world.ts";

export type RunChange = Partial<
  Pick<Shared, "signal" | "includePoison" | "isDryRun" | "stopAtFailureRate" | "resultLimit">
>;

/** One run over the world's queue. It may throw where the process has died. */
export function run(world: World, change: RunChange = {}): Promise<Report> {
  return runAll({ validator: world }, change);
}

/** One run over several queues, each in a world of its own. */
export async function runAll(
  worlds: Partial<Record<QueueName, World>>,
  change: RunChange = {},
): Promise<Report> {
  const { signal = new AbortController().signal } = change;
  const report = new Report();
  const shared: Shared = {
    ...{ selection: {}, isDryRun: false, resultLimit: 1, attempts: 3, includePoison: false },
    ...{ pace: new Pace(100_000, 4), stopAtFailureRate: 1, report, signal, interrupt: signal },
    ...{ onProgress: () => {}, prefixes: new Set<string>(), started: new Map() },
    ...change,
  };
  const places = Object.entries(worlds).map(([queue, world]) => placeOf(queue as QueueName, world));
  await Promise.all(places.map((place) => redriveQueue(place, shared)));
  return report;
}

function placeOf(queue: QueueName, world: World): Place {
  const { sqs, states, tables } = world.clients;
  return {
    ...{ region: "us-east-1", queue, ruleNames: { sources: [], unmatched: "u" } },
    pass: new QueuePass(sqs, "queue"),
    tables: new Tables(tables, { trades: "trades", outcomes: "outcomes" }),
    starter: new Starter(states, world.stateMachineArn, !world.isStandard),
  };
}
