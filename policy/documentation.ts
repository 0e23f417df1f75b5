import { isStackRule, type Rule } from "./rules/rule.ts";

/** The rules as a Markdown table, for `docs/policies.md`. */
export function ruleTable(rules: readonly Rule[]): string {
  const rows = rules.map((rule) => {
    const settings = Object.entries(rule.settings ?? {}).map(
      ([name, { description, default: value }]) =>
        `\`${name}\` (default ${JSON.stringify(value)}): ${description}`,
    );
    const judged = isStackRule(rule) ? "stack" : "resource";
    return `| \`${rule.name}\` | ${rule.description} | ${rule.severity} | ${judged} | ${rule.remediation} | ${settings.join("; ")} |`;
  });
  const head = ["rule", "what it holds", "severity", "judges", "remedy", "settings"];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...rows].join("\n");
}
