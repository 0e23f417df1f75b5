import { styleText } from "node:util";
import { table } from "../../ops/frame/terminal.ts";
import type { ResourceChange } from "./compare.ts";
import type { Cost } from "./cost.ts";
import {
  byServiceAndRegion,
  changeText,
  costRegions,
  dollars,
  isUnchanged,
  KINDS,
  lossText,
  resourceRegions,
  resourceText,
  signedDollars,
} from "./format.ts";
import type { PolicyReport } from "./policies.ts";
import type { Preview } from "./report.ts";
import type { TapeComparison } from "./tape-compare.ts";

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const STYLES = { replaced: "magenta", removed: "red", changed: "yellow", added: "green" } as const;
const SIGNS = { replaced: "+-", removed: "- ", changed: "~ ", added: "+ " } as const;

/** A preview for a person at a terminal, in colour if the stream is one. */
export function previewText(
  preview: Preview,
  { types, stream }: { types: boolean; stream: NodeJS.WriteStream },
): string {
  const paint: Paint = (style, text) => styleText(style, text, { stream });
  const { comparison, tape } = preview;
  return [
    ...resourceLines(preview, types, paint),
    ...policyLines(preview.policies, paint),
    ...costLines(preview.cost, paint),
    ...(comparison ? comparisonLines(preview, comparison, paint) : []),
    ...(tape ? tapeLines(tape, paint) : []),
  ].join("\n");
}

function resourceLines({ stack, resources }: Preview, types: boolean, paint: Paint): string[] {
  const regions = resourceRegions(resources);
  const rows = resources.components.map(({ component, regions: counts }) => [
    `  ${component}`,
    ...regions.map((region) => counts[region] ?? 0),
  ]);
  return [
    paint("bold", `Stack ${stack}: ${resources.total} resources`),
    ...table([["  component", ...regions], ...rows]),
    ...(types ? ["", ...table(Object.entries(resources.types).map(([type, n]) => [`  ${type}`, n]))] : []),
  ];
}

function policyLines(policies: readonly PolicyReport[], paint: Paint): string[] {
  const passed = policies.filter(({ violations }) => violations.length === 0);
  const lines = policies
    .filter(({ violations }) => violations.length > 0)
    .flatMap(({ name, remedy, violations }) => [
      paint("red", `  ${name}: ${violations.length} violated`),
      ...violations.map(({ resource, message, level }) => `    ${resource}: ${message} [${level}]`),
      `    remedy: ${remedy}`,
    ]);
  return [
    "",
    paint("bold", `Policies: ${passed.length} of ${policies.length} passed`),
    ...lines,
    ...(passed.length > 0 ? [`  passed: ${passed.map(({ name }) => name).join(", ")}`] : []),
  ];
}

function costLines(cost: Cost, paint: Paint): string[] {
  const regions = costRegions(cost.items);
  const services = [...new Set(byServiceAndRegion(cost).map(({ service }) => service))];
  const figures = byServiceAndRegion(cost);
  const rows = services.map((service) => {
    const each = regions.map(
      (region) => figures.find((f) => f.service === service && f.region === region)?.monthly ?? 0,
    );
    return [service, ...[...each, each.reduce((sum, one) => sum + one, 0)].map(dollars)];
  });
  return [
    "",
    paint(
      "bold",
      `Cost: $${dollars(cost.total)} a month at ${cost.volume.toLocaleString("en-US")} trades ($${dollars(cost.fixed)} fixed, $${dollars(cost.perTrade)} by trades)`,
    ),
    ...rightAligned([["service", ...regions, "all"], ...rows]),
    ...cost.unpriced.map((each) => paint("yellow", `  not counted: ${each}`)),
    "  assumptions:",
    ...cost.assumptions.map((each) => `    ${each}`),
  ];
}

/** The first column to the left, the others to the right. */
function rightAligned(rows: readonly string[][]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(
    (row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))).join("  ")}`,
  );
}

function comparisonLines(
  preview: Preview,
  comparison: NonNullable<Preview["comparison"]>,
  paint: Paint,
): string[] {
  const counts = KINDS.map((kind) => `${comparison[kind].length} ${kind}`).join(", ");
  const { before, after } = comparison.cost;
  return [
    "",
    paint("bold", `Compared with ${comparison.base}: ${isUnchanged(preview) ? "nothing changes" : counts}`),
    ...KINDS.flatMap((kind) => comparison[kind].flatMap((each) => resourceChange(kind, each, paint))),
    ...comparison.outputs.map((output) => `  output ${changeText(output)}`),
    `  cost: $${dollars(before)} → $${dollars(after)} a month (${signedDollars(after - before)})`,
  ];
}

function resourceChange(kind: (typeof KINDS)[number], resource: ResourceChange, paint: Paint): string[] {
  const loss = lossText(resource);
  return [
    paint(STYLES[kind], `  ${SIGNS[kind]} ${kind} ${resourceText(resource)}`),
    ...(loss ? [paint("red", `       ! ${loss}`)] : []),
    ...resource.properties.map((property) => `       ${changeText(property)}`),
  ];
}

function tapeLines({ lines, groups, changedOutcomes }: TapeComparison, paint: Paint): string[] {
  const title =
    groups.length === 0
      ? `Tape: no trade of ${lines} ends otherwise or is stored otherwise`
      : `Tape: ${changedOutcomes} of ${lines} trades end with another outcome`;
  return [
    "",
    paint("bold", title),
    ...groups.flatMap(({ kind, change, count, example }) => [
      paint(kind === "outcome" ? "red" : "yellow", `  ${count} × ${kind}: ${change}`),
      `       such as line ${example.line}: ${JSON.stringify(example.after.stored[0] ?? example.before.stored[0] ?? {}).slice(0, 300)}`,
    ]),
  ];
}
