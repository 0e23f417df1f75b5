import { printable } from "../../functions/domain/text.ts";
import { type Terminal, table } from "../../ops/frame/terminal.ts";
import { KINDS } from "./kinds.ts";
import type { DrillResult, Figures } from "./result.ts";

const UNTOLD = "–";

/** A drill as people read it: its timeline, its checks and its figures. */
export function showDrill(terminal: Terminal, drill: DrillResult): void {
  const { kind, seed, timeline, checks, holds } = drill;
  terminal.heading(`Drill ${kind}, seed ${seed}`);
  for (const line of timeline) terminal.line(`  ${printable(line)}`);
  terminal.line();
  for (const { name, holds: isMet, problems } of checks) {
    terminal.line(`  ${isMet ? terminal.style("green", "✓") : terminal.style("red", "✗")} ${name}`);
    for (const problem of problems) terminal.line(`      ${printable(problem)}`);
  }
  terminal.line();
  for (const [name, value] of figureLines(drill.figures)) terminal.line(`  ${name}: ${value}`);
  if (!holds) terminal.line(`  again: ${repeatCommand(drill)}`);
}

/** The command that repeats a drill. */
export function repeatCommand({ kind, seed }: Pick<DrillResult, "kind" | "seed">): string {
  return `npm run ops -- failover drill --local --kind ${kind} --seed ${seed}`;
}

/** A line a kind: how many drills, how many held, and the figures' ranges. */
export function summary(drills: readonly DrillResult[]): string[] {
  const rows = KINDS.flatMap((kind) => {
    const of = drills.filter((drill) => drill.kind === kind);
    if (of.length === 0) return [];
    const range = (figure: (figures: Figures) => number | undefined) =>
      rangeOf(of.map(({ figures }) => figure(figures)));
    return [
      [
        ...[kind, of.length, of.filter(({ holds }) => !holds).length],
        of.reduce((sum, { figures }) => sum + figures.events, 0),
        range(({ detectionSeconds }) => detectionSeconds),
        range(({ failoverSeconds }) => failoverSeconds),
        range(({ returnSeconds }) => returnSeconds),
        range(({ recoveryPointWrites }) => recoveryPointWrites),
        range(({ largestBacklog }) => largestBacklog),
        range(({ redriven }) => redriven),
        range(({ differences }) => differences),
      ],
    ];
  });
  const heads = ["kind", "drills", "failed", "events", "detected s", "failover s", "return s"];
  return table([[...heads, "not replicated", "backlog", "redriven", "reconciled"], ...rows]);
}

function figureLines(figures: Figures): [string, string | number][] {
  const seconds = (value: number | undefined) => (value === undefined ? UNTOLD : `${value} s`);
  return [
    ["events accepted", figures.events],
    ["detected after", seconds(figures.detectionSeconds)],
    ["failed over after", seconds(figures.failoverSeconds)],
    ["returned after", seconds(figures.returnSeconds)],
    ["writes not replicated when the failure began", figures.recoveryPointWrites],
    ["largest replication backlog", `${figures.largestBacklog} writes`],
  ];
}

function rangeOf(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return UNTOLD;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return least === most ? String(least) : `${least}–${most}`;
}
