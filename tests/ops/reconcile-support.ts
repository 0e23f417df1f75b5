import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { contentHash } from "../../functions/domain/canonical.ts";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { LocalSystem } from "../../local/system.ts";
import type { Confirmation } from "../../ops/frame/confirmation.ts";
import type { Result } from "../../ops/frame/operator-command.ts";
import { reconcileCommand } from "../../ops/reconcile/command.ts";
import { type RunOptions, runCommand } from "./run-command.ts";

export const REGIONS = ["us-east-1", "eu-west-1"] as const;
export type Item = Record<string, AttributeValue>;

/** A row as the recorder writes it, written long ago. */
export function row(change: Record<string, string> = {}, detail: Record<string, unknown> = {}): Item {
  const { tradeId = "R-1", version = "1", event = "us-east-1#e1", timestamp = "1000", ...rest } = change;
  const content = JSON.stringify({ action: "NEW", amount: "100", currency: "USD", ...detail, tradeId });
  const texts = {
    ...{ action: "NEW", amount: "100", currency: "USD", sourceSystem: "system1", enrichment: "complete" },
    ...{ content, contentHash: contentHash(content), recordedAt: "2026-01-01T00:00:00.000Z" },
    ...{ execution: "arn:e1", eventId: event.split("#")[1] ?? "", region: event.split("#")[0] ?? "" },
    ...rest,
  };
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }])),
    ...{ tradeId: { S: tradeId }, version: { N: version }, event: { S: event }, timestamp: { N: timestamp } },
  };
}

/** An attempt's outcome, written long ago. */
export function attempt(change: Record<string, string> = {}): Item {
  const texts = {
    ...{ event: "us-east-1#o1", attempt: "arn:a1", outcome: "rejected", stage: "validation" },
    ...{ source: "trading.system1", timestamp: "2026-01-01T00:00:00.000Z", reasons: "[]", reasonCount: "0" },
    ...change,
  };
  return Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }]));
}

/** Puts an item into one region's table. */
export async function put(system: LocalSystem, table: "trades" | "outcomes", region: string, Item: Item) {
  const TableName = table === "trades" ? system.names.tradesTable : system.names.outcomesTable;
  const from = { region, principal: OPERATOR };
  await system.services.cloud.surroundings.call("dynamodb", "PutItem", { TableName, Item }, from);
}

/** Adapts a command's clients so that something happens before each row is put, given the row's trade. */
export function beforeEachPut(happens: (tradeId: string) => Promise<void>): NonNullable<RunOptions["adapt"]> {
  return (clients) => {
    for (const region of REGIONS)
      clients.dynamodb(region).middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const { Item } = args.input as { Item?: Item };
            if (commandName === "PutItemCommand") await happens(Item?.tradeId?.S ?? "");
            return next(args);
          },
        { step: "initialize" },
      );
  };
}

export interface Ran extends Result {
  readonly printed: string;
  readonly answer: Record<string, unknown> & { readonly figures: Record<string, number> };
}

/** Carries out the command in this process, over HTTP. */
export async function reconcile(
  system: LocalSystem,
  options: Record<string, string> = {},
  confirmation: Confirmation = { isTerminal: false, ask: () => Promise.reject(new Error("asked")) },
  how: RunOptions = {},
): Promise<Ran> {
  const result = await runCommand(system, reconcileCommand(confirmation), options, how);
  return { ...result, answer: result.json as Ran["answer"] };
}
