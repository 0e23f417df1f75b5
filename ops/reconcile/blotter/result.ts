import { printable } from "../../../functions/domain/text.ts";
import { answering } from "../../failover/answers.ts";
import type { Context, Result } from "../../frame/operator-command.ts";
import { table } from "../../frame/terminal.ts";
import type { Findings } from "../findings.ts";
import type { ReconcileOptions } from "../options.ts";
import { runFacts } from "../report/facts.ts";
import { type Fact, listOf, type Report, type ReportList } from "../report/report.ts";
import { writeReport } from "../report/write.ts";
import { type Selection, tradesTable } from "../tables.ts";
import type { Workspace } from "../workspace.ts";
import { BlotterFile, type FileFacts } from "./file.ts";
import { type BlotterFindings, type MissingTrade, reconcileBlotter } from "./reconcile.ts";

type BlotterOptions = ReconcileOptions & Required<Pick<ReconcileOptions, "blotter">>;

/** Compares a blotter with what the primary region has recorded. Throws if that does not answer. */
export async function blotterResult(
  options: BlotterOptions,
  selection: Selection,
  context: Context,
  workspace: Workspace,
): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const { file: path, mapping } = options.blotter;
  const region = outputs.PrimaryRegion;
  await answering(context, [region]);
  const file = new BlotterFile(path, mapping);
  let read = 0;
  const findings = await reconcileBlotter(file.lines(), mapping, {
    ...{ selection, workspace, signal, client: clients.dynamodb(region) },
    trades: tradesTable(outputs.TradeTableName),
    outcomesTable: outputs.OutcomesTableName,
    onRead: () => {
      read += 1;
      terminal.live(() => `  ${read} read in ${region}`);
    },
  });
  const figures = figuresOf(findings);
  const { facts } = file;
  const lists = listsOf(findings);
  if (options.report !== undefined) {
    const run = await runFacts(outputs, { ...options, made: new Date() });
    const report = reportOf(
      [...run, { name: "region", label: "Region", value: region }],
      facts,
      figures,
      lists,
    );
    await writeReport(options.report, report, signal);
  }
  const { unreadable, missing, different, extra } = findings;
  const total = unreadable.total + missing.total + different.total + extra.total;
  return {
    complete: total === 0,
    json: {
      ...{ region, file: facts },
      ...Object.fromEntries(figures.map(({ name, value }) => [name, value])),
      unreadableLines: unreadable.listed,
      missingTrades: missing.listed,
      differentTrades: different.listed,
      extraTrades: extra.listed,
    },
    lines: [
      `${printable(facts.name)}: ${facts.format}, ${facts.lines} lines, SHA-256 ${facts.sha256}`,
      ...(facts.ignoredColumns.length > 0
        ? [`not compared: ${printable(facts.ignoredColumns.join(", "))}`]
        : []),
      ...(facts.displacedFields.length > 0
        ? [`not compared, as --map gives the name to another field: ${facts.displacedFields.join(", ")}`]
        : []),
      ...table(figures.map(({ label, value }) => [label, value])),
      ...linesOf(
        "cannot be read",
        unreadable,
        ({ line, field, value, allowed }) => `line ${line}: ${field}: ${value}; allowed is ${allowed}`,
      ),
      ...linesOf("missing", missing, (each) => `line ${each.line}: ${name(each)}: ${fateText(each)}`),
      ...linesOf(
        "different",
        different,
        (each) => `line ${each.line}: ${name(each)}: ${fieldsText(each.fields)}`,
      ),
      ...linesOf(
        "extra",
        extra,
        (each) => `${name(each)}: event ${each.event}, accepted ${iso(each.timestamp)}`,
      ),
      ...(options.report === undefined ? [] : [`report in ${printable(options.report)}`]),
    ].map((text) => printable(text)),
  };
}

function figuresOf(findings: BlotterFindings): Fact[] {
  const { trades, recorded, same, elsewhere, repeated, unreadable, missing, different, extra } = findings;
  return [
    { name: "trades", label: "lines of the blotter that name a trade", value: trades },
    { name: "recorded", label: "rows recorded", value: recorded },
    { name: "same", label: "trades the same in both", value: same },
    { name: "different", label: "different", value: different.total },
    { name: "missing", label: "missing: in the blotter, not recorded", value: missing.total },
    { name: "extra", label: "extra: recorded, not in the blotter", value: extra.total },
    { name: "unreadable", label: "mistakes in lines that cannot be read", value: unreadable.total },
    { name: "repeated", label: "lines that name a trade again", value: repeated },
    { name: "elsewhere", label: "compared with a row outside the window or source", value: elsewhere },
  ];
}

function listsOf({ unreadable, missing, different, extra }: BlotterFindings): ReportList[] {
  return [
    listOf(
      {
        name: "unreadableLines",
        label: "Lines that cannot be read",
        columns: ["line", "field", "value", "allowed"],
      },
      unreadable,
      ({ line, field, value, allowed }) => [String(line), field, value, allowed],
    ),
    listOf(
      { name: "missingTrades", label: "Missing", columns: ["line", "trade", "version", "what became of it"] },
      missing,
      (each) => [String(each.line), each.tradeId, String(each.version), fateText(each)],
    ),
    listOf(
      {
        name: "differentTrades",
        label: "Different",
        columns: ["line", "trade", "version", "event", "fields"],
      },
      different,
      (each) => [String(each.line), each.tradeId, String(each.version), each.event, fieldsText(each.fields)],
    ),
    listOf(
      { name: "extraTrades", label: "Extra", columns: ["trade", "version", "event", "accepted"] },
      extra,
      (each) => [each.tradeId, String(each.version), each.event, iso(each.timestamp)],
    ),
  ];
}

function reportOf(
  run: readonly Fact[],
  file: FileFacts,
  figures: readonly Fact[],
  lists: readonly ReportList[],
): Report {
  const facts: Fact[] = [
    { name: "file", label: "Blotter", value: file.name },
    { name: "fileFormat", label: "Format", value: file.format },
    { name: "fileSize", label: "Size in bytes", value: file.size },
    { name: "fileSha256", label: "SHA-256", value: file.sha256 },
    { name: "fileLines", label: "Lines", value: file.lines },
    {
      name: "ignoredColumns",
      label: "Columns not compared",
      value: file.ignoredColumns.join(", ") || "none",
    },
    {
      name: "displacedFields",
      label: "Fields not compared, as --map gives their name to another",
      value: file.displacedFields.join(", ") || "none",
    },
  ];
  return { title: "Blotter against recorded trades", facts: [...run, ...facts], figures, lists };
}

function linesOf<Each>(
  what: string,
  { listed, total }: Findings<Each>,
  line: (each: Each) => string,
): string[] {
  if (total === 0) return [];
  const more = total > listed.length ? [`  … and ${total - listed.length} more; --report has all`] : [];
  return [`${what}:`, ...listed.map((each) => `  ${line(each)}`), ...more];
}

function name({ tradeId, version }: { tradeId: string; version: number }): string {
  return `${tradeId} version ${version}`;
}

function fateText({ outcome, attempts }: MissingTrade): string {
  if (outcome === "none") return "neither row nor outcome";
  const why = attempts.map(({ event, outcome: each, reasons, error }) => {
    const because = [...reasons, ...(error === undefined ? [] : [error])].join(", ");
    return `event ${event} ${each}${because && ` (${because})`}`;
  });
  return `${outcome}: ${why.join("; ")}`;
}

function fieldsText(fields: readonly { field: string; blotter: string; recorded: string }[]): string {
  return fields
    .map(({ field, blotter, recorded }) => `${field} is ${blotter} in the blotter, ${recorded} in the row`)
    .join("; ");
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
