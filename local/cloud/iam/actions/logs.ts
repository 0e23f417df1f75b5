import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, regional, rows } from "./table.ts";

/**
 * Amazon CloudWatch Logs. A group's own ARN stands for tags only; for everything else it is followed by its streams,
 * which policies name as `:*` (CloudWatch Logs User Guide, "Identity-based policies": "CloudWatch Logs resources and
 * operations").
 */
function group(input: Json, at: Place): string {
  const identifier = member(input, "logGroupIdentifier");
  const name =
    identifier === "" ? member(input, "logGroupName") : (identifier.split(":log-group:").pop() ?? "");
  return regional("logs", at, `log-group:${name.replace(/:\*$/, "")}:log-stream:`);
}

const stream = (input: Json, at: Place) => `${group(input, at)}${member(input, "logStreamName")}`;

export const LOGS_ACTIONS: ActionTable = {
  ...rows("logs", group, "CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy"),
  ...rows("logs", group, "AssociateKmsKey", "DisassociateKmsKey", "DescribeLogStreams", "FilterLogEvents"),
  ...rows("logs", group, "PutMetricFilter", "DeleteMetricFilter", "DescribeMetricFilters"),
  ...rows("logs", group, "PutSubscriptionFilter", "DeleteSubscriptionFilter", "DescribeSubscriptionFilters"),
  ...rows("logs", group, "StartQuery"),
  ...rows("logs", stream, "CreateLogStream", "PutLogEvents", "GetLogEvents", "DeleteLogStream"),
  // Any group may be asked for, so the resource is the group of no name.
  ...rows("logs", (_input, at) => group({}, at), "DescribeLogGroups"),
  ...rows("logs", (input) => member(input, "resourceArn"), "TagResource", "UntagResource"),
  ...rows("logs", (input) => member(input, "resourceArn"), "ListTagsForResource"),
  ...rows("logs", anything, "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
  ...rows("logs", anything, "ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"),
  ...rows("logs", anything, "DeleteResourcePolicy", "GetQueryResults", "StopQuery", "DescribeQueries"),
};
