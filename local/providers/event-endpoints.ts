import { endpointIdOf, endpointUrlOf } from "../cloud/events/endpoint-settings.ts";
import { isJson } from "../cloud/input.ts";
import type { Properties } from "../program/wire.ts";
import { matching, refused } from "./checks.ts";
import { drift, sameSet } from "./drift.ts";
import type { ResourceType } from "./resource-type.ts";
import { arn, deployer, given, list, record, text, unlessGone } from "./resource-type.ts";

/** Members of CreateEndpoint and UpdateEndpoint besides the name. */
function settings(inputs: Properties): Properties {
  const { primary, secondary } = record(record(inputs.routingConfig).failoverConfig);
  const { replicationConfig } = inputs;
  return {
    ...given(inputs, { description: "Description", roleArn: "RoleArn" }),
    RoutingConfig: {
      FailoverConfig: {
        Primary: given(record(primary), { healthCheck: "HealthCheck" }),
        Secondary: given(record(secondary), { route: "Route" }),
      },
    },
    // What an update leaves out stays: replication is on unless it is said to be off.
    ReplicationConfig: { State: record(replicationConfig).state ?? "ENABLED" },
    EventBuses: list(inputs.eventBuses).map((bus) => given(record(bus), { eventBusArn: "EventBusArn" })),
  };
}

/** The inputs that `settings` makes such an answer of. */
function inputsOf(found: Record<string, unknown>, stated: Properties): Properties {
  const failover = isJson(found.RoutingConfig) ? found.RoutingConfig.FailoverConfig : undefined;
  const { Primary, Secondary } = isJson(failover) ? failover : {};
  const statedArns = list(stated.eventBuses).map((bus) => record(bus).eventBusArn ?? "");
  const arns = (Array.isArray(found.EventBuses) ? found.EventBuses : [])
    .filter(isJson)
    .map((bus) => bus.EventBusArn);
  return {
    description: typeof found.Description === "string" ? found.Description : null,
    roleArn: typeof found.RoleArn === "string" ? found.RoleArn : null,
    routingConfig: {
      failoverConfig: {
        primary: { healthCheck: isJson(Primary) ? String(Primary.HealthCheck) : "" },
        secondary: { route: isJson(Secondary) ? String(Secondary.Route) : "" },
      },
    },
    replicationConfig: {
      state: isJson(found.ReplicationConfig) ? String(found.ReplicationConfig.State) : "",
    },
    eventBuses: list(sameSet(statedArns, arns)).map((eventBusArn) => ({ eventBusArn })),
  };
}

/** A global endpoint of EventBridge. */
export const EVENT_ENDPOINT: ResourceType = {
  describe: (request) => {
    const name = text(request.inputs, "name");
    const endpointArn = arn(request, "events", `endpoint/${name}`);
    return { id: name, outputs: { arn: endpointArn, endpointUrl: endpointUrlOf(endpointIdOf(endpointArn)) } };
  },
  check: (inputs) => refused(inputs, { name: matching(/^[.\-_A-Za-z0-9]{1,64}$/) }),
  create: async (request, { call }) => {
    const { inputs } = request;
    await call(
      "events",
      "CreateEndpoint",
      { Name: text(inputs, "name"), ...settings(inputs) },
      deployer(request),
    );
  },
  replacedBy: ["name"],
  update: async (request, { call }) => {
    const input = { Name: request.id, Description: "", ...settings(request.inputs) };
    await call("events", "UpdateEndpoint", input, deployer(request));
  },
  delete: async (request, { call }) => {
    await unlessGone(call("events", "DeleteEndpoint", { Name: request.id }, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const found = await unlessGone(call("events", "DescribeEndpoint", { Name: id }, deployer(request)));
    return (
      found && { inputs: drift(inputs, inputsOf(found, inputs), { replicationConfig: { state: "ENABLED" } }) }
    );
  },
  autoname: "name",
  except: "the managed rules that replicate on AWS are not made",
};
