import { type Input, tagList } from "../input.ts";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { ALARM_STATES } from "./alarm-state.ts";
import type { Alarm, Alarms } from "./alarms.ts";
import { readMetricAlarm } from "./metric-alarm.ts";
import { invalid, isMetric, parameters } from "./metric-query.ts";
import { readDimensions } from "./put-metric-data.ts";

/** CloudWatch API Reference, DescribeAlarms and DescribeAlarmHistory. */
const MAXIMUM_RECORDS = 100;
const MAXIMUM_NAMES = 100;

/** The operations on metric alarms. */
export function alarmOperations(alarms: Alarms): Record<string, Operation> {
  const find = (region: string, name: string): Alarm => {
    const alarm = alarms.of(region).get(name);
    if (!alarm) throw new ServiceError("ResourceNotFound", `Unknown alarm: ${name}`, 404);
    return alarm;
  };
  const findByArn = (json: Json, { region }: Call): Alarm => {
    const arn = parameters(json).text("ResourceARN");
    for (const alarm of alarms.of(region).values()) if (alarm.arn === arn) return alarm;
    throw new ServiceError("ResourceNotFoundException", `${arn} does not exist`, 404);
  };
  const named = (json: Json): string[] => {
    const names = parameters(json).only(["AlarmNames"]).texts("AlarmNames");
    if (names.length > MAXIMUM_NAMES) throw invalid(`AlarmNames takes up to ${MAXIMUM_NAMES} names.`);
    return names;
  };
  const enable = (json: Json, region: string, isEnabled: boolean): void => {
    for (const name of named(json)) find(region, name).isEnabled = isEnabled;
  };

  return {
    PutMetricAlarm(json, { region }) {
      alarms.put(region, readMetricAlarm(json), parameters(json).tags("Tags"));
    },
    DescribeAlarms(json, { region }) {
      const input = parameters(json).only([
        ...["AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix"],
        ...["MaxRecords", "NextToken"],
      ]);
      const names = input.texts("AlarmNames");
      const prefix = input.optionalText("AlarmNamePrefix");
      if (names.length > 0 && prefix !== undefined)
        throw new ServiceError(
          "InvalidParameterCombinationException",
          "AlarmNames and AlarmNamePrefix cannot be specified together.",
        );
      const types = input.texts("AlarmTypes");
      const state = input.optionalText("StateValue", { oneOf: ALARM_STATES });
      const action = input.optionalText("ActionPrefix");
      const found = [...alarms.of(region).values()]
        .filter(
          (alarm) =>
            (types.length === 0 || types.includes("MetricAlarm")) &&
            (names.length === 0 || names.includes(alarm.settings.name)) &&
            (prefix === undefined || alarm.settings.name.startsWith(prefix)) &&
            (state === undefined || alarm.state.value === state) &&
            (action === undefined ||
              Object.values(alarm.settings.actions).some((arns) =>
                arns.some((arn) => arn.startsWith(action)),
              )),
        )
        .sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
      const page = pageOf(found, input);
      return { MetricAlarms: page.items.map(show), CompositeAlarms: [], ...page.next };
    },
    DescribeAlarmsForMetric(json, { region }) {
      const input = parameters(json).only([
        ...["Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit"],
      ]);
      const namespace = input.text("Namespace");
      const name = input.text("MetricName");
      const dimensions = sorted(readDimensions(input));
      const statistic = input.optionalText("Statistic") ?? input.optionalText("ExtendedStatistic");
      const period = input.optionalInteger("Period");
      const unit = input.optionalText("Unit");
      const found = [...alarms.of(region).values()].filter(({ settings }) =>
        settings.queries.some(
          ({ of }) =>
            isMetric(of) &&
            of.namespace === namespace &&
            of.name === name &&
            sorted(of.dimensions) === dimensions &&
            (statistic === undefined || of.statistic === statistic) &&
            (period === undefined || of.periodSeconds === period) &&
            (unit === undefined || of.unit === unit),
        ),
      );
      return { MetricAlarms: found.map(show) };
    },
    /** "If you specify any incorrect alarm names, the alarms you specify with correct names are still deleted." */
    DeleteAlarms(json, { region }) {
      for (const name of named(json)) alarms.delete(region, name);
    },
    SetAlarmState(json, { region }) {
      const input = parameters(json).only(["AlarmName", "StateValue", "StateReason", "StateReasonData"]);
      const alarm = find(region, input.text("AlarmName"));
      const text = input.text("StateValue", { oneOf: ALARM_STATES });
      const value = ALARM_STATES.find((each) => each === text) ?? "OK";
      const reasonData = input.optionalText("StateReasonData", { maximum: 4000 });
      if (reasonData !== undefined && !isJsonText(reasonData))
        throw new ServiceError("InvalidFormatFault", "StateReasonData was not syntactically correct JSON");
      alarms.setState(alarm, { value, reason: input.text("StateReason", { maximum: 1023 }), reasonData });
    },
    DescribeAlarmHistory(json, { region }) {
      const input = parameters(json).only([
        ...["AlarmName", "AlarmTypes", "HistoryItemType", "StartDate", "EndDate", "ScanBy"],
        ...["MaxRecords", "NextToken"],
      ]);
      const name = input.optionalText("AlarmName");
      const types = input.texts("AlarmTypes");
      const type = input.optionalText("HistoryItemType", {
        oneOf: ["ConfigurationUpdate", "StateUpdate", "Action"],
      });
      const from = input.optionalTime("StartDate") ?? Number.NEGATIVE_INFINITY;
      const to = input.optionalTime("EndDate") ?? Number.POSITIVE_INFINITY;
      const found = alarms.history
        .of(region)
        .filter(
          (item) =>
            (types.length === 0 || types.includes("MetricAlarm")) &&
            (name === undefined || item.name === name) &&
            (type === undefined || item.type === type) &&
            item.at >= from &&
            item.at <= to,
        );
      const isAscending =
        input.optionalText("ScanBy", { oneOf: ["TimestampDescending", "TimestampAscending"] }) ===
        "TimestampAscending";
      const page = pageOf(isAscending ? found : found.reverse(), input);
      return {
        AlarmHistoryItems: page.items.map((item) => ({
          AlarmName: item.name,
          AlarmType: "MetricAlarm",
          Timestamp: item.at / 1000,
          HistoryItemType: item.type,
          HistorySummary: item.summary,
          HistoryData: item.data,
        })),
        ...page.next,
      };
    },
    EnableAlarmActions: (json, { region }) => enable(json, region, true),
    DisableAlarmActions: (json, { region }) => enable(json, region, false),
    ListTagsForResource: (json, call) => ({ Tags: tagList(findByArn(json, call).tags) }),
    TagResource(json, call) {
      Object.assign(findByArn(json, call).tags, parameters(json).tags("Tags"));
    },
    UntagResource(json, call) {
      const { tags } = findByArn(json, call);
      for (const key of parameters(json).texts("TagKeys")) delete tags[key];
    },
  };
}

/** An alarm as DescribeAlarms shows it. */
function show({ arn, settings, isEnabled, configuredAt, state, changedAt }: Alarm): Json {
  return {
    ...settings.put,
    AlarmArn: arn,
    ActionsEnabled: isEnabled,
    OKActions: settings.actions.OK,
    AlarmActions: settings.actions.ALARM,
    InsufficientDataActions: settings.actions.INSUFFICIENT_DATA,
    ...(settings.put.Metrics === undefined ? { Dimensions: settings.put.Dimensions ?? [] } : {}),
    AlarmConfigurationUpdatedTimestamp: configuredAt / 1000,
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData === undefined ? {} : { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: state.at / 1000,
    StateTransitionedTimestamp: changedAt / 1000,
  };
}

function pageOf<T>(found: readonly T[], input: Input): { items: T[]; next: Json } {
  const size =
    input.optionalInteger("MaxRecords", { minimum: 1, maximum: MAXIMUM_RECORDS }) ?? MAXIMUM_RECORDS;
  const start = Number(input.optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
  const next = found.length > start + size ? { NextToken: String(start + size) } : {};
  return { items: found.slice(start, start + size), next };
}

function sorted(dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
