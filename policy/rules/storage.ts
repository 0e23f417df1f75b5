import { member, problem, type ResourceRule, UNKNOWN } from "./rule.ts";

export const stringParameters: ResourceRule = {
  name: "string-parameters",
  description: "Configuration is kept in parameters of type String",
  severity: "low",
  remediation: 'Set type to "String"; secrets belong into Secrets Manager',
  types: ["aws:ssm/parameter:Parameter"],
  problems: ({ properties: { type } }) => (type === "String" ? [] : [problem("type", type, '"String"')]),
};

export const scannedImages: ResourceRule = {
  name: "scanned-images",
  description: "Every image is scanned when it is pushed",
  severity: "medium",
  remediation: "Set imageScanningConfiguration.scanOnPush to true",
  types: ["aws:ecr/repository:Repository"],
  problems: ({ properties }) => {
    const scan = member(properties.imageScanningConfiguration, "scanOnPush");
    return scan === true ? [] : [problem("imageScanningConfiguration.scanOnPush", scan, "true")];
  },
};

export const logRetention: ResourceRule = {
  name: "log-retention",
  description: "Every log group says how long it keeps its lines: for ever costs for ever",
  severity: "medium",
  remediation: "Set retentionInDays",
  settings: {
    minimumDays: { type: "integer", minimum: 1, description: "Least days that lines are kept", default: 1 },
    maximumDays: { type: "integer", minimum: 1, description: "Most days that lines are kept", default: 3653 },
  },
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  problems: ({ properties: { retentionInDays: days } }, { minimumDays, maximumDays }) =>
    typeof days === "number" && days >= Number(minimumDays) && days <= Number(maximumDays)
      ? []
      : [problem("retentionInDays", days, `from ${minimumDays} to ${maximumDays}`)],
};

export const alarmActions: ResourceRule = {
  name: "alarm-actions",
  description: "Every alarm tells somebody: it has an action, and its actions are enabled",
  severity: "high",
  remediation: "Set alarmActions to a topic's ARN, and leave actionsEnabled true",
  settings: {
    stacks: {
      type: "array",
      items: { type: "string" },
      description: "Stacks whose alarms need an action; empty for all",
      default: [],
    },
  },
  types: ["aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"],
  problems: ({ urn, properties: { alarmActions: actions, actionsEnabled } }, { stacks }) => {
    const names = Array.isArray(stacks) ? stacks : [];
    // urn:pulumi:STACK::PROJECT::TYPE::NAME
    if (names.length > 0 && !names.includes(urn.split("::")[0]?.split(":")[2])) return [];
    const isGiven = actions === UNKNOWN || (Array.isArray(actions) && actions.length > 0);
    return [
      ...(isGiven ? [] : [problem("alarmActions", actions, "one or more")]),
      ...(actionsEnabled === false ? [problem("actionsEnabled", false, "true")] : []),
    ];
  },
};
