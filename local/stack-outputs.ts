import { parseOutputs } from "../ops/frame/outputs.ts";
import type { LedgerNames } from "./ledger-source.ts";
import type { Properties } from "./program/wire.ts";

/** Name of the parameter that holds the market data API's address, by region. */
export function apiEndpointParameters(outputs: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parseOutputs(outputs).regions).map(([region, each]) => [
      region,
      each.parameterNames.apiEndpoint,
    ]),
  );
}

/** What a stack's outputs say about where its ledger is read. Throws naming every output that is missing. */
export function ledgerNames(outputs: Properties): LedgerNames {
  const { TradeTableName, OutcomesTableName, PrimaryRegion, Sources, regions } = parseOutputs(outputs);
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
          heartbeatRule: each.ruleNames.heartbeat,
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
