import * as z from "zod";
import type { LedgerNames } from "./ledger-source.ts";
import type { Properties } from "./program/wire.ts";

const Region = z.object({
  eventBusName: z.string(),
  parameterNames: z.object({ apiEndpoint: z.string() }),
  deadLetterQueueUrls: z.record(z.string(), z.string()),
  rejectsQueueUrl: z.string(),
  routingDeadLetterQueueUrl: z.string(),
  forwardingDeadLetterQueueUrl: z.optional(z.string()),
  ruleNames: z.object({
    sources: z.array(z.string()),
    unmatched: z.string(),
    forwarding: z.optional(z.string()),
  }),
});

const Outputs = z.object({
  TradeTableName: z.string(),
  OutcomesTableName: z.string(),
  PrimaryRegion: z.string(),
  Sources: z.array(z.object({ name: z.string(), source: z.string() })),
  regions: z.record(z.string(), Region),
});

/** Name of the parameter that holds the market data API's address, by region. */
export function apiEndpointParameters(outputs: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parse(outputs).regions).map(([region, each]) => [region, each.parameterNames.apiEndpoint]),
  );
}

/** What a stack's outputs say about where its ledger is read. Throws naming every output that is missing. */
export function ledgerNames(outputs: Properties): LedgerNames {
  const { TradeTableName, OutcomesTableName, PrimaryRegion, Sources, regions } = parse(outputs);
  return {
    tradesTable: TradeTableName,
    outcomesTable: OutcomesTableName,
    homeRegion: PrimaryRegion,
    sourceSystems: Sources.map(({ name }) => name),
    regions: Object.fromEntries(
      Object.entries(regions).map(([region, each]) => [
        region,
        {
          busName: each.eventBusName,
          sourceRules: each.ruleNames.sources,
          unmatchedRule: each.ruleNames.unmatched,
          forwardingRule: each.ruleNames.forwarding,
          queues: [
            each.routingDeadLetterQueueUrl,
            each.rejectsQueueUrl,
            ...Object.values(each.deadLetterQueueUrls),
          ],
          forwardingQueue: each.forwardingDeadLetterQueueUrl,
        },
      ]),
    ),
  };
}

function parse(outputs: Properties): z.infer<typeof Outputs> {
  const parsed = Outputs.safeParse(outputs);
  if (!parsed.success) throw new Error(`stack outputs: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
