import { printable } from "../functions/domain/text.ts";
import { type Terminal, table } from "../ops/frame/terminal.ts";
import type { Ledger, RegionLedger } from "../ops/ledger/ledger.ts";
import { OPERATOR } from "./cloud/cloud.ts";
import type { EvaluatedResource } from "./program/provider.ts";
import { RESOURCE_TYPES } from "./providers/resource-provider.ts";
import type { DeployedSystem, LocalSystem } from "./system.ts";

/** What was deployed, by component. */
export function showDeployment(terminal: Terminal, system: DeployedSystem, seconds: number): void {
  const { resources } = system.deployment;
  const counts = new Map<string, number>();
  for (const resource of resources.filter(({ custom }) => custom)) {
    const component = componentOf(resource, resources);
    counts.set(component, (counts.get(component) ?? 0) + 1);
  }
  const rows = [...counts].map(([component, count]) => [component, count] as const);
  for (const line of table(rows)) terminal.line(`  ${line}`);
  const custom = resources.filter((resource) => resource.custom);
  const inert = custom.filter(({ type }) => RESOURCE_TYPES[type]?.inert).length;
  terminal.line(
    `  ${custom.length} resources in ${seconds.toFixed(1)} s; ${inert} of them have no behaviour here (docs/local-cloud.md)`,
  );
}

/** The path of a resource's components below the stack, two levels deep. */
function componentOf(resource: EvaluatedResource, all: readonly EvaluatedResource[]): string {
  const path: string[] = [];
  let parent = all.find(({ urn }) => urn === resource.parent);
  while (parent && parent.type !== "pulumi:pulumi:Stack") {
    path.unshift(parent.name);
    const { parent: above } = parent;
    parent = all.find(({ urn }) => urn === above);
  }
  return path.slice(0, 2).join(" / ") || "stack";
}

const LEDGER_ROWS: readonly (keyof RegionLedger)[] = [
  "accepted",
  "unmatched",
  "matched",
  "recorded",
  "duplicate",
  "rejected",
  "deadLettered",
  "inFlight",
];
/** Shown only where there are any. */
const ROWS_OF_SOME = ["repeated", "lost"] as const;

/** The ledger as a table with a column a region, and whether it balances. */
export function showLedger(terminal: Terminal, ledger: Ledger): void {
  terminal.heading("Ledger");
  const regions = Object.keys(ledger.regions);
  const rows = [
    ["", "all", ...regions],
    ["sent", ledger.sent],
    ["refused", ledger.refused],
    ...[...LEDGER_ROWS, ...ROWS_OF_SOME.filter((row) => ledger[row] > 0)].map((row) => [
      row,
      ledger[row],
      ...regions.map((name) => ledger.regions[name]?.[row] ?? 0),
    ]),
  ];
  for (const line of table(rows)) terminal.line(`  ${line}`);
  const verdict = ledger.balanced
    ? terminal.style("green", "balanced: every event is accounted for")
    : terminal.style("red", "NOT balanced");
  terminal.line(`  ${verdict}`);
  terminal.line(`  ${ledger.seconds.toFixed(1)} s, ${ledger.tradesPerSecond} trades/s`);
}

/** Three trades as they are stored, one a source system. */
export async function showTrades(terminal: Terminal, system: LocalSystem): Promise<void> {
  const { names, services } = system;
  const shown: unknown[] = [];
  for (const sourceSystem of names.sourceSystems.slice(0, 3)) {
    const { Items } = await services.cloud.surroundings.call(
      "dynamodb",
      "Query",
      {
        TableName: names.tradesTable,
        IndexName: "SourceSystemIndex",
        KeyConditionExpression: "sourceSystem = :source",
        ExpressionAttributeValues: { ":source": { S: sourceSystem } },
        Limit: 1,
      },
      { region: names.homeRegion, principal: OPERATOR },
    );
    shown.push(...(Items as unknown[]));
  }
  if (shown.length === 0) return;
  terminal.heading(`${shown.length} trades as stored in ${names.tradesTable}`);
  for (const item of shown) {
    const attributes = Object.entries(item as Record<string, Record<string, unknown>>)
      .map(([name, value]) => [name, printable(String(Object.values(value)[0]))] as const)
      .sort(([a], [b]) => a.localeCompare(b));
    for (const line of table(attributes)) terminal.line(`  ${line}`);
    terminal.line();
  }
}

/** What to do now that it runs. */
export function showNext(terminal: Terminal, system: LocalSystem): void {
  const { url } = system.services.endpoint;
  terminal.heading("Running until Ctrl-C. Next:");
  terminal.line("  Any AWS client can talk to it:");
  terminal.line(
    `    export AWS_ENDPOINT_URL=${url} AWS_REGION=${system.names.homeRegion} AWS_DEFAULT_REGION=${system.names.homeRegion}`,
  );
  terminal.line("    export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
  terminal.line(
    "  Commands to try:       docs/operator-commands.md (version 1 of the AWS CLI needs --endpoint-url for SQS)",
  );
  terminal.line("  Make something fail:   npm run local -- faults add throttle --service dynamodb --times 5");
  terminal.line("  The stack's outputs:   npm run local -- outputs");
  terminal.line("  Real exchange prints:  npm start -- --trades local/tapes/kraken.jsonl --exit");
  terminal.line("  Your own tape:         npm start -- --trades FILE --exit --json");
}
