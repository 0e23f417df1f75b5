import type { NetworkPath } from "../iam/authorizer.ts";
import type { Call } from "../service.ts";
import { ServiceError } from "../service.ts";
import { hasNat, type RegionNetwork, type VpcEndpoint } from "./network.ts";

/** Code of an error that stands for no answer at all: the endpoint closes the connection. */
export const UNREACHABLE = "Unreachable";

export interface PathNeeds {
  readonly network: (region: string) => RegionNetwork;
  /** Subnets of a function; none for one that is in no VPC. */
  readonly subnetsOf: (functionArn: string) => readonly string[];
}

interface Kept {
  readonly version: number;
  readonly path: NetworkPath | undefined;
}

/**
 * The way that a function's own calls take: through the VPC's endpoint of the service, whose policy must allow them
 * too; else through a NAT gateway; else nowhere, and a call fails as its connection would. Security groups are not
 * asked. Interface endpoints are taken to have private DNS. (Amazon VPC User Guide, "Gateway endpoints"; AWS PrivateLink,
 * "Control access to VPC endpoints using endpoint policies".)
 */
export function networkPaths({ network, subnetsOf }: PathNeeds): (call: Call) => NetworkPath | undefined {
  const kept = new Map<string, Kept>();
  return (call) => {
    const functionArn = call.sourceFunctionArn;
    if (functionArn === undefined) return undefined;
    const home = functionArn.split(":", 4)[3] ?? "";
    const region = network(home);
    const key = `${functionArn} ${call.region} ${call.service}`;
    const known = kept.get(key);
    if (known?.version === region.version) return known.path;
    const path = pathFrom(region, subnetsOf(functionArn), call.region === home ? call.service : undefined);
    if (path === "none")
      throw new ServiceError(
        UNREACHABLE,
        `${functionArn} has no way to ${call.service} in ${call.region}: its VPC has no endpoint for it and no NAT gateway`,
        504,
      );
    kept.set(key, { version: region.version, path });
    return path;
  };
}

/** `service` is undefined for another region's, which no endpoint leads to. */
function pathFrom(
  region: RegionNetwork,
  subnetIds: readonly string[],
  service: string | undefined,
): NetworkPath | undefined | "none" {
  const subnets = subnetIds.flatMap((id) => region.subnets.get(id) ?? []);
  const [first] = subnets;
  if (!first) return undefined;
  const tables = subnets.map(({ routeTableId }) => routeTableId ?? "");
  const leads = ({ type, routeTableIds }: VpcEndpoint) =>
    type === "Interface" || tables.every((id) => routeTableIds.includes(id));
  const endpoint = [...region.endpoints.values()].find(
    (each) => each.vpcId === first.vpcId && each.service === service && leads(each),
  );
  if (endpoint)
    return {
      context: { "aws:SourceVpc": endpoint.vpcId, "aws:SourceVpce": endpoint.id },
      boundaries:
        endpoint.policy === undefined
          ? []
          : [{ name: `policy of endpoint ${endpoint.id}`, document: endpoint.policy }],
    };
  const leadsOut = (id: string): boolean => {
    const table = region.routeTables.get(id);
    return table !== undefined && hasNat(table, region);
  };
  return tables.every(leadsOut) ? undefined : "none";
}
