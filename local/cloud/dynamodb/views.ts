import type { IndexStore, Item, ItemStore, Store, StreamOptions, TableDescription } from "./dynalite.ts";
import type { Change } from "./engine.ts";

/** dynalite's store as one operation sees it, with what is to be known and decided about each item in between. */

type GetTable = (
  name: string,
  done: (error: Error | null | undefined, table: TableDescription) => void,
) => void;

/** An entry of an index that a write puts or deletes. */
export interface IndexWrite {
  readonly index: string;
  readonly isGlobal: boolean;
  readonly key: string;
  /** Undefined for an entry that is deleted. */
  readonly item: Item | undefined;
  readonly run: (done: (error: Error | null | undefined) => void) => void;
}

/** An item that is about to be written, with the index entries that follow from it. */
export interface PendingWrite extends Change {
  readonly description: TableDescription;
  readonly indexWrites: readonly IndexWrite[];
}

export interface WriteHooks {
  /** The item that is there, before any condition is checked. */
  found?(table: string, key: string, item: Item | undefined): void;
  /** Decides about a write whose condition holds: an error refuses it, "skip" leaves it undone without one. */
  admit?(write: PendingWrite): Error | "skip" | undefined;
  /** Told once the item and its index entries are stored. */
  stored?(change: Change): void;
}

export interface ReadHooks {
  /** Decides about an item that was got by its key: an error refuses it, "skip" takes it for missing. */
  got?(table: TableDescription, key: string, item: Item | undefined): Error | "skip" | undefined;
  /** Told of the partition that a query reads. */
  range?(start: string): void;
}

/** The store for reads. */
export function readView(store: Store, getTable: GetTable, hooks: ReadHooks): Store {
  const ranged = <S extends ItemStore | IndexStore>(values: S) => ({
    createValueStream(options: StreamOptions) {
      const start = options.gte ?? options.gt;
      if (start) hooks.range?.(start);
      return values.createValueStream(options);
    },
  });
  return {
    ...store,
    getTable: tableGetter(getTable),
    getIndexDb(type, table, index) {
      const entries = store.getIndexDb(type, table, index);
      return { put: entries.put, del: entries.del, ...ranged(entries) };
    },
    getItemDb(table) {
      const items = store.getItemDb(table);
      return {
        lock: items.lock,
        put: items.put,
        del: items.del,
        ...ranged(items),
        get(key, done) {
          items.get(key, (error, item) => {
            if (error && error.name !== "NotFoundError") return done(error, item);
            getTable(table, (tableError, description) => {
              if (tableError) return done(tableError, undefined);
              const decision = hooks.got?.(description, key, item);
              if (decision === "skip") done(null, undefined);
              else done(decision, item);
            });
          });
        },
      };
    },
  };
}

/**
 * The store for writes. Index entries are kept back until the item itself is written, so that a write that is refused
 * leaves no trace: dynalite writes them just before, in the same turn.
 */
export function writeView(store: Store, getTable: GetTable, hooks: WriteHooks): Store {
  let indexWrites: IndexWrite[] = [];
  return {
    ...store,
    getTable: tableGetter(getTable),
    getIndexDb(type, table, index) {
      const entries = store.getIndexDb(type, table, index);
      const isGlobal = type.toLowerCase() === "global";
      return {
        createValueStream: entries.createValueStream,
        put(key, item, done) {
          indexWrites.push({ index, isGlobal, key, item, run: (then) => entries.put(key, item, then) });
          done(null);
        },
        del(key, done) {
          indexWrites.push({ index, isGlobal, key, item: undefined, run: (then) => entries.del(key, then) });
          done(null);
        },
      };
    },
    // dynalite asks for it anew for every item, also within a batch.
    getItemDb(table) {
      const items = store.getItemDb(table);
      let before: Item | undefined;
      const write = (
        key: string,
        after: Item | undefined,
        done: (error: Error | null | undefined) => void,
      ) => {
        const pending = indexWrites;
        indexWrites = [];
        getTable(table, (error, description) => {
          if (error) return done(error);
          const change = { table, key, before, after };
          const decision = hooks.admit?.({ ...change, description, indexWrites: pending });
          if (decision === "skip") return done(null);
          if (decision) return done(decision);
          let left = pending.length + 1;
          let failure: Error | null | undefined;
          const finish = (problem: Error | null | undefined) => {
            failure ??= problem;
            left -= 1;
            if (left > 0) return;
            if (!failure) hooks.stored?.(change);
            done(failure);
          };
          if (after) items.put(key, after, finish);
          else items.del(key, finish);
          for (const entry of pending) entry.run(finish);
        });
      };
      return {
        lock: items.lock,
        createValueStream: items.createValueStream,
        get(key, done) {
          items.get(key, (error, item) => {
            before = item;
            if (!error || error.name === "NotFoundError") hooks.found?.(table, key, item);
            done(error, item);
          });
        },
        put: (key, item, done) => write(key, item, done as (error: unknown) => void),
        del: (key, done) => write(key, undefined, done as (error: unknown) => void),
      };
    },
  };
}

function tableGetter(getTable: GetTable): Store["getTable"] {
  return (name, checkStatus, done) => {
    const then = typeof checkStatus === "function" ? checkStatus : done;
    if (then) getTable(name, then);
  };
}
