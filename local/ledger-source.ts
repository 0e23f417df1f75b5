import { isHeartbeat } from "../functions/domain/heartbeat.ts";
import type { RegionFigures, Witness } from "../ops/ledger/ledger.ts";
import { witnessOf } from "../ops/ledger/witness.ts";
import { OPERATOR } from "./cloud/cloud.ts";
import { isJson } from "./cloud/input.ts";
import type { Caller, Json } from "./cloud/service.ts";

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
  /** Rule that takes heartbeats, which are no trades and in no figure. */
  heartbeatRule?: string | undefined;
  /** Rule of the default bus that hands trades on to the trades bus. */
  forwardingRule: string | undefined;
  /** URLs of the queues that hold what ended otherwise than recorded or duplicate. */
  queues: readonly string[];
  /** URL of the queue for what could not be handed on from the default bus. */
  forwardingQueue: string | undefined;
}

export interface LedgerPorts {
  call: Caller;
  /** Sum of a metric since the start. */
  sum(region: string, namespace: string, metric: string, dimensions: Record<string, string>): number;
  /** Inputs of open executions. */
  openInputs(region: string): string[];
  /** Events that a bus has accepted. */
  acceptedEvents(region: string, bus: string): number;
  /** Events that came to a bus from another one, each counted once. */
  forwardedEvents(region: string, bus: string): number;
  /** Events of a bus by the rules that took them, each counted once, however often it is replayed. */
  takenEvents(region: string, bus: string): readonly { rules: readonly string[]; events: number }[];
  /** Deliveries under way, by event and rule. */
  openDeliveries(region: string): { event: string; rule: string }[];
}

const DEFAULT_BUS = "default";

/** What the ledger is put together from. Figures are taken at one moment, before the witnesses are read. */
export async function readLedgerSources(
  names: LedgerNames,
  ports: LedgerPorts,
): Promise<{ figures: Record<string, RegionFigures>; witnesses: Witness[] }> {
  const regions = Object.entries(names.regions);
  const figures = Object.fromEntries(
    regions.map(([region, each]) => [region, readFigures(region, each, ports)]),
  );
  return { figures, witnesses: await readWitnesses(names, ports.call) };
}

/** The witnesses of outcomes in tables and queues. */
export async function readWitnesses(names: LedgerNames, call: Caller): Promise<Witness[]> {
  const witnesses = await readTables(names, call);
  for (const [region, { queues, forwardingQueue, unmatchedRule }] of Object.entries(names.regions))
    for (const queueUrl of forwardingQueue ? [forwardingQueue, ...queues] : queues) {
      const messages = await peek(region, queueUrl, call);
      witnesses.push(...messages.flatMap((message) => witnessOf(message, unmatchedRule) ?? []));
    }
  return witnesses;
}

/**
 * Figures of one region: what its buses have counted, and what is open. An event that was put on the default bus counts
 * once: as unmatched if no rule hands it on, else as the trades bus has it, and as matched before it arrives there. A
 * replayed event stays the one that it was, also where its replay is what a source rule takes first.
 */
function readFigures(region: string, names: RegionNames, ports: LedgerPorts): RegionFigures {
  const { busName, sourceRules, unmatchedRule, heartbeatRule, forwardingRule } = names;
  const put = (bus: string) => ports.acceptedEvents(region, bus);
  const count = (bus: string, isCounted: (rules: readonly string[]) => boolean) =>
    ports
      .takenEvents(region, bus)
      .reduce((sum, { rules, events }) => sum + (isCounted(rules) ? events : 0), 0);
  const isSource = (rules: readonly string[]) => rules.some((rule) => sourceRules.includes(rule));
  const forwarded = forwardingRule ? count(DEFAULT_BUS, (rules) => rules.includes(forwardingRule)) : 0;
  const taken = count(busName, isSource);
  const ofRule = (metric: string, rule: string) =>
    ports.sum(region, "AWS/Events", metric, {
      RuleName: rule,
      // Metrics of the default bus's rules have no dimension for the bus.
      ...(rule === forwardingRule ? {} : { EventBusName: busName }),
    });
  const total = (metric: string, rules: readonly string[]) =>
    rules.reduce((sum, rule) => sum + ofRule(metric, rule), 0);
  const rules = [...sourceRules, unmatchedRule, ...(forwardingRule ? [forwardingRule] : [])];
  return {
    accepted:
      put(busName) -
      count(busName, (by) => heartbeatRule !== undefined && by.includes(heartbeatRule)) +
      put(DEFAULT_BUS),
    unmatched:
      count(busName, (by) => by.includes(unmatchedRule) && !isSource(by)) + put(DEFAULT_BUS) - forwarded,
    matched: taken + forwarded - ports.forwardedEvents(region, busName),
    repeated: total("MatchedEvents", sourceRules) - taken,
    lost: total("InvocationsFailedToBeSentToDlq", rules),
    open: [
      ...ports.openInputs(region).flatMap((input) => eventOf(input) ?? []),
      ...ports
        .openDeliveries(region)
        .filter(({ rule }) => rule !== unmatchedRule && rule !== heartbeatRule)
        .map(({ event }) => event),
    ],
  };
}

/** The event that an execution was started with, unless it is a heartbeat. */
function eventOf(input: string): string | undefined {
  const envelope: unknown = JSON.parse(input);
  if (!isJson(envelope) || isHeartbeat(envelope)) return undefined;
  const { id, region } = envelope;
  return typeof id === "string" && typeof region === "string" ? `${region}#${id}` : undefined;
}

async function readTables(names: LedgerNames, call: Caller): Promise<Witness[]> {
  const { homeRegion, tradesTable, outcomesTable } = names;
  const witnesses: Witness[] = [];
  for await (const row of scan(homeRegion, tradesTable, ["event"], call))
    witnesses.push({ event: row.event?.S ?? "", outcome: "recorded" });
  for await (const { event, outcome } of scan(homeRegion, outcomesTable, ["event", "outcome"], call))
    witnesses.push({ event: event?.S ?? "", outcome: outcome?.S as Witness["outcome"] });
  return witnesses;
}

type Item = Record<string, { S?: string } | undefined>;

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
      { region, principal: OPERATOR },
    );
    yield* page.Items as Item[];
    start = page.LastEvaluatedKey;
  } while (start);
}

interface Message {
  Body: string;
  ReceiptHandle: string;
  MessageAttributes?: Record<string, { StringValue?: string }>;
}

/** Every message of a queue, which stays in it: what was received is made visible again. */
async function peek(region: string, QueueUrl: string, call: Caller): Promise<Message[]> {
  const from = { region, principal: OPERATOR };
  const seen: Message[] = [];
  const input = {
    QueueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 60,
    MessageAttributeNames: ["RULE_ARN"],
  };
  try {
    for (;;) {
      const page = (await call("sqs", "ReceiveMessage", input, from)).Messages as Message[] | undefined;
      if (!page || page.length === 0) return seen;
      seen.push(...page);
    }
  } finally {
    for (const { ReceiptHandle } of seen)
      await call("sqs", "ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }, from);
  }
}
