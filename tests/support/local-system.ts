import { itemsOf, type StoredItem } from "../../local/chaos/items.ts";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import {
  type DeployedSystem,
  type LocalSystem,
  type LocalSystemOptions,
  type Run,
  runTape,
  startSystem,
} from "../../local/system.ts";

type Plain = Record<string, string | boolean>;

/** A system on any free port. Close it. */
export function startTestSystem(options: Partial<LocalSystemOptions> = {}): Promise<DeployedSystem> {
  return startSystem({ stack: "dev", ...options });
}

let count = 0;

/** A valid trade's detail with an id of its own. */
export function tradeDetail(change: Record<string, unknown> = {}): Record<string, unknown> {
  count += 1;
  return { tradeId: `TEST-${count}`, amount: "1000.50", currency: "USD", sourceSystem: "system1", ...change };
}

/** A tape's line for a detail. */
export function tapeLine(detail: Record<string, unknown>, change: Record<string, unknown> = {}): string {
  return JSON.stringify({ Source: "trading.system1", DetailType: "Trade Event", Detail: detail, ...change });
}

/** Sends details as events of system1, all at once, and waits until nothing is in flight. */
export function process(system: LocalSystem, ...details: Record<string, unknown>[]): Promise<Run> {
  return runTape(
    system,
    details.map((detail) => tapeLine(detail)),
    { outstanding: Number.POSITIVE_INFINITY },
  );
}

function plain(item: StoredItem): Plain {
  return Object.fromEntries(
    Object.entries(item).map(([name, { S, N, BOOL } = {}]) => [name, S ?? N ?? BOOL ?? ""]),
  );
}

async function scan(system: LocalSystem, table: string, region: string): Promise<Plain[]> {
  const items: Plain[] = [];
  for await (const item of itemsOf(system, region, table)) items.push(plain(item));
  return items;
}

/** Rows of the trades table, of one trade or of all. */
export async function rows(
  system: LocalSystem,
  tradeId?: unknown,
  region = system.names.homeRegion,
): Promise<Plain[]> {
  const all = await scan(system, system.names.tradesTable, region);
  return all.filter((row) => tradeId === undefined || row.tradeId === tradeId);
}

/** Outcomes other than recorded, of one trade or of all. */
export async function outcomes(
  system: LocalSystem,
  tradeId?: unknown,
  region = system.names.homeRegion,
): Promise<Plain[]> {
  const all = await scan(system, system.names.outcomesTable, region);
  return all.filter(
    (each) =>
      tradeId === undefined || each.tradeId === tradeId || String(each.envelope).includes(`"${tradeId}"`),
  );
}

export interface Message {
  body: Record<string, unknown>;
  text: string;
  attributes: Record<string, string>;
}

/** Takes every message out of a queue. */
export async function takeMessages(
  system: LocalSystem,
  queueName: string,
  region = system.names.homeRegion,
): Promise<Message[]> {
  const { call } = system.services.cloud.surroundings;
  const from = { region, principal: OPERATOR };
  const QueueUrl = `https://sqs.${region}.amazonaws.com/000000000000/${queueName}`;
  const messages: Message[] = [];
  for (;;) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] };
    const received = (await call("sqs", "ReceiveMessage", input, from)).Messages as
      | {
          Body: string;
          ReceiptHandle: string;
          MessageAttributes?: Record<string, { StringValue: string }>;
        }[]
      | undefined;
    if (!received || received.length === 0) return messages;
    for (const { Body, ReceiptHandle, MessageAttributes } of received) {
      messages.push({
        body: JSON.parse(Body),
        text: Body,
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
        ),
      });
      await call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle }, from);
    }
  }
}
