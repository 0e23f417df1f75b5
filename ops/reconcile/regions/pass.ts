import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { batchesOf, outerJoin, primed } from "../join.ts";
import { compareKeys, type Key, keyText } from "../key.ts";
import { itemsOf, KEYS_PER_REQUEST, type Selection, type Table } from "../tables.ts";
import type { Workspace } from "../workspace.ts";
import { compareAttempts, compareRows, type Kind, type Pair } from "./compare.ts";
import { fingerprint } from "./item.ts";

export type Clients = readonly [DynamoDBClient, DynamoDBClient];

export interface PassOptions {
  readonly clients: Clients;
  readonly selection: Selection;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  /** Told of each item that was read, by side. */
  readonly onRead: (side: 0 | 1) => void;
}

export interface Differing {
  readonly key: Key;
  readonly kind: Kind;
  readonly pair: Pair;
}

/** What a pass keeps of an item. */
interface Fingerprint {
  readonly key: Key;
  readonly hash: string;
}

/**
 * Where the two regions' items of a table differ, by key. Two sorted passes of fingerprints find candidates, in bounded
 * memory; each is then read again in both regions, consistently, so that what only arrived while the passes were made
 * is no difference.
 */
export async function* differing(table: Table, options: PassOptions): AsyncGenerator<Differing> {
  const { workspace, clients, signal } = options;
  const sorted = (side: 0 | 1) =>
    primed(
      workspace.sorted(fingerprints(table, side, options), (one, other) => compareKeys(one.key, other.key)),
    );
  const [left, right] = await Promise.all([sorted(0), sorted(1)]);
  for await (const keys of batchesOf(unequal(left, right), KEYS_PER_REQUEST))
    yield* reread(table, keys, clients, signal);
}

/** Of these keys, at most KEYS_PER_REQUEST, those that differ now. */
export async function* reread(
  table: Table,
  keys: readonly Key[],
  clients: Clients,
  signal: AbortSignal,
): AsyncGenerator<Differing> {
  const [left, right] = await Promise.all(clients.map((client) => itemsOf(client, table, keys, signal)));
  for (const key of keys) {
    const pair: Pair = [left?.get(keyText(key)), right?.get(keyText(key))];
    const kind = table.kind === "trades" ? compareRows(pair) : compareAttempts(pair);
    if (kind !== undefined) yield { key, kind, pair };
  }
}

async function* fingerprints(
  table: Table,
  side: 0 | 1,
  { clients, selection, signal, onRead }: PassOptions,
): AsyncGenerator<Fingerprint> {
  for await (const item of table.items(clients[side], selection)) {
    signal.throwIfAborted();
    onRead(side);
    yield { key: table.keyOf(item), hash: fingerprint(item) };
  }
}

async function* unequal(
  left: AsyncIterable<Fingerprint>,
  right: AsyncIterable<Fingerprint>,
): AsyncGenerator<Key> {
  let last: Key | undefined;
  for await (const [one, other] of outerJoin(left, right, (a, b) => compareKeys(a.key, b.key))) {
    const key = (one ?? other)?.key;
    if (!key || one?.hash === other?.hash) continue;
    // An item that changes while an index is read may come twice; a key may be asked for once.
    if (!last || compareKeys(last, key) !== 0) yield key;
    last = key;
  }
}
