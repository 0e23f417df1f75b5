import { member, problem, type ResourceRule, UNKNOWN } from "./rule.ts";

export const tables: ResourceRule = {
  name: "tables",
  description:
    "Every table is on demand, recoverable to a point in time, streamed with both images and encrypted",
  severity: "high",
  remediation:
    'Set billingMode to "PAY_PER_REQUEST", pointInTimeRecovery.enabled, streamEnabled and serverSideEncryption.enabled to ' +
    'true, and streamViewType to "NEW_AND_OLD_IMAGES"',
  types: ["aws:dynamodb/table:Table"],
  problems: ({ properties }) => {
    const wanted: [property: string, value: unknown, allowed: unknown][] = [
      ["billingMode", properties.billingMode, "PAY_PER_REQUEST"],
      ["pointInTimeRecovery.enabled", member(properties.pointInTimeRecovery, "enabled"), true],
      ["streamEnabled", properties.streamEnabled, true],
      ["streamViewType", properties.streamViewType, "NEW_AND_OLD_IMAGES"],
      ["serverSideEncryption.enabled", member(properties.serverSideEncryption, "enabled"), true],
    ];
    return wanted
      .filter(([, value, allowed]) => value !== allowed)
      .map(([property, value, allowed]) => problem(property, value, JSON.stringify(allowed)));
  },
};

/** The project's own resource for a replica, whose provider runs in the deployment. */
const OWN_REPLICA = /^pulumi-nodejs:dynamic\/.*:TableReplica$/;

export const tableReplicas: ResourceRule = {
  name: "table-replicas",
  description:
    "Every replica of a table is recoverable to a point in time: that is off until it is asked for",
  severity: "high",
  remediation: "Set pointInTimeRecovery to true on the replica",
  problems: ({ type, properties }) => {
    if (type === "aws:dynamodb/tableReplica:TableReplica" || OWN_REPLICA.test(type))
      return isOn(properties.pointInTimeRecovery)
        ? []
        : [problem("pointInTimeRecovery", properties.pointInTimeRecovery, "true")];
    if (type !== "aws:dynamodb/table:Table" || !Array.isArray(properties.replicas)) return [];
    return properties.replicas.flatMap((replica, index) => {
      const recovery = member(replica, "pointInTimeRecovery");
      return isOn(recovery) ? [] : [problem(`replicas[${index}].pointInTimeRecovery`, recovery, "true")];
    });
  },
};

function isOn(value: unknown): boolean {
  return value === true || value === UNKNOWN;
}
