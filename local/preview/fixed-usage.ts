import { list, record, texts } from "../providers/resource-type.ts";
import type { Usage } from "./cost.ts";
import { provisionedPrice } from "./functions.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";

const GIBIBYTE_IN_MEGABYTES = 1024;

/** What a stack uses in a month without any trade. */
export function fixedUsage({ resources }: Snapshot, hours: number): Usage[] {
  return resources.flatMap((resource) => usageOf(resource, resources, hours));
}

function usageOf(resource: SnapshotResource, all: readonly SnapshotResource[], hours: number): Usage[] {
  const { type, region, inputs } = resource;
  const usage = (price: Usage["price"], quantity: number) => [{ price, region, quantity }];
  switch (type) {
    case "aws:ec2/natGateway:NatGateway":
      return usage("natHour", hours);
    case "aws:ec2/eip:Eip":
      return usage("addressHour", hours);
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return inputs.vpcEndpointType === "Interface"
        ? usage("endpointHour", hours * texts(inputs.subnetIds).length)
        : [];
    case "aws:route53/healthCheck:HealthCheck":
      return usage("healthCheckMonth", 1);
    case "aws:kms/key:Key":
      return usage("keyMonth", 1);
    case "aws:cloudwatch/metricAlarm:MetricAlarm": {
      // An alarm on an expression is billed for each metric in it.
      const metrics = list(inputs.metricQueries).filter((query) => record(query).metric !== undefined).length;
      return usage("alarmMonth", Math.max(1, metrics));
    }
    case "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {
      const made = all.find(
        (each) => each.type === "aws:lambda/function:Function" && each.id === inputs.functionName,
      );
      const gigabytes = Number(made?.inputs.memorySize ?? 128) / GIBIBYTE_IN_MEGABYTES;
      const seconds = hours * 3600 * Number(inputs.provisionedConcurrentExecutions ?? 0);
      return usage(provisionedPrice(made), gigabytes * seconds);
    }
    default:
      return [];
  }
}
