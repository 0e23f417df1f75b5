import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import {
  carryOut,
  createKey,
  createStore,
  type DynaliteOperation,
  type Item,
  type ItemStore,
  type Store,
  type TableDescription,
  updateIndexes,
} from "./dynalite.ts";

/** A change of one item, as it is stored. `undefined` stands for no item. */
export interface Change {
  readonly table: string;
  /** Encoded key, the same in every region. */
  readonly key: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** Told of each change while the item is still locked, so that changes of one item come in order. */
export type ChangeListener = (change: Change) => void;

/** The tables and items of one region. Errors are DynamoDB's, as ServiceError. */
export class Engine {
  readonly #store: Store;
  readonly #listener: ChangeListener;

  /** `tableMilliseconds` is how long a table stays CREATING, UPDATING or DELETING. */
  constructor(region: string, account: string, tableMilliseconds: number, listener: ChangeListener) {
    this.#store = createStore({
      createTableMs: tableMilliseconds,
      updateTableMs: tableMilliseconds,
      deleteTableMs: tableMilliseconds,
    });
    this.#store.tableDb.awsRegion = region;
    this.#store.tableDb.awsAccountId = account;
    this.#listener = listener;
  }

  /** Carries out an operation that changes no items. */
  async run(operation: DynaliteOperation, input: Json): Promise<Json> {
    const result = await carryOut(this.#store, operation, input).catch(rethrow);
    // dynalite goes on to change the description of a table that it has given out.
    return operation.endsWith("Table") ? structuredClone(result) : result;
  }

  /**
   * Carries out an operation that changes items. The error of a failed condition has the item that was found as
   * `Item` if `ReturnValuesOnConditionCheckFailure` asks for it.
   */
  async write(operation: DynaliteOperation, input: Json): Promise<Json> {
    const found = new Map<string, Item | undefined>();
    try {
      return await carryOut(this.#observed(found, this.#listener), operation, input).catch(rethrow);
    } catch (error) {
      if (
        error instanceof ServiceError &&
        error.code === "ConditionalCheckFailedException" &&
        input.ReturnValuesOnConditionCheckFailure === "ALL_OLD"
      ) {
        const [item] = found.values();
        if (item)
          throw new ServiceError(error.code, error.message, error.status, { ...error.fields, Item: item });
      }
      throw error;
    }
  }

  /** A table, in whatever status. Throws ResourceNotFoundException. */
  table(name: string): Promise<TableDescription> {
    return new Promise<TableDescription>((done, fail) =>
      this.#store.getTable(name, false, (error, table) => (error ? fail(error) : done(table))),
    ).catch(rethrow);
  }

  /** Encoded key of an item. */
  keyOf(item: Item, table: TableDescription): string {
    return createKey(item, table);
  }

  /** Every item of a table. */
  async items(table: string): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this.#store.getItemDb(table).createValueStream({})) items.push(item);
    return items;
  }

  /**
   * Puts (or with no item deletes) what was written elsewhere, with its index entries. `wanted` decides while the
   * item is locked; `listener` is told in place of that of local writes.
   */
  replicate(
    table: TableDescription,
    key: string,
    item: Item | undefined,
    wanted: () => boolean,
    listener: ChangeListener,
  ): Promise<void> {
    const store = this.#observed(new Map(), listener);
    const items = store.getItemDb(table.TableName);
    return new Promise((done, fail) => {
      items.lock(key, (release) => {
        const finish: (error?: Error | null) => void = release((error?: Error | null) =>
          error ? fail(error) : done(),
        );
        items.get(key, (error, existing) => {
          if (error && error.name !== "NotFoundError") return finish(error);
          if (!wanted()) return finish();
          updateIndexes(store, table, existing, item, (indexError) => {
            if (indexError) return finish(indexError);
            if (item) items.put(key, item, finish);
            else if (existing) items.del(key, finish);
            else finish();
          });
        });
      });
    });
  }

  close(): Promise<void> {
    return this.#store.db.close();
  }

  /** The store, seen through a view that notes what is found and tells of what is changed. */
  #observed(found: Map<string, Item | undefined>, listener: ChangeListener): Store {
    const store = this.#store;
    return {
      ...store,
      getItemDb(table): ItemStore {
        const items = store.getItemDb(table);
        const change = (
          key: string,
          after: Item | undefined,
          done: (error: Error | null | undefined) => void,
        ) => {
          return (error: Error | null | undefined): void => {
            if (!error) listener({ table, key, before: found.get(key), after });
            done(error);
          };
        };
        return {
          lock: items.lock,
          createValueStream: (options) => items.createValueStream(options),
          get(key, done) {
            items.get(key, (error, item) => {
              found.set(key, item);
              done(error, item);
            });
          },
          put: (key, item, done) => items.put(key, item, change(key, item, done as (error: unknown) => void)),
          del: (key, done) => items.del(key, change(key, undefined, done as (error: unknown) => void)),
        };
      },
    };
  }
}

/** dynalite's error as ServiceError. */
function rethrow(error: unknown): never {
  if (error instanceof Error && "statusCode" in error && "body" in error) {
    const { statusCode, body } = error as Error & { statusCode: number; body: Json };
    const { __type, message, Message, ...fields } = body;
    const code = String(__type).split("#").pop() ?? "InternalServerError";
    throw new ServiceError(code, String(message ?? Message ?? ""), statusCode, fields);
  }
  throw error;
}
