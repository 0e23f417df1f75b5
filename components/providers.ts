import * as aws from "@pulumi/aws";
import type { RegionRole, Settings } from "./settings.ts";
import type { REQUIRED_TAGS } from "./standards.ts";

/** Tags that every resource of the stack has. */
export function defaultTags(settings: Settings): Record<(typeof REQUIRED_TAGS)[number], string> {
  return { Project: "TradeProcessing", Environment: settings.environmentSuffix, ManagedBy: "Pulumi" };
}

/** One provider a region. Default providers are disabled, so a resource that is given neither is an error. */
export function regionProviders(settings: Settings): Record<RegionRole, aws.Provider> {
  const tags = defaultTags(settings);
  const provider = (role: RegionRole, region: string) =>
    new aws.Provider(`${role}-aws`, { region: region as aws.Region, defaultTags: { tags } });
  return {
    primary: provider("primary", settings.primaryRegion),
    replica: provider("replica", settings.replicaRegion),
  };
}
