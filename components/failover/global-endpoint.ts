import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrincipalRole } from "../principal-role.ts";
import type { RegionContext } from "../region-context.ts";
import type { RegionalStack } from "../regional-stack.ts";
import type { RegionHealth } from "./region-health.ts";

export interface GlobalEndpointArgs {
  /** The region that takes the events while it is healthy. */
  context: RegionContext;
  /** Customer key of that region. */
  keyArn: pulumi.Input<string>;
  health: RegionHealth;
  /** The region that takes them when it is not. */
  secondaryRegion: string;
  /** The buses of the same name in either region. */
  busArns: readonly [pulumi.Input<string>, pulumi.Input<string>];
}

/**
 * What producers send to: the primary region's bus while that is healthy, else the other's; each event is copied to the
 * bus of the region that did not get it. Without copies there would be no return by itself (EventBridge User Guide, "Making
 * applications Regional-fault tolerant with global endpoints and event replication").
 */
export class GlobalEndpoint extends pulumi.ComponentResource {
  readonly endpoint: aws.cloudwatch.EventEndpoint;
  readonly healthCheckId: pulumi.Output<string>;
  /** `<id>.<suffix>`: what PutEvents takes as EndpointId, the host name's first parts. */
  readonly endpointId: pulumi.Output<string>;

  constructor(name: string, args: GlobalEndpointArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:failover:GlobalEndpoint", name, {}, opts);
    const { context, health, keyArn, secondaryRegion, busArns } = args;
    const { names, region, settings } = context;
    const child = (purpose: keyof RegionHealth["alarms"]) =>
      new aws.route53.HealthCheck(
        `${name}-${purpose}`,
        {
          type: "CLOUDWATCH_METRIC",
          cloudwatchAlarmName: health.alarms[purpose],
          cloudwatchAlarmRegion: region,
          // A region whose CloudWatch is silent is no place for trades.
          insufficientDataHealthStatus: "Unhealthy",
          tags: { Name: `health-${purpose}-${settings.environmentSuffix}` },
        },
        { parent: this },
      );
    const children = [child("latency"), child("heartbeat")];
    // A health check watches one metric; the endpoint takes one health check.
    const healthCheck = new aws.route53.HealthCheck(
      `${name}-health`,
      {
        type: "CALCULATED",
        childHealthchecks: children.map(({ id }) => id),
        childHealthThreshold: children.length,
        tags: { Name: `health-${region}-${settings.environmentSuffix}` },
      },
      { parent: this },
    );
    const role = new PrincipalRole(name, { principal: "replication", context, keyArn }, { parent: this });
    this.endpoint = new aws.cloudwatch.EventEndpoint(
      `${name}-endpoint`,
      {
        name: names.globalEndpoint,
        description: "Trades, to whichever region takes them",
        eventBuses: busArns.map((eventBusArn) => ({ eventBusArn })),
        replicationConfig: { state: "ENABLED" },
        roleArn: role.role.arn,
        routingConfig: {
          failoverConfig: {
            primary: { healthCheck: healthCheck.arn },
            secondary: { route: secondaryRegion },
          },
        },
      },
      { parent: this, dependsOn: [role.policy] },
    );
    this.healthCheckId = healthCheck.id;
    this.endpointId = this.endpoint.endpointUrl.apply((url) => endpointIdOf(url));
    this.registerOutputs({ endpointUrl: this.endpoint.endpointUrl });
  }
}

export interface EndpointPlace {
  /** The primary region's. */
  context: RegionContext;
  keyArn: pulumi.Input<string>;
  primary: RegionalStack;
  replica: RegionalStack;
}

/** The stack's global endpoint, if its settings ask for one. */
export function globalEndpoint(
  name: string,
  { context, keyArn, primary, replica }: EndpointPlace,
  opts: pulumi.ComponentResourceOptions,
): GlobalEndpoint | undefined {
  const { health } = primary;
  if (health === undefined) return undefined;
  const busArns = [primary.routing.bus.arn, replica.routing.bus.arn] as const;
  const secondaryRegion = context.settings.replicaRegion;
  return new GlobalEndpoint(name, { context, keyArn, health, secondaryRegion, busArns }, opts);
}

/** The id in an endpoint's URL, `https://<id>.endpoint.events.amazonaws.com/`. Throws for another URL. */
function endpointIdOf(url: string): string {
  const [, id] = /^https:\/\/(.+)\.endpoint\.events\.amazonaws\.com\/?$/.exec(url) ?? [];
  if (id === undefined)
    throw new Error(
      `endpointUrl is "${url}"; allowed: https://<endpoint id>.endpoint.events.amazonaws.com/, which names the endpoint`,
    );
  return id;
}
