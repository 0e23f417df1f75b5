import { setTimeout } from "node:timers/promises";
import type { Json } from "../../local/cloud/service.ts";
import { drain } from "../../local/system.ts";
import { outcomes, rows, takeMessages, tradeDetail } from "../support/local-system.ts";
import { BUS, type PermissionBench, type Probe, REGION } from "./permission-bench.ts";

type Of = (bench: PermissionBench) => Probe;

const TABLE = "trades-dev";
/** How long a row's change is waited for: a shard is read four times a second, and after a refusal later. */
const CHANGE_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 100;

/** Attributes of a row that hold text, or a number. */
function itemOf(values: Readonly<Record<string, string | number>>): Json {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? { N: String(value) } : { S: value },
    ]),
  );
}

/** A row as the recorder writes it, put by the account's root. */
async function putRow(bench: PermissionBench, tradeId: unknown, further: Record<string, string>) {
  const id = bench.fresh("event");
  const row = {
    ...{ tradeId: String(tradeId), version: 1, sourceSystem: "system1", timestamp: Date.now() },
    ...{ event: `${REGION}#${id}`, eventId: id, region: REGION, amount: "1000.50", currency: "USD" },
    ...{ content: "{}", contentHash: id, ...further },
  };
  await bench.call("dynamodb", "PutItem", { TableName: TABLE, Item: itemOf(row) });
}

export const completion: Of = (bench) => ({
  title: "pending enrichments stay pending",
  run: async () => {
    const { tradeId } = tradeDetail();
    await putRow(bench, tradeId, { enrichment: "pending", enrichmentPending: REGION });
    await bench.invokeAnew("enrichment-completer");
    const [row] = await rows(bench.system, tradeId);
    await bench.call("dynamodb", "DeleteItem", {
      TableName: TABLE,
      Key: itemOf({ tradeId: String(tradeId), version: 1 }),
    });
    return row?.enrichment;
  },
  expected: "complete",
  without: "pending",
});

/** Another event's row in the place of one, as replication puts it there. */
export const replacement: Of = (bench) => ({
  title: "replaced events have no outcome",
  run: async () => {
    const { tradeId } = tradeDetail();
    for (let count = 0; count < 2; count += 1) await putRow(bench, tradeId, {});
    const end = Date.now() + (bench.isWithout ? CHANGE_MILLISECONDS / 5 : CHANGE_MILLISECONDS);
    for (;;) {
      const [found] = await outcomes(bench.system, tradeId);
      if (found !== undefined || Date.now() > end) return found?.outcome;
      await setTimeout(POLL_MILLISECONDS);
    }
  },
  expected: "rejected",
  without: undefined,
});

/** A census of the seconds of a trade of which nothing is written any more. */
export const census: Of = (bench) => ({
  title: "no census can be taken",
  run: async () => {
    const { tradeId } = tradeDetail();
    const from = Math.floor(Date.now() / 1_000) * 1_000;
    await bench.send(tradeDetail({ tradeId }));
    const to = (Math.floor(Date.now() / 1_000) + 1) * 1_000;
    const Key = itemOf({ tradeId: String(tradeId), version: 1 });
    await bench.call("dynamodb", "DeleteItem", { TableName: TABLE, Key });
    await setTimeout(Math.max(0, to - Date.now()));
    const iso = (time: number) => new Date(time).toISOString();
    await bench.call("lambda", "Invoke", {
      FunctionName: "trade-census-dev",
      Payload: JSON.stringify({ from: iso(from), to: iso(to), settledSeconds: 0, quietSeconds: 1 }),
    });
    const named = await takeMessages(bench.system, "unaccounted-events-dev");
    return named.filter(({ text }) => text.includes(String(tradeId))).length;
  },
  expected: 1,
  without: 0,
});

export const heartbeat: Of = (bench) => ({
  title: "heartbeats are not recorded",
  run: async () => {
    const Detail = '{"tradeId":"heartbeat","amount":"1","currency":"USD","sourceSystem":"heartbeat"}';
    const entry = { Source: "trading.heartbeat", DetailType: "Trade Event", EventBusName: BUS, Detail };
    const { Entries } = await bench.call("events", "PutEvents", { Entries: [entry] });
    await drain(bench.system);
    const Key = itemOf({ region: REGION });
    const { Item } = await bench.call("dynamodb", "GetItem", { TableName: "heartbeats-dev", Key });
    const { S } = ((Item as Json | undefined)?.id ?? {}) as Json;
    return S === (Entries as Json[])[0]?.EventId;
  },
  expected: true,
  without: false,
});
