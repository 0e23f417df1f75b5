import type { ResourceChange } from "./compare.ts";
import {
  byServiceAndRegion,
  changeText,
  dollars,
  isUnchanged,
  KINDS,
  lossText,
  resourceRegions,
  resourceText,
  signedDollars,
} from "./format.ts";
import type { Preview } from "./report.ts";

/**
 * Bound of what is written, in UTF-8 bytes: GitHub refuses comments above 65,536 characters, and both stacks of this
 * project shall fit into one.
 */
export const MAXIMUM_MARKDOWN_BYTES = 30_000;

interface Section {
  title: string;
  lines: string[];
  /** Folded away. */
  isFolded?: boolean;
}

/** A preview for a pull request's comment. Where it would be too long, the longest sections are cut, with a note. */
export function previewMarkdown(preview: Preview, { types }: { types: boolean }): string {
  const sections = [
    ...(preview.comparison ? comparisonSections(preview, preview.comparison) : []),
    ...tapeSections(preview),
    policySection(preview),
    costSection(preview),
    ...resourceSections(preview, types),
  ];
  cut(sections, MAXIMUM_MARKDOWN_BYTES);
  return [`### Stack \`${preview.stack}\``, ...sections.map(written)].join("\n\n");
}

function written({ title, lines, isFolded }: Section): string {
  const content = lines.join("\n");
  if (!isFolded) return [title, content].filter(Boolean).join("\n\n");
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

/** Takes lines from the end of whatever section is the longest, until all fit. */
function cut(sections: readonly Section[], bytes: number): void {
  const dropped = new Map<Section, number>();
  const size = (section: Section) => Buffer.byteLength(written(section)) + 80;
  let total = sections.reduce((sum, section) => sum + size(section), 100);
  while (total > bytes) {
    const longest = sections.reduce((a, b) => (size(a) >= size(b) ? a : b));
    const before = size(longest);
    const count = Math.max(1, Math.floor(longest.lines.length / 20));
    const gone = longest.lines.splice(-count, count).length;
    if (gone === 0) return;
    dropped.set(longest, (dropped.get(longest) ?? 0) + gone);
    total -= before - size(longest);
  }
  for (const [section, lines] of dropped)
    section.lines.push("", `_… and ${lines} more lines; \`npm run preview\` shows them all_`);
}

function comparisonSections(preview: Preview, comparison: NonNullable<Preview["comparison"]>): Section[] {
  const counts = KINDS.map((kind) => `${comparison[kind].length} ${kind}`).join(", ");
  const { before, after } = comparison.cost;
  const cost = `Cost: $${dollars(before)} → **$${dollars(after)}** a month (${signedDollars(after - before)}).`;
  const title = isUnchanged(preview)
    ? `Compared with ${code(comparison.base)}, nothing changes. ${cost}`
    : `Compared with ${code(comparison.base)}: **${counts}**, ${comparison.outputs.length} outputs changed. ${cost}`;
  const losses = [...comparison.replaced, ...comparison.removed].filter((each) => lossText(each) !== "");
  return [
    {
      title,
      lines: losses.map((each) => `- :warning: ${code(resourceText(each))} ${text(lossText(each))}`),
    },
    ...KINDS.filter((kind) => comparison[kind].length > 0).map((kind) => ({
      title: `${comparison[kind].length} ${kind}`,
      lines: comparison[kind].flatMap(changeLines),
      isFolded: kind !== "replaced",
    })),
    ...(comparison.outputs.length > 0
      ? [
          {
            title: `${comparison.outputs.length} outputs changed`,
            lines: comparison.outputs.map((output) => `- ${code(changeText(output))}`),
            isFolded: true,
          },
        ]
      : []),
  ];
}

function changeLines(resource: ResourceChange): string[] {
  return [
    `- ${code(resourceText(resource))}`,
    ...resource.properties.map((property) => `  - ${code(changeText(property))}`),
  ];
}

function tapeSections({ tape }: Preview): Section[] {
  if (!tape) return [];
  const { groups, lines, changedOutcomes } = tape;
  if (groups.length === 0)
    return [{ title: `No trade of the tape's ${lines} ends otherwise or is stored otherwise.`, lines: [] }];
  const rows = groups.map(
    ({ kind, change, count, example }) => `| ${count} | ${kind} | ${cell(change)} | ${example.line} |`,
  );
  return [
    {
      title: `**${changedOutcomes} of ${lines} trades of the tape end with another outcome.**`,
      lines: ["| trades | what | change | such as line |", "|--:|---|---|--:|", ...rows],
    },
  ];
}

function policySection({ policies }: Preview): Section {
  const violated = policies.filter(({ violations }) => violations.length > 0);
  return {
    title: `Policies: ${policies.length - violated.length} of ${policies.length} passed.`,
    lines: violated.flatMap(({ name, remedy, violations }) => [
      `- :x: ${code(name)}: ${text(remedy)}`,
      ...violations.map(
        ({ resource, message, level }) => `  - ${code(resource)}: ${text(message)} (${level})`,
      ),
    ]),
  };
}

function costSection({ cost }: Preview): Section {
  const rows = byServiceAndRegion(cost).map(
    ({ service, region, monthly }) => `| ${service} | ${region} | ${dollars(monthly)} |`,
  );
  return {
    title: `$${dollars(cost.total)} a month at ${cost.volume.toLocaleString("en-US")} trades ($${dollars(cost.fixed)} fixed)`,
    lines: [
      ...["| service | region | $ a month |", "|---|---|--:|", ...rows, ""],
      ...cost.unpriced.map((each) => `- not counted: ${text(each)}`),
      ...cost.assumptions.map((each) => `- ${text(each)}`),
    ],
    isFolded: true,
  };
}

function resourceSections({ resources }: Preview, types: boolean): Section[] {
  const regions = resourceRegions(resources);
  const rows = resources.components.map(
    ({ component, regions: counts }) =>
      `| ${component} | ${regions.map((region) => counts[region] ?? 0).join(" | ")} |`,
  );
  const counted: Section = {
    title: `${resources.total} resources`,
    lines: [`| component | ${regions.join(" | ")} |`, `|---|${regions.map(() => "--:|").join("")}`, ...rows],
    isFolded: true,
  };
  if (!types) return [counted];
  const lines = Object.entries(resources.types).map(([type, count]) => `| ${code(type)} | ${count} |`);
  return [
    counted,
    { title: "by type", lines: ["| type | resources |", "|---|--:|", ...lines], isFolded: true },
  ];
}

/** Text as code, which cannot end early. */
function code(content: string): string {
  return `\`${content.replaceAll("`", "'")}\``;
}

/** Text in which nothing is Markdown, HTML or a mention. */
function text(content: string): string {
  return content
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/([\\`*_{}[\]|~])/g, "\\$1")
    .replaceAll("@", "@\u200b");
}

function cell(content: string): string {
  return text(content);
}
