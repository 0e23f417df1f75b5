import type { SourceSystems } from "../../../functions/domain/source-systems.ts";
import { printable } from "../../../functions/domain/text.ts";
import { answering, silenceText } from "../../failover/answers.ts";
import type { Confirmation } from "../../frame/confirmation.ts";
import type { Context, Result } from "../../frame/operator-command.ts";
import type { Terminal } from "../../frame/terminal.ts";
import type { Findings } from "../findings.ts";
import type { ReconcileOptions } from "../options.ts";
import { runFacts } from "../report/facts.ts";
import { type Fact, listOf } from "../report/report.ts";
import { writeReport } from "../report/write.ts";
import { outcomesTable, type Selection, tradesTable } from "../tables.ts";
import type { Workspace } from "../workspace.ts";
import { KINDS } from "./compare.ts";
import { type Difference, differenceLine, WORDS } from "./difference.ts";
import {
  findDifferences,
  type ItemsRead,
  type Mended,
  mendDifferences,
  type RegionPorts,
} from "./reconcile.ts";

/** Compares both regions and, if asked for and confirmed, mends. Throws if one of them does not answer. */
export async function regionsResult(
  options: ReconcileOptions,
  which: { readonly selection: Selection; readonly systems: SourceSystems },
  context: Context,
  workspace: Workspace,
  confirmation: Confirmation,
): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const regions = [outputs.PrimaryRegion, outputs.ReplicaRegion] as const;
  const { silent } = await answering(context, regions);
  if (silent.length > 0)
    throw new Error(`${silent.map(silenceText).join("; ")}: a comparison takes both regions`);
  let items = 0;
  const ports: RegionPorts = {
    ...{ ...which, regions, margin: options.margin, workspace, signal },
    clients: [clients.dynamodb(regions[0]), clients.dynamodb(regions[1])],
    tables: {
      trades: tradesTable(outputs.TradeTableName),
      outcomes: outcomesTable(outputs.OutcomesTableName),
    },
    onRead: () => {
      items += 1;
      terminal.live(() => `  ${items} read`);
    },
  };
  const { read, differences } = await findDifferences(ports);
  const found = await figuresOf(read, differences);
  const mended =
    options.mend && differences.total > 0
      ? await confirmedMend(differences, ports, options.yes, terminal, confirmation)
      : undefined;
  const remaining = mended?.remaining ?? differences;
  const figures = [...found, ...mendFigures(mended)];
  if (options.report !== undefined) {
    const lists = [listed("differences", "Differences found", differences)];
    if (mended) lists.push(listed("remaining", "Differences that remain", mended.remaining));
    const facts = await runFacts(outputs, { ...options, made: new Date() });
    facts.push({ name: "regions", label: "Regions", value: regions.join(", ") });
    await writeReport(options.report, { title: "Tables of both regions", facts, figures, lists }, signal);
  }
  return {
    complete: remaining.total === 0,
    json: {
      ...{ regions, read, differences: differences.listed },
      figures: Object.fromEntries(figures.map(({ name, value }) => [name, value])),
      ...(mended && { problems: mended.problems, remaining: remaining.listed }),
    },
    lines: [
      ...figures.map(({ label, value }) => `${label}: ${value}`),
      ...(mended?.problems ?? []).map((problem) => `  ${problem}`),
      ...linesOf(remaining, !options.mend),
      ...(options.report === undefined ? [] : [`report in ${options.report}`]),
    ].map((text) => printable(text)),
  };
}

async function confirmedMend(
  differences: Findings<Difference>,
  ports: RegionPorts,
  isConfirmed: boolean,
  terminal: Terminal,
  confirmation: Confirmation,
): Promise<Mended | undefined> {
  terminal.line(`Mending ${differences.total} differences, but not what may still be under way:`);
  for (const line of linesOf(differences, true)) terminal.line(printable(line));
  if (!isConfirmed && !(await confirmation.ask("Write this? Type yes: ", ports.signal))) {
    terminal.line("Nothing was written.");
    return undefined;
  }
  return mendDifferences(differences, ports);
}

async function figuresOf(read: ItemsRead, differences: Findings<Difference>): Promise<Fact[]> {
  const counts = new Map<string, number>();
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for await (const { table, kind, mayBeUnderWay } of differences.all()) {
    add(`${table} ${kind}`);
    if (mayBeUnderWay) add("under way");
  }
  const items = (["trades", "outcomes"] as const).flatMap((table) =>
    Object.entries(read[table]).map(([region, value]) => ({
      ...{ name: `${table} in ${region}`, label: `${table} in ${region}`, value },
    })),
  );
  const kinds = (["trades", "outcomes"] as const).flatMap((table) =>
    KINDS.flatMap((kind) => {
      const value = counts.get(`${table} ${kind}`) ?? 0;
      return value === 0 ? [] : [{ name: `${table} ${kind}`, label: `  ${table}, ${WORDS[kind]}`, value }];
    }),
  );
  return [
    ...items,
    { name: "differences", label: "differences", value: differences.total },
    ...kinds,
    {
      name: "mayBeUnderWay",
      label: "  of these may still be under way",
      value: counts.get("under way") ?? 0,
    },
  ];
}

function mendFigures(mended: Mended | undefined): Fact[] {
  if (!mended) return [];
  return [
    { name: "mended", label: "mended", value: mended.mended },
    { name: "leftAlone", label: "left alone, as they may be under way", value: mended.leftAlone },
    { name: "changed", label: "not written, as something had changed", value: mended.changed },
    { name: "remaining", label: "remaining differences", value: mended.remaining.total },
  ];
}

function listed(name: string, label: string, findings: Findings<Difference>) {
  const columns = ["table", "id", "version or attempt", "difference", "mending"];
  return listOf({ name, label, columns }, findings, (each) => [
    ...[each.table, each.key.id, String(each.key.part), differenceLine(each)],
    each.mending.join("; "),
  ]);
}

function linesOf({ listed: first, total }: Findings<Difference>, withMending: boolean): string[] {
  const more = total > first.length ? [`  … and ${total - first.length} more; --report has all`] : [];
  return [
    ...first.flatMap((each) => [`  ${differenceLine(each)}`, ...(withMending ? mendingLines(each) : [])]),
    ...more,
  ];
}

function mendingLines({ mending, mayBeUnderWay }: Difference): string[] {
  if (mayBeUnderWay) return ["    mending leaves it alone until it is older"];
  return mending.map((line) => `    ${line}`);
}
