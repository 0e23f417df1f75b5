import * as pulumi from "@pulumi/pulumi";
import type { Arns } from "./arns.ts";
import { arnsOf } from "./arns.ts";
import type { Names } from "./naming.ts";
import { namesOf } from "./naming.ts";
import type { RegionRole, Settings } from "./settings.ts";

/** What every component of a region is given. */
export interface RegionContext {
  readonly role: RegionRole;
  readonly region: string;
  readonly settings: Settings;
  readonly names: Names;
  readonly account: pulumi.Output<string>;
  readonly arns: pulumi.Output<Arns>;
  /** Availability zones of a created network. */
  readonly zones: readonly string[];
}

/** The context of a region of the stack. */
export function regionContext(
  role: RegionRole,
  settings: Settings,
  account: pulumi.Input<string>,
  zones: readonly string[],
): RegionContext {
  const region = role === "primary" ? settings.primaryRegion : settings.replicaRegion;
  const names = namesOf(settings.environmentSuffix);
  const sources = settings.sources.map((each) => each.name);
  const accountOutput = pulumi.output(account);
  const arns = accountOutput.apply((known) => arnsOf({ account: known, region, names, sources }));
  return { role, region, settings, names, account: accountOutput, arns, zones };
}
