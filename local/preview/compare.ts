import type { Properties, Value } from "../program/wire.ts";
import { differences } from "../providers/differences.ts";
import { lossOf } from "./losses.ts";
import { type PropertyChange, propertyChange, valueAt } from "./property-changes.ts";
import { diffOf, isReplacing } from "./replacement.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";

export interface ResourceChange {
  urn: string;
  type: string;
  name: string;
  region: string;
  properties: PropertyChange[];
  /** Of a replaced one: the old one goes before the new one is there. */
  deleteBeforeReplace?: boolean;
  /** What is lost with a replaced or removed one, besides itself. */
  loses?: string;
}

export interface Changes {
  added: ResourceChange[];
  changed: ResourceChange[];
  replaced: ResourceChange[];
  removed: ResourceChange[];
  outputs: PropertyChange[];
}

/** What it takes to come from one evaluated program to another. Components have no effect and are left out. */
export function compareSnapshots(before: Snapshot, after: Snapshot): Changes {
  const pairs = pairsOf(before, after);
  const old = new Set([...pairs.values()].map(({ urn }) => urn));
  const changes = new Map<string, Pending>();
  for (const [now, was] of pairs) {
    const { paths, isReplaced, deleteBeforeReplace } = diffOf(was, now);
    const properties = [...paths].flatMap(([path, replaces]) => change(path, was, now, replaces));
    if (properties.length > 0)
      changes.set(now.urn, { now, was, properties, isReplaced, deleteBeforeReplace });
  }
  followReplacements(pairs, changes);
  const pending = [...changes.values()];
  const made = custom(after).filter((each) => !pairs.has(each));
  const gone = custom(before).filter(({ urn }) => !old.has(urn));
  return {
    added: made.map((each) => ({ ...described(each), properties: [] })),
    changed: pending.filter(({ isReplaced }) => !isReplaced).map(withProperties),
    replaced: pending
      .filter(({ isReplaced }) => isReplaced)
      .map((each) => ({
        ...withProperties(each),
        deleteBeforeReplace: each.deleteBeforeReplace,
        ...losing(each.now),
      })),
    removed: gone.map((each) => ({ ...described(each), properties: [], ...losing(each) })),
    outputs: [...differences(before.outputs, after.outputs).keys()].flatMap((path) =>
      propertyChange(path, valueAt(before.outputs, path), valueAt(after.outputs, path), false),
    ),
  };
}

interface Pending {
  now: SnapshotResource;
  was: SnapshotResource;
  properties: PropertyChange[];
  isReplaced: boolean;
  deleteBeforeReplace: boolean;
}

/** Each resource that was there before, by its URN or an alias, with what it was. */
function pairsOf(before: Snapshot, after: Snapshot): Map<SnapshotResource, SnapshotResource> {
  const old = new Map(custom(before).map((each) => [each.urn, each]));
  return new Map(
    custom(after).flatMap((now) => {
      const was = [now.urn, ...now.aliases].flatMap((urn) => old.get(urn) ?? [])[0];
      return was ? [[now, was] as const] : [];
    }),
  );
}

function custom({ resources }: Snapshot): SnapshotResource[] {
  return resources.filter((each) => each.custom);
}

/** Ids that a service makes up, as the local providers do from the URN: a new resource gets another. */
const MADE_UP_ID = /(^|-)[0-9a-f]{17}$/;

/**
 * A replaced resource whose id its service makes up gets an id that nobody knows yet. The resources that hold the old
 * one change with it, and are replaced themselves where they cannot be changed there.
 */
function followReplacements(
  pairs: ReadonlyMap<SnapshotResource, SnapshotResource>,
  changes: Map<string, Pending>,
): void {
  const waiting = [...changes.values()].filter(({ isReplaced }) => isReplaced);
  for (let replaced = waiting.shift(); replaced; replaced = waiting.shift()) {
    const { now: source } = replaced;
    if (!MADE_UP_ID.test(source.id)) continue;
    for (const [now, was] of pairs) {
      const paths = pathsHolding(source.id, now.inputs);
      if (now === source || paths.length === 0) continue;
      const pending = changes.get(now.urn) ?? {
        ...{ now, was, properties: [], isReplaced: false, deleteBeforeReplace: false },
      };
      const wasReplaced = pending.isReplaced;
      for (const path of paths) {
        if (pending.properties.some((each) => each.path === path)) continue;
        const replaces = isReplacing(now.type, path);
        const after = `known once ${source.name} is replaced`;
        pending.properties.push({ path, before: valueAt(was.inputs, path) ?? null, after, replaces });
        pending.isReplaced ||= replaces;
      }
      changes.set(now.urn, pending);
      if (pending.isReplaced && !wasReplaced) waiting.push(pending);
    }
  }
}

function pathsHolding(id: string, inputs: Properties): string[] {
  if (!JSON.stringify(inputs).includes(id)) return [];
  return Object.entries(inputs).flatMap(([input, value]) => leaves(input, value));

  function leaves(path: string, value: Value | undefined): string[] {
    if (typeof value === "string") return value.includes(id) ? [path] : [];
    if (Array.isArray(value)) return value.flatMap((each, index) => leaves(`${path}[${index}]`, each));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, each]) => leaves(`${path}.${key}`, each));
  }
}

function change(
  path: string,
  was: SnapshotResource,
  now: SnapshotResource,
  replaces: boolean,
): PropertyChange[] {
  if (path === "region" && was.region !== now.region)
    return propertyChange(path, was.region, now.region, replaces);
  return propertyChange(path, valueAt(was.inputs, path), valueAt(now.inputs, path), replaces);
}

function described({ urn, type, name, region }: SnapshotResource) {
  return { urn, type, name, region };
}

function withProperties({ now, properties }: Pending): ResourceChange {
  return { ...described(now), properties };
}

function losing({ type }: SnapshotResource): { loses?: string } {
  const loses = lossOf(type);
  return loses === undefined ? {} : { loses };
}
