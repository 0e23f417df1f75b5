import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, rows } from "./table.ts";

/** Amazon Route 53: health checks, whose ARNs have neither region nor account. */
const healthCheck = (name: string) => (input: Json) => `arn:aws:route53:::healthcheck/${member(input, name)}`;

export const ROUTE53_ACTIONS: ActionTable = {
  ...rows("route53", anything, "CreateHealthCheck", "ListHealthChecks", "GetHealthCheckCount"),
  ...rows(
    "route53",
    healthCheck("HealthCheckId"),
    "GetHealthCheck",
    "UpdateHealthCheck",
    "DeleteHealthCheck",
  ),
  ...rows("route53", healthCheck("HealthCheckId"), "GetHealthCheckStatus"),
  ...rows("route53", healthCheck("ResourceId"), "ChangeTagsForResource", "ListTagsForResource"),
};
