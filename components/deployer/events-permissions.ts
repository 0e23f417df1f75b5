import { actions, type PeopleContext } from "../people/context.ts";
import { resourcesOf } from "../people/resources.ts";
import type { DeployerPermission } from "./permission.ts";

const TAGS = "default tags; changes and destroy";

/** What making, changing and removing the way of events takes: buses, endpoint, schedules, queues and the alarms' topic. */
export function eventsPermissions(context: PeopleContext): DeployerPermission[] {
  const { inRegions } = context;
  const resources = resourcesOf(context);
  const row = (sid: string, rest: Omit<DeployerPermission, "document" | "sid">): DeployerPermission => ({
    document: "deployer-events",
    sid,
    ...rest,
  });
  return [
    row("Events", {
      purpose: "bus, archive, rules and targets, on the default bus too",
      resources: resources.bus,
      conditions: inRegions,
      deployment: actions("events", "CreateArchive", "CreateEventBus", "PutRule", "PutTargets"),
      further: [
        ...actions("events", "UpdateArchive", "DeleteArchive", "UpdateEventBus", "DeleteEventBus"),
        ...actions("events", "EnableRule", "DisableRule", "DeleteRule", "RemoveTargets"),
        ...actions("events", "TagResource", "UntagResource"),
      ],
      reason: TAGS,
    }),
    row("Endpoint", {
      purpose: "the global endpoint; not needed with failover.enabled false",
      resources: resources.endpoint,
      conditions: inRegions,
      deployment: actions("events", "CreateEndpoint"),
      further: actions("events", "UpdateEndpoint", "DeleteEndpoint"),
      reason: "changes and destroy",
    }),
    row("NewHealthChecks", {
      purpose: "the endpoint's health checks: Route 53 gives them ids, and answers in us-east-1",
      resources: ["*"],
      conditions: inRegions,
      deployment: actions("route53", "CreateHealthCheck"),
    }),
    row("HealthChecks", {
      purpose: "changes of them",
      resources: resources.healthChecks,
      conditions: inRegions,
      deployment: actions("route53", "ChangeTagsForResource"),
      further: actions("route53", "UpdateHealthCheck", "DeleteHealthCheck"),
      reason: "changes and destroy",
    }),
    row("Schedules", {
      purpose: "schedules, which have no tags",
      resources: resources.schedules,
      conditions: inRegions,
      deployment: actions("scheduler", "CreateSchedule"),
      further: actions("scheduler", "UpdateSchedule", "DeleteSchedule"),
      reason: "changes and destroy",
    }),
    row("Queues", {
      purpose: "queues and their policies",
      resources: resources.queues,
      conditions: inRegions,
      deployment: actions("sqs", "CreateQueue", "SetQueueAttributes"),
      further: actions("sqs", "DeleteQueue", "TagQueue", "UntagQueue"),
      reason: TAGS,
    }),
    row("Topic", {
      purpose: "the alarms' topic and its subscription",
      resources: resources.topic,
      conditions: inRegions,
      deployment: actions("sns", "CreateTopic", "SetTopicAttributes"),
      further: [
        ...actions("sns", "DeleteTopic", "Subscribe", "Unsubscribe", "SetSubscriptionAttributes"),
        ...actions("sns", "TagResource", "UntagResource"),
      ],
      reason: `alertEmail; ${TAGS}`,
    }),
  ];
}
