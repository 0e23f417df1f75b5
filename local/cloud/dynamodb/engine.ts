import { setTimeout } from "node:timers/promises";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import {
  carryOut,
  createKey,
  createStore,
  type DynaliteOperation,
  type Item,
  type Store,
  type TableDescription,
  updateIndexes,
} from "./dynalite.ts";
import { isSameItem } from "./items.ts";
import { type ReadHooks, readView, type WriteHooks, writeView } from "./views.ts";

/** A change of one item, as it is stored. `undefined` stands for no item. */
export interface Change {
  readonly table: string;
  /** Encoded key, the same in every region. */
  readonly key: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/**
 * Told of each change while the item is still locked, so that changes of one item come in order; not of a write that
 * left the item as it was. `isExpiry` if the item's time to live was over.
 */
export type ChangeListener = (change: Change, isExpiry: boolean) => void;

/** The tables and items of one region. Errors are DynamoDB's, as ServiceError. */
export class Engine {
  readonly #store: Store;
  readonly #listener: ChangeListener;
  /** Descriptions of tables; every operation asks for one. */
  readonly #tables = new Map<string, TableDescription>();

  constructor(region: string, account: string, listener: ChangeListener) {
    // What a table's status is, and for how long, is decided elsewhere.
    this.#store = createStore({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
    this.#store.tableDb.awsRegion = region;
    this.#store.tableDb.awsAccountId = account;
    this.#listener = listener;
  }

  /** Carries out an operation on tables, and waits until the table is as the operation leaves it. */
  async change(operation: DynaliteOperation, input: Json): Promise<Json> {
    const name = String(input.TableName);
    this.#tables.delete(name);
    const result = await carryOut(this.#store, operation, input).catch(rethrow);
    // dynalite goes on to change the description that it has given out.
    const copy = structuredClone(result);
    await this.#settled(name);
    return copy;
  }

  /** Carries out an operation that changes nothing. */
  read(operation: DynaliteOperation, input: Json, hooks: ReadHooks = {}): Promise<Json> {
    return carryOut(readView(this.#store, this.#table, hooks), operation, input).catch(rethrow);
  }

  /**
   * Carries out an operation that changes items. The error of a failed condition has the item that was found as
   * `Item` if `ReturnValuesOnConditionCheckFailure` asks for it.
   */
  async write(operation: DynaliteOperation, input: Json, hooks: WriteHooks, isExpiry = false): Promise<Json> {
    let found: Item | undefined;
    const view = writeView(this.#store, this.#table, {
      ...hooks,
      found(table, key, item) {
        found = item;
        hooks.found?.(table, key, item);
      },
      stored: (change) => this.#tell(change, this.#listener, isExpiry),
    });
    try {
      return await carryOut(view, operation, input).catch(rethrow);
    } catch (error) {
      if (
        found &&
        error instanceof ServiceError &&
        error.code === "ConditionalCheckFailedException" &&
        input.ReturnValuesOnConditionCheckFailure === "ALL_OLD"
      )
        throw new ServiceError(error.code, error.message, error.status, { ...error.fields, Item: found });
      throw error;
    }
  }

  /** A table that is settled. Throws ResourceNotFoundException. */
  table(name: string): Promise<TableDescription> {
    return new Promise<TableDescription>((done, fail) =>
      this.#table(name, (error, table) => (error ? fail(error) : done(table))),
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
    hooks: WriteHooks,
    listener: ChangeListener,
  ): Promise<void> {
    const view = writeView(this.#store, this.#table, {
      ...hooks,
      stored: (change) => this.#tell(change, listener, false),
    });
    const items = view.getItemDb(table.TableName);
    return new Promise((done, fail) => {
      items.lock(key, (release) => {
        const finish: (error?: Error | null) => void = release((error?: Error | null) =>
          error ? fail(error) : done(),
        );
        items.get(key, (error, existing) => {
          if (error && error.name !== "NotFoundError") return finish(error);
          if (!wanted()) return finish();
          updateIndexes(view, table, existing, item, (indexError) => {
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

  #tell(change: Change, listener: ChangeListener, isExpiry: boolean): void {
    if (!isSameItem(change.before, change.after)) listener(change, isExpiry);
  }

  readonly #table = (
    name: string,
    done: (error: Error | null | undefined, table: TableDescription) => void,
  ): void => {
    const known = this.#tables.get(name);
    if (known) done(null, known);
    else
      this.#store.getTable(name, false, (error, table) => {
        if (!error && table.TableStatus === "ACTIVE") this.#tables.set(name, table);
        done(error, table);
      });
  };

  /** dynalite gives a table its new status in a real timer. */
  async #settled(name: string): Promise<void> {
    for (;;) {
      this.#tables.delete(name);
      const table = await this.table(name).catch(() => undefined);
      if (!table || table.TableStatus === "ACTIVE") return;
      await setTimeout(1);
    }
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
