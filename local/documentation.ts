import type { Service } from "./cloud/service.ts";
import type { ResourceTypes } from "./providers/resource-type.ts";

/** What the tables of `docs/local-cloud.md` are made from. */
export interface Documented {
  resourceTypes: ResourceTypes;
  /** Remote components that are carried out. */
  components: readonly string[];
  services: ReadonlyMap<string, Pick<Service, "operations">>;
}

/** Generated tables by the name that their markers have. */
export type Tables = Readonly<Record<string, string>>;

/** Every Pulumi resource type by name: carried out, or why it has no behaviour. */
function resourceTable({ resourceTypes, components }: Documented): string {
  const rows: [string, string][] = [
    ...Object.entries(resourceTypes).map(([type, { inert, except }]): [string, string] => [
      type,
      inert === undefined ? `carried out${except ? `: ${except}` : ""}` : `no behaviour: ${inert}`,
    ]),
    ...components.map((type): [string, string] => [type, "carried out: its children are registered"]),
    ["pulumi-nodejs:dynamic/…", "carried out: its own provider's check and create"],
  ];
  return table(
    ["resource type", "in the local cloud"],
    rows.sort(byName).map(([type, effect]) => [`\`${type}\``, effect]),
  );
}

/** The operations of every service by name. */
function operationTable({ services }: Documented): string {
  const rows = [...services].map(([name, { operations }]): [string, string] => [
    `\`${name}\``,
    Object.keys(operations).sort().join(", "),
  ]);
  return table(["service", "operations"], rows.sort(byName));
}

/** The tables as Markdown, from the code that carries things out. */
export function documentationTables(documented: Documented): Tables {
  return { "resource types": resourceTable(documented), operations: operationTable(documented) };
}

/**
 * The document with every table between its markers, `<!-- generated: NAME -->` and `<!-- end of NAME -->`, which
 * stay. Throws naming a table whose markers are missing or out of order.
 */
export function withTables(document: string, tables: Tables): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`The document must have "${begin}" and, after it, "${end}"`);
    return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
  }, document);
}

function byName([one]: readonly string[], [other]: readonly string[]): number {
  return (one ?? "") < (other ?? "") ? -1 : 1;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
