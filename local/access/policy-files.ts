import type { PeoplesPermission } from "../../components/people/permission.ts";
import type { PolicyDocument } from "../../components/policy-document.ts";

/** How a table of permissions is written in Markdown. */
export interface Explanation<Name, Permission> {
  /** What stands before the tables. */
  readonly introduction: string;
  readonly heads: readonly string[];
  /** A permission's cells, as many as there are heads. */
  readonly cells: (permission: Permission) => readonly string[];
  /** What stands before a document's table. Default: nothing. */
  readonly before?: (document: Name) => string;
}

/** Policy documents and the file of tables that explains them, as files' contents by name. */
export function policyFiles<Name extends string, Permission extends PeoplesPermission<Name>>(
  tables: string,
  documents: Readonly<Record<Name, PolicyDocument>>,
  permissions: readonly Permission[],
  { introduction, heads, cells, before }: Explanation<Name, Permission>,
): Record<string, string> {
  const names = Object.keys(documents) as Name[];
  const row = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const sections = names.map((name) =>
    [
      `\n## [${name}-policy.json](${name}-policy.json)\n`,
      ...(before ? [`${before(name)}\n`] : []),
      row(heads),
      `|${heads.map(() => "---|").join("")}`,
      ...permissions.filter(({ document }) => document === name).map((each) => row(cells(each))),
      "",
    ].join("\n"),
  );
  return {
    ...Object.fromEntries(
      names.map((name) => [`${name}-policy.json`, `${JSON.stringify(documents[name], null, 2)}\n`]),
    ),
    [tables]: `${introduction}${sections.join("")}`,
  };
}

/** Actions as a cell. */
export function listed(actions: readonly string[]): string {
  return actions.map((action) => `\`${action}\``).join(" ");
}
