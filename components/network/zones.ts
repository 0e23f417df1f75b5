import * as aws from "@pulumi/aws";

/** Zones that a created network spans. */
const ZONES = 2;

/** Zones whose subnets Lambda does not take: it refuses functions in them by name. */
const WITHOUT_LAMBDA = ["use1-az3"];

/**
 * The availability zones of a created network: the first of the region, by name, that need no opting in (Local Zones
 * do) and where Lambda runs. Known before anything is made, since the network's layout depends on them.
 */
export async function functionZones(provider: aws.Provider): Promise<string[]> {
  const { names } = await aws.getAvailabilityZones(
    {
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: WITHOUT_LAMBDA,
    },
    { provider },
  );
  if (names.length < ZONES)
    throw new Error(`availability zones: ${names.join(", ") || "none"}; at least ${ZONES} are needed`);
  return names.slice(0, ZONES);
}
