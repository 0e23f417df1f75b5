import { isJson } from "../../input.ts";
import type { Json } from "../../service.ts";
import type { Need, Place } from "./table.ts";
import { type ActionTable, anything, member, passed, regional, rows, texts } from "./table.ts";

/** Amazon EventBridge. */
function bus(nameOrArn: unknown, at: Place): string {
  const given = typeof nameOrArn === "string" && nameOrArn !== "" ? nameOrArn : "default";
  return given.startsWith("arn:") ? given : regional("events", at, `event-bus/${given}`);
}

function rule(name: string, nameOrArn: unknown, at: Place): string {
  const busName = bus(nameOrArn, at).split(":event-bus/")[1];
  return regional("events", at, busName === "default" ? `rule/${name}` : `rule/${busName}/${name}`);
}

const named = (kind: string, name: string) => (input: Json, at: Place) =>
  regional("events", at, `${kind}/${member(input, name)}`);
const ruleNamed = (name: string) => (input: Json, at: Place) =>
  rule(member(input, name), input.EventBusName, at);

/** Every entry is put to a bus of its own. Entries that need the same are asked about once. */
function putEvents(input: Json, at: Place): Need[] {
  const needs = new Map<string, Need>();
  for (const entry of Array.isArray(input.Entries) ? input.Entries : []) {
    if (!isJson(entry)) continue;
    const resource = bus(entry.EventBusName, at);
    const context = {
      "events:source": member(entry, "Source"),
      "events:detail-type": member(entry, "DetailType"),
    };
    const key = `${resource} ${context["events:source"]} ${context["events:detail-type"]}`;
    needs.set(key, { action: "events:PutEvents", resource, context });
  }
  return [...needs.values()];
}

function putTargets(input: Json, at: Place): Need[] {
  const targets = Array.isArray(input.Targets) ? input.Targets.filter(isJson) : [];
  const context = { "events:TargetArn": texts(targets.map(({ Arn }) => Arn)) };
  return [
    { action: "events:PutTargets", resource: ruleNamed("Rule")(input, at), context },
    ...targets.flatMap(({ RoleArn }) => passed(RoleArn, "events.amazonaws.com")),
  ];
}

export const EVENTS_ACTIONS: ActionTable = {
  PutEvents: putEvents,
  PutTargets: putTargets,
  ...rows("events", ruleNamed("Name"), "PutRule", "DeleteRule", "DescribeRule", "EnableRule", "DisableRule"),
  ...rows("events", ruleNamed("Rule"), "RemoveTargets", "ListTargetsByRule"),
  ...rows("events", (input, at) => bus(input.Name, at), "CreateEventBus", "DeleteEventBus"),
  ...rows("events", (input, at) => bus(input.Name, at), "DescribeEventBus", "UpdateEventBus"),
  ...rows("events", (input, at) => bus(input.EventBusName, at), "PutPermission", "RemovePermission"),
  CreateArchive: (input, at) => [
    { action: "events:CreateArchive", resource: named("archive", "ArchiveName")(input, at) },
    { action: "events:CreateArchive", resource: bus(input.EventSourceArn, at) },
  ],
  ...rows("events", named("archive", "ArchiveName"), "DeleteArchive", "DescribeArchive", "UpdateArchive"),
  StartReplay: (input, at) => [
    { action: "events:StartReplay", resource: named("replay", "ReplayName")(input, at) },
    { action: "events:StartReplay", resource: member(input, "EventSourceArn") },
    {
      action: "events:StartReplay",
      resource: isJson(input.Destination) ? member(input.Destination, "Arn") : "*",
    },
  ],
  ...rows("events", named("replay", "ReplayName"), "DescribeReplay", "CancelReplay"),
  CreateEndpoint: (input, at) => [
    { action: "events:CreateEndpoint", resource: named("endpoint", "Name")(input, at) },
    ...passed(input.RoleArn, "events.amazonaws.com"),
  ],
  ...rows("events", named("endpoint", "Name"), "DeleteEndpoint", "DescribeEndpoint", "UpdateEndpoint"),
  ...rows("events", (input) => member(input, "ResourceARN"), "TagResource", "UntagResource"),
  ...rows("events", (input) => member(input, "ResourceARN"), "ListTagsForResource"),
  ...rows("events", anything, "ListEventBuses", "ListRules", "ListRuleNamesByTarget", "ListArchives"),
  ...rows("events", anything, "ListReplays", "ListEndpoints", "TestEventPattern"),
};
