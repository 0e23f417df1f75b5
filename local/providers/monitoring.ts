import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, text } from "./resource-type.ts";

/** Amazon CloudWatch metrics and logs. */
export const MONITORING_TYPES: ResourceTypes = {
  "aws:cloudwatch/logGroup:LogGroup": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "logs", `log-group:${name}`) } };
    },
    create: async ({ inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const logGroupName = text(inputs, "name");
      await call("logs", "CreateLogGroup", { logGroupName }, from);
      if (typeof inputs.retentionInDays === "number")
        await call(
          "logs",
          "PutRetentionPolicy",
          { logGroupName, retentionInDays: inputs.retentionInDays },
          from,
        );
    },
    autoname: "name",
  },
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "policyName"), outputs: {} }),
    inert: "permissions are not evaluated yet",
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "cloudwatch", `alarm:${name}`) } };
    },
    inert: "alarms are not evaluated yet; of the metrics that they read, queues emit none yet",
    autoname: "name",
  },
};
