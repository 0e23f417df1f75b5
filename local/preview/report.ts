import type { Changes } from "./compare.ts";
import type { Cost } from "./cost.ts";
import type { PolicyReport } from "./policies.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";
import type { TapeComparison } from "./tape-compare.ts";

/** Resources of one component, by region; "global" stands for none. */
export interface ComponentCount {
  component: string;
  regions: Record<string, number>;
}

/** All that a preview tells. docs/preview.md describes it member by member. */
export interface Preview {
  version: 1;
  stack: string;
  resources: { total: number; components: ComponentCount[]; types: Record<string, number> };
  policies: PolicyReport[];
  cost: Cost;
  comparison?: Changes & {
    /** What it is compared with: `main (0123456)`, or a file. */
    base: string;
    /** US dollars a month, at the same volume. */
    cost: { before: number; after: number };
  };
  tape?: TapeComparison;
}

/** Counts what is made by providers, by the component that it belongs to. */
export function countResources({ resources }: Snapshot): Preview["resources"] {
  const byUrn = new Map(resources.map((each) => [each.urn, each]));
  const made = resources.filter(({ custom }) => custom);
  const components = new Map<string, Record<string, number>>();
  const types: Record<string, number> = {};
  for (const resource of made) {
    const regions = components.get(componentOf(resource, byUrn)) ?? {};
    const region = resource.region || "global";
    regions[region] = (regions[region] ?? 0) + 1;
    components.set(componentOf(resource, byUrn), regions);
    types[resource.type] = (types[resource.type] ?? 0) + 1;
  }
  return {
    total: made.length,
    components: [...components]
      .map(([component, regions]) => ({ component, regions }))
      .sort((a, b) => a.component.localeCompare(b.component)),
    types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => a.localeCompare(b))),
  };
}

/** A component that only holds one region's others. */
const REGIONAL = "trade-processing:index:RegionalStack";

/** The capability of the outermost component that a resource is in, such as `network`, from that component's type. */
function componentOf(resource: SnapshotResource, byUrn: ReadonlyMap<string, SnapshotResource>): string {
  let capability = "stack";
  for (
    let parent = byUrn.get(resource.parent ?? "");
    parent && parent.type !== REGIONAL;
    parent = byUrn.get(parent.parent ?? "")
  )
    capability = parent.type.split(":")[1] ?? parent.type;
  return capability;
}
