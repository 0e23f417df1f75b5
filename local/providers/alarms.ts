import { isJson } from "../cloud/input.ts";
import { readMetricAlarm } from "../cloud/monitoring/metric-alarm.ts";
import type { CreateRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isKnown } from "./checks.ts";
import { drift, isSame, taken } from "./drift.ts";
import type { ProviderPorts, ResourceType } from "./resource-type.ts";
import {
  arn,
  deployer,
  given,
  list,
  record,
  tagChanges,
  tagList,
  text,
  unlessGone,
} from "./resource-type.ts";

/** Members of PutMetricAlarm, by the input that sets each. */
const ALARM_MEMBERS = {
  actionsEnabled: "ActionsEnabled",
  alarmActions: "AlarmActions",
  alarmDescription: "AlarmDescription",
  comparisonOperator: "ComparisonOperator",
  datapointsToAlarm: "DatapointsToAlarm",
  evaluateLowSampleCountPercentiles: "EvaluateLowSampleCountPercentile",
  evaluationPeriods: "EvaluationPeriods",
  extendedStatistic: "ExtendedStatistic",
  insufficientDataActions: "InsufficientDataActions",
  metricName: "MetricName",
  name: "AlarmName",
  namespace: "Namespace",
  okActions: "OKActions",
  period: "Period",
  statistic: "Statistic",
  threshold: "Threshold",
  thresholdMetricId: "ThresholdMetricId",
  treatMissingData: "TreatMissingData",
  unit: "Unit",
} as const;
const QUERY_MEMBERS = {
  accountId: "AccountId",
  expression: "Expression",
  id: "Id",
  label: "Label",
  period: "Period",
  returnData: "ReturnData",
} as const;
const METRIC_MEMBERS = { metricName: "MetricName", namespace: "Namespace" } as const;
const STATISTIC_MEMBERS = { period: "Period", stat: "Stat", unit: "Unit" } as const;

function dimensionList(dimensions: Properties): Properties[] {
  return Object.entries(dimensions).map(([Name, Value = ""]) => ({ Name, Value }));
}

function dimensionsOf(value: unknown): Properties {
  const dimensions = Array.isArray(value) ? value.filter(isJson) : [];
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [String(Name), String(Value)]));
}

/** One element of an alarm's Metrics; data is returned only where that is said, as the provider has it. */
function metricQuery(value: Value): Properties {
  const query = record(value);
  const metric = record(query.metric);
  const shown = { ReturnData: false, ...given(query, QUERY_MEMBERS) };
  if (query.metric === undefined) return shown;
  return {
    ...shown,
    MetricStat: {
      Metric: { ...given(metric, METRIC_MEMBERS), Dimensions: dimensionList(record(metric.dimensions)) },
      ...given(metric, STATISTIC_MEMBERS),
    },
  };
}

/** The inverse of `metricQuery`. */
function queryOf(member: unknown): Properties {
  const query = taken(member, QUERY_MEMBERS);
  const statistic = isJson(member) && isJson(member.MetricStat) ? member.MetricStat : undefined;
  if (!statistic) return query;
  const metric = isJson(statistic.Metric) ? statistic.Metric : {};
  const dimensions = dimensionsOf(metric.Dimensions);
  return {
    ...query,
    metric: { ...taken(metric, METRIC_MEMBERS), ...taken(statistic, STATISTIC_MEMBERS), dimensions },
  };
}

/** PutMetricAlarm's input. */
function alarmInput(inputs: Properties): Properties {
  const { dimensions, metricQueries } = inputs;
  return {
    ...given(inputs, ALARM_MEMBERS),
    ...(dimensions ? { Dimensions: dimensionList(record(dimensions)) } : {}),
    ...(metricQueries ? { Metrics: list(metricQueries).map(metricQuery) } : {}),
  };
}

/** What CloudWatch would refuse, by the input that its message is about. Inputs that are not known are left out. */
function check(inputs: Properties): { property: string; reason: string }[] {
  const isDecided = ["dimensions", "metricQueries", "metricName", "namespace", "name"].every((input) =>
    isKnown(inputs[input]),
  );
  if (!isDecided) return [];
  try {
    readMetricAlarm(
      alarmInput(Object.fromEntries(Object.entries(inputs).filter(([, value]) => isKnown(value)))),
    );
    return [];
  } catch (error) {
    const { message } = error as Error;
    const member = /at '(\w+)/.exec(message)?.[1] ?? "";
    const property = Object.entries({ ...ALARM_MEMBERS, dimensions: "Dimensions" }).find(
      ([, name]) => name === member,
    );
    return [
      { property: property?.[0] ?? (inputs.metricQueries ? "metricQueries" : "metricName"), reason: message },
    ];
  }
}

async function put(request: CreateRequest, { call }: ProviderPorts): Promise<void> {
  const input = { ...alarmInput(request.inputs), Tags: tagList(request.inputs) };
  await call("monitoring", "PutMetricAlarm", input, deployer(request));
}

/** A metric alarm of CloudWatch. */
export const ALARM: ResourceType = {
  describe: (request) => {
    const name = text(request.inputs, "name");
    return { id: name, outputs: { arn: arn(request, "cloudwatch", `alarm:${name}`) } };
  },
  check,
  create: put,
  replacedBy: ["name"],
  update: async (request, { call }) => {
    // Tags in PutMetricAlarm count only when it makes an alarm (CloudWatch API Reference, PutMetricAlarm, "Tags").
    await call("monitoring", "PutMetricAlarm", alarmInput(request.inputs), deployer(request));
    const ResourceARN = String(request.outputs.arn);
    const { put: added, gone } = tagChanges(request.before, request.inputs);
    const tags = { ResourceARN, Tags: tagList({ tags: added }) };
    if (tags.Tags.length > 0) await call("monitoring", "TagResource", tags, deployer(request));
    if (gone.length > 0)
      await call("monitoring", "UntagResource", { ResourceARN, TagKeys: gone }, deployer(request));
  },
  delete: async (request, { call }) => {
    await unlessGone(call("monitoring", "DeleteAlarms", { AlarmNames: [request.id] }, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const answer = await call("monitoring", "DescribeAlarms", { AlarmNames: [id] }, deployer(request));
    const [found] = Array.isArray(answer.MetricAlarms) ? answer.MetricAlarms.filter(isJson) : [];
    if (!found) return undefined;
    const none = Object.fromEntries(Object.keys(ALARM_MEMBERS).map((input) => [input, undefined]));
    const queries = Array.isArray(found.Metrics) ? found.Metrics : [];
    const isSameMath = isSame(alarmInput(inputs).Metrics, queries);
    return {
      inputs: drift(
        inputs,
        {
          ...{ ...none, ...taken(found, ALARM_MEMBERS) },
          dimensions: dimensionsOf(found.Dimensions),
          ...(isSameMath ? {} : { metricQueries: queries.map(queryOf) }),
        },
        { actionsEnabled: true, treatMissingData: "missing" },
      ),
    };
  },
  autoname: "name",
};
