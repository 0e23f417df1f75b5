import { createHash } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** A part of a region's network, as it was declared. */
export interface Part {
  readonly id: string;
  given: Json;
}

export interface VpcEndpoint extends Part {
  readonly vpcId: string;
  /** Such as `dynamodb`, from `com.amazonaws.us-east-1.dynamodb`. */
  readonly service: string;
  readonly type: "Gateway" | "Interface";
  routeTableIds: readonly string[];
  /** JSON text; without one, everything passes. */
  policy: string | undefined;
}

export interface Subnet extends Part {
  readonly vpcId: string;
  routeTableId: string | undefined;
  /** Of the route table. */
  associationId?: string | undefined;
}

export interface RouteTable extends Part {
  readonly vpcId: string;
  /** By destination, as they were given. */
  readonly routes: Map<string, Json>;
}

export interface NetworkInterface extends Part {
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly description: string;
  readonly addresses: string[];
}

/** Whether a route table's default route leads to a NAT gateway that is there. */
export function hasNat({ routes }: RouteTable, network: RegionNetwork): boolean {
  return network.natGateways.has(String(routes.get("0.0.0.0/0")?.NatGatewayId));
}

/** The networks of one region. */
export class RegionNetwork {
  readonly vpcs = new Map<string, Part>();
  readonly subnets = new Map<string, Subnet>();
  readonly routeTables = new Map<string, RouteTable>();
  readonly natGateways = new Map<string, Part>();
  readonly endpoints = new Map<string, VpcEndpoint>();
  readonly interfaces = new Map<string, NetworkInterface>();
  /** Rises with every change of what is declared, so that ways out that were found can be dropped. */
  version = 0;
  readonly #region: string;
  #made = 0;

  constructor(region: string) {
    this.#region = region;
  }

  /** A new id such as `vpc-0a1b2c3d4e5f60718`; the same in each run that makes the same things in the same order. */
  id(prefix: string): string {
    this.#made += 1;
    const digest = createHash("sha256").update(`${this.#region}/${prefix}/${this.#made}`).digest("hex");
    return `${prefix}-${digest.slice(0, 17)}`;
  }

  /** Ids of all that is there. */
  get ids(): string[] {
    const { vpcs, subnets, routeTables, natGateways, endpoints, interfaces } = this;
    return [vpcs, subnets, routeTables, natGateways, endpoints, interfaces].flatMap((parts) => [
      ...parts.keys(),
    ]);
  }

  /** A private address that no interface had before. */
  address(): string {
    this.#made += 1;
    return `10.0.${Math.floor(this.#made / 250) % 256}.${(this.#made % 250) + 4}`;
  }
}

/** The part of that id. Throws `Invalid…ID.NotFound`, as EC2 does. */
export function found<P extends Part>(parts: ReadonlyMap<string, P>, id: string, kind: string): P {
  const part = parts.get(id);
  if (!part) throw new ServiceError(`Invalid${kind}ID.NotFound`, `The ${kind} ID '${id}' does not exist`);
  return part;
}
