import { createRequire } from "node:module";
import type { Json } from "../service.ts";

/** The parts of the library dynalite that its own server is made of, typed as they are used here. */

export type Item = Record<string, Record<string, unknown>>;
type Done<T> = (error: Error | null | undefined, result: T) => void;

/** Items of one table by encoded key. Methods as in LevelDB. */
export interface ItemStore {
  lock(key: string, run: (release: (done: (...results: never[]) => void) => never) => void): void;
  get(key: string, done: Done<Item | undefined>): void;
  put(key: string, item: Item, done: Done<void>): void;
  del(key: string, done: Done<void>): void;
  createValueStream(options: StreamOptions): AsyncIterable<Item>;
}

/** What dynalite keeps of a table and shows in DescribeTable. */
export interface TableDescription extends Json {
  TableName: string;
  TableArn: string;
  TableStatus: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  BillingModeSummary?: { BillingMode: string };
  ProvisionedThroughput: ProvisionedThroughput;
  GlobalSecondaryIndexes?: IndexDescription[];
  LocalSecondaryIndexes?: IndexDescription[];
}

export interface ProvisionedThroughput {
  ReadCapacityUnits: number;
  WriteCapacityUnits: number;
}

export interface IndexDescription extends Json {
  IndexName: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  Projection: { ProjectionType: string };
  ProvisionedThroughput?: ProvisionedThroughput;
}

/** Entries of one index by encoded key. */
export interface IndexStore {
  put(key: string, item: Item, done: Done<void>): void;
  del(key: string, done: Done<void>): void;
  createValueStream(options: StreamOptions): AsyncIterable<Item>;
}

/** A range of encoded keys. */
export interface StreamOptions {
  gte?: string;
  gt?: string;
}

/** The tables of one region. */
export interface Store {
  tableDb: { awsRegion: string; awsAccountId: string };
  db: { close(): Promise<void> };
  getTable(name: string, checkStatus: boolean | Done<TableDescription>, done?: Done<TableDescription>): void;
  getItemDb(table: string): ItemStore;
  getIndexDb(type: string, table: string, index: string): IndexStore;
}

interface StoreOptions {
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
}

interface Database {
  create(options: StoreOptions): Store;
  createKey(item: Item, table: TableDescription): string;
  updateIndexes(
    store: Store,
    table: TableDescription,
    existing: Item | undefined,
    item: Item | undefined,
    done: Done<void>,
  ): void;
}

interface Validation {
  types: Json;
  custom?: unknown;
}

interface Validations {
  checkTypes(input: Json, types: Json): Json;
  checkValidations(input: Json, types: Json, custom: unknown, store: Store): void;
}

type Action = (store: Store, input: Json, done: Done<Json | string>) => void;

const require = createRequire(import.meta.url);
const database = require("dynalite/db") as Database;
const validations = require("dynalite/validations") as Validations;

/** The operations that dynalite carries out and that are offered here. */
const OPERATIONS = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
] as const;
export type DynaliteOperation = (typeof OPERATIONS)[number];

const actions = new Map<DynaliteOperation, { action: Action; validation: Validation }>(
  OPERATIONS.map((operation) => {
    const name = operation.charAt(0).toLowerCase() + operation.slice(1);
    return [
      operation,
      {
        action: require(`dynalite/actions/${name}`) as Action,
        validation: require(`dynalite/validations/${name}`) as Validation,
      },
    ];
  }),
);

export const { create: createStore, createKey, updateIndexes } = database;

/**
 * Carries out an operation as dynalite's server does: types, validations, action. Rejects with dynalite's errors,
 * which have `statusCode` and `body` where DynamoDB would refuse.
 */
export function carryOut(store: Store, operation: DynaliteOperation, input: Json): Promise<Json> {
  return new Promise((done, fail) => {
    const entry = actions.get(operation);
    if (!entry) throw new Error(`dynalite has no operation ${operation}`);
    const { action, validation } = entry;
    // The check of types takes unknown members out of what it is given.
    const checked = validations.checkTypes({ ...input }, validation.types);
    validations.checkValidations(checked, validation.types, validation.custom, store);
    action(store, checked, (error, result) => {
      if (error) fail(error);
      else done(typeof result === "string" ? {} : result);
    });
  });
}
