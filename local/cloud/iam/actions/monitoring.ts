import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, regional, rows, texts } from "./table.ts";

/** Amazon CloudWatch: alarms, metrics, dashboards. */
const alarms = (action: string, names: string) => (input: Json, at: Place) => {
  const given = [...texts(input[names]), member(input, "AlarmName")].filter((name) => name !== "");
  return (given.length === 0 ? ["*"] : given).map((name) => ({
    action,
    resource: regional("cloudwatch", at, `alarm:${name}`),
  }));
};

const alarmRows = (names: string, ...operations: string[]): ActionTable =>
  Object.fromEntries(operations.map((name) => [name, alarms(`cloudwatch:${name}`, names)]));

const dashboard = (input: Json, { account }: Place) =>
  `arn:aws:cloudwatch::${account}:dashboard/${member(input, "DashboardName")}`;

export const MONITORING_ACTIONS: ActionTable = {
  PutMetricData: (input) => [
    {
      action: "cloudwatch:PutMetricData",
      resource: "*",
      context: { "cloudwatch:namespace": member(input, "Namespace") },
    },
  ],
  ...rows("cloudwatch", anything, "GetMetricData", "GetMetricStatistics", "ListMetrics"),
  ...rows("cloudwatch", anything, "DescribeAlarmsForMetric", "ListDashboards"),
  ...alarmRows("AlarmNames", "PutMetricAlarm", "PutCompositeAlarm", "DeleteAlarms", "DescribeAlarms"),
  ...alarmRows("AlarmNames", "DescribeAlarmHistory", "SetAlarmState"),
  ...alarmRows("AlarmNames", "EnableAlarmActions", "DisableAlarmActions"),
  ...rows("cloudwatch", dashboard, "PutDashboard", "GetDashboard"),
  DeleteDashboards: (input, at) =>
    texts(input.DashboardNames).map((DashboardName) => ({
      action: "cloudwatch:DeleteDashboards",
      resource: dashboard({ DashboardName }, at),
    })),
  ...rows("cloudwatch", (input) => member(input, "ResourceARN"), "TagResource", "UntagResource"),
  ...rows("cloudwatch", (input) => member(input, "ResourceARN"), "ListTagsForResource"),
};
