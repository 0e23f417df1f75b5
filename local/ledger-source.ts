import type { Outcome, RegionFigures, Witness } from "../ops/ledger/ledger.ts";
import type { Caller, Json } from "./cloud/service.ts";

/** Who reads: an operator's session. */
const READER = "arn:aws:iam::000000000000:role/operator";

/** Names that the ledger is read from; all come from the stack's outputs. */
export interface LedgerNames {
  tradesTable: string;
  outcomesTable: string;
  /** Where the tables are read. */
  homeRegion: string;
  sourceSystems: readonly string[];
  regions: Readonly<Record<string, RegionNames>>;
}

export interface RegionNames {
  busName: string;
  /** Rules that take trades, and the one that takes what they do not. */
  sourceRules: readonly string[];
  unmatchedRule: string;
  /** Rule of the default bus that hands trades on to the trades bus. */
  forwardingRule: string | undefined;
  /** URLs of the queues that rules' undelivered events go to. */
  deadLetterQueues: readonly string[];
}

export interface LedgerPorts {
  call: Caller;
  /** Sum of a metric since the start. */
  sum(region: string, namespace: string, metric: string, dimensions: Record<string, string>): number;
  openExecutions(region: string): number;
  pendingDeliveries(region: string): number;
}

/**
 * Figures of one region, from the metrics of its buses and rules, and what is open, counted. An event that was put on
 * the default bus counts once: as accepted there, as unmatched if it was not handed on, else as the trades bus has it.
 */
export function readFigures(region: string, names: RegionNames, ports: LedgerPorts): RegionFigures {
  const sum = (metric: string, bus: string, rule?: string) =>
    ports.sum(region, "AWS/Events", metric, {
      // Metrics of the default bus's rules have no dimension for the bus.
      ...(rule && bus === DEFAULT_BUS ? {} : { EventBusName: bus }),
      ...(rule ? { RuleName: rule } : {}),
    });
  const put = (bus: string) => sum("PutEventsEntriesCount", bus) - sum("PutEventsFailedEntriesCount", bus);
  const matched = (rule: string) => sum("MatchedEvents", names.busName, rule);
  const onDefaultBus = put(DEFAULT_BUS);
  const forwarded = names.forwardingRule ? sum("MatchedEvents", DEFAULT_BUS, names.forwardingRule) : 0;
  const onTradesBus = put(names.busName);
  const unmatched = matched(names.unmatchedRule);
  const taken = names.sourceRules.reduce((total, rule) => total + matched(rule), 0);
  // What was handed on and has not arrived on the trades bus is under way, or in the forwarding rule's queue.
  const arrived = unmatched + taken - onTradesBus;
  return {
    accepted: onTradesBus + onDefaultBus,
    unmatched: unmatched + (onDefaultBus - forwarded),
    matched: taken + (forwarded - arrived),
    inFlight: ports.openExecutions(region) + ports.pendingDeliveries(region),
  };
}

const DEFAULT_BUS = "default";

/** Everything that says what became of an event: rows, attempts' outcomes, and rules' dead letters. */
export async function readWitnesses(names: LedgerNames, ports: LedgerPorts): Promise<Witness[]> {
  const { homeRegion, tradesTable, outcomesTable } = names;
  const witnesses: Witness[] = [];
  for await (const row of scan(homeRegion, tradesTable, ["event"], ports.call))
    witnesses.push({ event: stringOf(row.event), outcome: "recorded" });
  for await (const row of scan(homeRegion, outcomesTable, ["event", "outcome"], ports.call))
    witnesses.push({ event: stringOf(row.event), outcome: stringOf(row.outcome) as Outcome });
  for (const [region, { deadLetterQueues }] of Object.entries(names.regions))
    for (const queueUrl of deadLetterQueues)
      for (const event of await peekEvents(region, queueUrl, ports.call))
        witnesses.push({ event, outcome: "deadLettered" });
  return witnesses;
}

type Item = Record<string, { S?: string } | undefined>;

function stringOf(attribute: { S?: string } | undefined): string {
  return attribute?.S ?? "";
}

async function* scan(
  region: string,
  table: string,
  attributes: readonly string[],
  call: Caller,
): AsyncGenerator<Item> {
  let start: unknown;
  do {
    const page: Json = await call(
      "dynamodb",
      "Scan",
      {
        TableName: table,
        ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(", "),
        ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
        ...(start ? { ExclusiveStartKey: start } : {}),
      },
      { region, principal: READER },
    );
    yield* page.Items as Item[];
    start = page.LastEvaluatedKey;
  } while (start);
}

interface Message {
  Body: string;
  ReceiptHandle: string;
}

/** Keys of the events in a queue, which stay in it: everything received is made visible again. */
async function peekEvents(region: string, QueueUrl: string, call: Caller): Promise<string[]> {
  const from = { region, principal: READER };
  const seen: Message[] = [];
  for (;;) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 };
    const page = (await call("sqs", "ReceiveMessage", input, from)).Messages as Message[] | undefined;
    if (!page || page.length === 0) break;
    seen.push(...page);
  }
  for (const { ReceiptHandle } of seen)
    await call("sqs", "ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }, from);
  return seen.map(({ Body }) => {
    const envelope = JSON.parse(Body) as { id: string; region: string };
    return `${envelope.region}#${envelope.id}`;
  });
}
