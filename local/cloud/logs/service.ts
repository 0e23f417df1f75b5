import { Input } from "../input.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { logDeliveries } from "./deliveries.ts";
import { recordEmbeddedMetrics } from "./embedded-metrics.ts";
import { LogGroup } from "./log-group.ts";
import { filterLogEvents, getLogEvents } from "./read.ts";

/** CloudWatch Logs: groups and streams in bounded memory; embedded metrics go to the metric store. */
export interface LogsService extends Service {
  /** Appends lines, making group and stream if needed; for services whose output is logged for them. */
  append(region: string, group: string, stream: string, messages: readonly string[]): void;
  /** A region's groups by name. */
  groups(region: string): ReadonlyMap<string, LogGroup>;
}

const GROUP_NAME = { minimum: 1, maximum: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ };
const STREAM_NAME = { minimum: 1, maximum: 512, pattern: /^[^:*]*$/ };
/** CloudWatch Logs API Reference, PutRetentionPolicy. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
/** CloudWatch Logs API Reference, PutLogEvents: 10,000 lines, 1,048,576 bytes counting 26 for each line. */
const MAXIMUM_BATCH_EVENTS = 10_000;
const MAXIMUM_BATCH_BYTES = 1_048_576;
const BYTES_BESIDE_MESSAGE = 26;
const MAXIMUM_PAGE = 50;

/** `metrics` takes in what lines carry in embedded metric format. */
export function createLogs(surroundings: Surroundings, metrics: MetricStore): LogsService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, LogGroup>());

  const find = (json: Json, call: Call): LogGroup => {
    const input = parameters(json);
    const name = input.has("logGroupIdentifier")
      ? (input.text("logGroupIdentifier").split(":log-group:").pop() ?? "").replace(/:\*$/, "")
      : input.text("logGroupName", GROUP_NAME);
    const group = regions.of(call.region).get(name);
    if (!group)
      throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
    return group;
  };
  const arnOf = (region: string, name: string): string =>
    `arn:aws:logs:${region}:${account}:log-group:${name}`;
  const take = (
    region: string,
    group: LogGroup,
    stream: string,
    timestamp: number,
    message: string,
  ): void => {
    const now = clock.now();
    group.append(group.ensureStream(stream, now), timestamp, message, now);
    recordEmbeddedMetrics(metrics, { region, logGroup: group.name }, message);
  };

  const deliveries = logDeliveries(() => clock.now());
  return {
    name: "logs",
    groups: (region) => regions.of(region),
    resourcePolicy: (arn) => deliveries.resourcePolicy(arn.split(":")[3] ?? ""),
    encryptionKey: (arn) => {
      const [, , , region = "", , , name = ""] = arn.split(":");
      return regions.of(region).get(name)?.kmsKeyId;
    },
    append(region, name, stream, messages) {
      const groups = regions.of(region);
      const group = groups.get(name) ?? new LogGroup(name, clock.now());
      groups.set(name, group);
      for (const message of messages) take(region, group, stream, clock.now(), message);
    },
    operations: {
      CreateLogGroup(json, call) {
        const input = parameters(json);
        const name = input.text("logGroupName", GROUP_NAME);
        const groups = regions.of(call.region);
        if (groups.has(name)) throw alreadyExists("log group");
        const group = new LogGroup(name, clock.now(), { ...input.textMap("tags") });
        group.kmsKeyId = input.optionalText("kmsKeyId");
        groups.set(name, group);
      },
      DeleteLogGroup(json, call) {
        regions.of(call.region).delete(find(json, call).name);
      },
      PutRetentionPolicy(json, call) {
        const days = parameters(json).integer("retentionInDays");
        if (!RETENTION_DAYS.includes(days))
          throw parameters(json).refuse(
            "retentionInDays",
            days,
            `Member must be one of ${RETENTION_DAYS.join(", ")}`,
          );
        find(json, call).retentionInDays = days;
      },
      DeleteRetentionPolicy(json, call) {
        find(json, call).retentionInDays = undefined;
      },
      AssociateKmsKey(json, call) {
        const kmsKeyId = parameters(json).text("kmsKeyId", { maximum: 256 });
        find(json, call).kmsKeyId = kmsKeyId;
      },
      DisassociateKmsKey(json, call) {
        find(json, call).kmsKeyId = undefined;
      },
      CreateLogStream(json, call) {
        const group = find(json, call);
        const name = parameters(json).text("logStreamName", STREAM_NAME);
        if (group.streams.has(name)) throw alreadyExists("log stream");
        group.ensureStream(name, clock.now());
      },
      PutLogEvents(json, call) {
        const group = find(json, call);
        const stream = parameters(json).text("logStreamName", STREAM_NAME);
        if (!group.streams.has(stream))
          throw new ServiceError("ResourceNotFoundException", "The specified log stream does not exist.");
        for (const { timestamp, message } of readEvents(json))
          take(call.region, group, stream, timestamp, message);
        return { nextSequenceToken: String(clock.now()) };
      },
      DescribeLogGroups(json, call) {
        const input = parameters(json);
        const prefix = input.optionalText("logGroupNamePrefix") ?? "";
        const pattern = input.optionalText("logGroupNamePattern") ?? "";
        const groups = [...regions.of(call.region).values()]
          .filter(({ name }) => name.startsWith(prefix) && name.includes(pattern))
          .sort(byName);
        return page(json, groups, "logGroups", (group) => ({
          logGroupName: group.name,
          logGroupArn: arnOf(call.region, group.name),
          arn: `${arnOf(call.region, group.name)}:*`,
          creationTime: group.createdAt,
          metricFilterCount: 0,
          storedBytes: group.bytes,
          retentionInDays: group.retentionInDays,
          kmsKeyId: group.kmsKeyId,
        }));
      },
      DescribeLogStreams(json, call) {
        const group = find(json, call);
        const input = parameters(json).only([
          "logGroupName",
          "logGroupIdentifier",
          "logStreamNamePrefix",
          "orderBy",
          "descending",
          "limit",
          "nextToken",
        ]);
        const prefix = input.optionalText("logStreamNamePrefix") ?? "";
        const byTime = input.optionalText("orderBy", { oneOf: ["LogStreamName", "LastEventTime"] });
        if (byTime === "LastEventTime" && prefix !== "")
          throw new ServiceError(
            "InvalidParameterException",
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
          );
        const streams = [...group.streams.values()]
          .filter(({ name }) => name.startsWith(prefix))
          .sort(byName);
        if (byTime === "LastEventTime")
          streams.sort((a, b) => (a.lastTimestamp ?? 0) - (b.lastTimestamp ?? 0));
        if (input.flag("descending")) streams.reverse();
        return page(json, streams, "logStreams", (stream) => ({
          logStreamName: stream.name,
          arn: `${arnOf(call.region, group.name)}:log-stream:${stream.name}`,
          creationTime: stream.createdAt,
          firstEventTimestamp: stream.firstTimestamp,
          lastEventTimestamp: stream.lastTimestamp,
          lastIngestionTime: stream.lastIngestion,
          storedBytes: 0,
        }));
      },
      GetLogEvents(json, call) {
        const group = find(json, call);
        if (!group.streams.has(parameters(json).text("logStreamName", STREAM_NAME)))
          throw new ServiceError("ResourceNotFoundException", "The specified log stream does not exist.");
        return getLogEvents(group, json, clock.now());
      },
      FilterLogEvents: (json, call) => filterLogEvents(find(json, call), json, clock.now()),
      ListTagsForResource: (json, call) => ({ tags: tagged(json, call).tags }),
      TagResource(json, call) {
        Object.assign(tagged(json, call).tags, parameters(json).textMap("tags"));
      },
      UntagResource(json, call) {
        const { tags } = tagged(json, call);
        for (const key of parameters(json).texts("tagKeys")) delete tags[key];
      },
      ...deliveries.operations,
    },
  };

  function tagged(json: Json, call: Call): LogGroup {
    return find({ logGroupIdentifier: parameters(json).text("resourceArn") }, call);
  }
}

function readEvents(json: Json): { timestamp: number; message: string }[] {
  const records = parameters(json).records("logEvents");
  if (records.length === 0 || records.length > MAXIMUM_BATCH_EVENTS)
    throw parameters(json).refuse(
      "logEvents",
      records.length,
      `Member must have 1 to ${MAXIMUM_BATCH_EVENTS} events`,
    );
  let bytes = 0;
  const events = records.map((record) => {
    const event = parameters(record);
    const message = event.text("message", { minimum: 1 });
    bytes += Buffer.byteLength(message) + BYTES_BESIDE_MESSAGE;
    return { timestamp: event.integer("timestamp", { minimum: 0 }), message };
  });
  if (bytes > MAXIMUM_BATCH_BYTES)
    throw new ServiceError(
      "InvalidParameterException",
      `Upload too large: ${bytes} bytes exceeds limit of ${MAXIMUM_BATCH_BYTES}`,
    );
  return events;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** A page of values in their order; the token is the name of the last one shown. */
function page<T extends { name: string }>(
  json: Json,
  values: readonly T[],
  member: string,
  show: (value: T) => Json,
): Json {
  const input = parameters(json);
  const limit = input.optionalInteger("limit", { minimum: 1, maximum: MAXIMUM_PAGE }) ?? MAXIMUM_PAGE;
  const after = input.optionalText("nextToken");
  const start = after === undefined ? 0 : values.findIndex(({ name }) => name === after) + 1;
  const shown = values.slice(start, start + limit);
  const hasMore = values.length > start + shown.length;
  return { [member]: shown.map(show), ...(hasMore ? { nextToken: shown.at(-1)?.name } : {}) };
}

function alreadyExists(what: string): ServiceError {
  return new ServiceError("ResourceAlreadyExistsException", `The specified ${what} already exists`);
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterException");
}
