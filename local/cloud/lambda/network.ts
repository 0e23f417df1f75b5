import { randomUUID } from "node:crypto";
import type { Caller, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Subject } from "./access.ts";
import { act, isRefusal } from "./acting.ts";
import type { FunctionSettings } from "./settings.ts";

interface Interface {
  readonly id: string;
  readonly addresses: readonly string[];
  /** Versions of functions that use it. */
  readonly users: Set<string>;
}

/**
 * The network interfaces of functions in subnets: one for each pair of a subnet and a set of security groups, shared by
 * all that use the pair, made and deleted as the function's role (Lambda, "Giving Lambda functions access to resources
 * in an Amazon VPC").
 */
export class Interfaces {
  readonly #call: Caller;
  readonly #interfaces = new Map<string, Promise<Interface | undefined>>();

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Lets a version use the interfaces of its subnets, making those that there are not. */
  async attach(subject: Subject, settings: FunctionSettings): Promise<void> {
    const from = { region: subject.region, principal: settings.role };
    const { subnets, groups } = placeOf(settings);
    if (subnets.length === 0) return;
    const found = await this.#act("DescribeSubnets", { SubnetIds: subnets }, from);
    if (!found) return;
    for (const subnet of subnets) {
      const key = keyOf(subject.region, subnet, groups);
      let made = this.#interfaces.get(key);
      if (!made) {
        made = this.#make(subject, subnet, groups, from);
        this.#interfaces.set(key, made);
        made.catch(() => this.#interfaces.delete(key));
      }
      (await made)?.users.add(userOf(subject, settings));
    }
  }

  /** Ends a version's use; what nobody uses any more is deleted, if the role still may. */
  async detach(subject: Subject, settings: FunctionSettings): Promise<void> {
    const from = { region: subject.region, principal: settings.role };
    const { subnets, groups } = placeOf(settings);
    for (const subnet of subnets) {
      const key = keyOf(subject.region, subnet, groups);
      const used = await this.#interfaces.get(key);
      if (!used?.users.delete(userOf(subject, settings)) || used.users.size > 0) continue;
      this.#interfaces.delete(key);
      const NetworkInterfaceId = used.id;
      try {
        if (used.addresses.length > 0)
          await this.#act(
            "UnassignPrivateIpAddresses",
            { NetworkInterfaceId, PrivateIpAddresses: used.addresses },
            from,
          );
        await this.#act("DeleteNetworkInterface", { NetworkInterfaceId }, from);
      } catch (error) {
        // The interface stays behind, as on AWS when the role is already gone.
        if (!isRefusal(error)) throw error;
      }
    }
  }

  async #make(
    subject: Subject,
    SubnetId: string,
    Groups: readonly string[],
    from: { region: string; principal: string },
  ): Promise<Interface | undefined> {
    const Description = `AWS Lambda VPC ENI-${subject.name}-${randomUUID()}`;
    const made = await this.#act("CreateNetworkInterface", { SubnetId, Groups, Description }, from);
    if (!made) return undefined;
    const id = String((made.NetworkInterface as Json).NetworkInterfaceId);
    await this.#act("DescribeNetworkInterfaces", { NetworkInterfaceIds: [id] }, from);
    const input = { NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: 1 };
    const assigned = (await this.#act("AssignPrivateIpAddresses", input, from))?.AssignedPrivateIpAddresses;
    const addresses = ((assigned ?? []) as Json[]).map((each) => String(each.PrivateIpAddress));
    return { id, addresses, users: new Set() };
  }

  #act(
    operation: string,
    input: Json,
    from: { region: string; principal: string },
  ): Promise<Json | undefined> {
    return act(this.#call, "ec2", operation, input, from, (error) =>
      isDenial(error)
        ? invalid(`The provided execution role does not have permissions to call ${operation} on EC2`)
        : invalid(error.message),
    );
  }
}

function isDenial({ code }: ServiceError): boolean {
  return /AccessDenied|UnauthorizedOperation/.test(code);
}

function placeOf({ stored }: FunctionSettings): { subnets: readonly string[]; groups: readonly string[] } {
  const place = (stored.VpcConfig ?? {}) as { SubnetIds?: string[]; SecurityGroupIds?: string[] };
  return { subnets: place.SubnetIds ?? [], groups: [...(place.SecurityGroupIds ?? [])].sort() };
}

function keyOf(region: string, subnet: string, groups: readonly string[]): string {
  return [region, subnet, ...groups].join("\n");
}

function userOf({ arn }: Subject, { version }: FunctionSettings): string {
  return `${arn}:${version}`;
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
