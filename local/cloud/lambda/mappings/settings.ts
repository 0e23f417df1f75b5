import { parsePattern } from "../../events/pattern.ts";
import { Input, isJson } from "../../input.ts";
import type { Json } from "../../service.ts";
import { isMappingDestination } from "../destinations.ts";
import { invalid } from "../manage.ts";

export type SourceKind = "stream" | "queue";

/** What an event source mapping does with the records of its source. */
export interface MappingSettings {
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Filter patterns as they were given; a record passes if one of them matches, or if there are none. */
  readonly filters: readonly string[];
  readonly reportsItemFailures: boolean;
  /** Of queues: most invocations at a time, if limited. */
  readonly maximumConcurrency: number | undefined;
  /** Of streams, from here on. */
  readonly startingPosition: string;
  readonly bisects: boolean;
  /** -1: as long as the stream keeps the records. */
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeSeconds: number;
  readonly parallelizationFactor: number;
  readonly onFailure: string | undefined;
}

const COMMON = [
  ...["FunctionName", "UUID", "EventSourceArn", "Enabled", "BatchSize", "MaximumBatchingWindowInSeconds"],
  ...["FilterCriteria", "FunctionResponseTypes"],
];
const MEMBERS: Readonly<Record<SourceKind, readonly string[]>> = {
  queue: [...COMMON, "ScalingConfig"],
  stream: [
    ...[
      ...COMMON,
      "StartingPosition",
      "BisectBatchOnFunctionError",
      "MaximumRetryAttempts",
      "DestinationConfig",
    ],
    ...["MaximumRecordAgeInSeconds", "ParallelizationFactor"],
  ],
};
const DEFAULT_BATCH_SIZE = { queue: 10, stream: 100 };
/** Larger batches of a queue need a window (Lambda, "Amazon SQS event source parameters"). */
const BATCH_WITHOUT_WINDOW = 10;
const MAXIMUM_FILTERS = 5;

/** Which kind of source an ARN names: a table's stream or a standard queue. Others are refused. */
export function sourceKind(arn: unknown): SourceKind {
  const text = String(arn);
  if (/^arn:aws[\w-]*:dynamodb:[\w-]+:\d{12}:table\/[^/]+\/stream\/.+$/.test(text)) return "stream";
  if (/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+$/.test(text)) return "queue";
  throw invalid(
    `EventSourceArn is ${JSON.stringify(arn)}; carried out here are DynamoDB streams and standard queues of SQS`,
  );
}

/** The settings that a request gives, over `before`; what neither says has Lambda's default. */
export function readSettings(json: Json, kind: SourceKind, before?: MappingSettings): MappingSettings {
  const input = new Input(json, "InvalidParameterValueException").only(MEMBERS[kind]);
  const whole = (name: string, minimum: number, maximum: number) =>
    input.optionalInteger(name, { minimum, maximum });
  const settings: MappingSettings = {
    batchSize: whole("BatchSize", 1, 10_000) ?? before?.batchSize ?? DEFAULT_BATCH_SIZE[kind],
    windowSeconds: whole("MaximumBatchingWindowInSeconds", 0, 300) ?? before?.windowSeconds ?? 0,
    filters: input.has("FilterCriteria") ? filters(input.record("FilterCriteria")) : (before?.filters ?? []),
    reportsItemFailures: input.has("FunctionResponseTypes")
      ? responseTypes(input.texts("FunctionResponseTypes"))
      : (before?.reportsItemFailures ?? false),
    maximumConcurrency: input.has("ScalingConfig")
      ? concurrency(input.record("ScalingConfig"))
      : before?.maximumConcurrency,
    startingPosition: before?.startingPosition ?? startingPosition(input, kind),
    bisects: input.has("BisectBatchOnFunctionError")
      ? input.flag("BisectBatchOnFunctionError")
      : (before?.bisects ?? false),
    maximumRetryAttempts: whole("MaximumRetryAttempts", -1, 10_000) ?? before?.maximumRetryAttempts ?? -1,
    maximumRecordAgeSeconds: recordAge(input) ?? before?.maximumRecordAgeSeconds ?? -1,
    parallelizationFactor: whole("ParallelizationFactor", 1, 10) ?? before?.parallelizationFactor ?? 1,
    onFailure: input.has("DestinationConfig")
      ? destination(input.record("DestinationConfig"))
      : before?.onFailure,
  };
  if (kind === "queue" && settings.batchSize > BATCH_WITHOUT_WINDOW && settings.windowSeconds === 0)
    throw invalid(
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
  return settings;
}

/** The settings as GetEventSourceMapping gives them. */
export function showSettings(settings: MappingSettings, kind: SourceKind): Json {
  const common = {
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.windowSeconds,
    FunctionResponseTypes: settings.reportsItemFailures ? ["ReportBatchItemFailures"] : [],
    ...(settings.filters.length > 0
      ? { FilterCriteria: { Filters: settings.filters.map((Pattern) => ({ Pattern })) } }
      : {}),
  };
  if (kind === "queue")
    return settings.maximumConcurrency === undefined
      ? common
      : { ...common, ScalingConfig: { MaximumConcurrency: settings.maximumConcurrency } };
  return {
    ...common,
    StartingPosition: settings.startingPosition,
    BisectBatchOnFunctionError: settings.bisects,
    MaximumRetryAttempts: settings.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: settings.maximumRecordAgeSeconds,
    ParallelizationFactor: settings.parallelizationFactor,
    TumblingWindowInSeconds: 0,
    DestinationConfig: {
      OnFailure: settings.onFailure === undefined ? {} : { Destination: settings.onFailure },
    },
  };
}

function startingPosition(input: Input, kind: SourceKind): string {
  if (kind === "queue") return "";
  return input.text("StartingPosition", { oneOf: ["TRIM_HORIZON", "LATEST"] });
}

function recordAge(input: Input): number | undefined {
  const age = input.optionalInteger("MaximumRecordAgeInSeconds", { minimum: -1, maximum: 604_800 });
  if (age !== undefined && age > -1 && age < 60)
    throw invalid(`MaximumRecordAgeInSeconds is ${age}; allowed: -1, or whole numbers from 60 to 604800`);
  return age;
}

function filters(criteria: Json): string[] {
  const input = new Input(criteria, "InvalidParameterValueException").only(["Filters"]);
  const patterns = input
    .records("Filters")
    .map((each) => new Input(each, "InvalidParameterValueException").only(["Pattern"]).text("Pattern"));
  if (patterns.length > MAXIMUM_FILTERS)
    throw invalid(`FilterCriteria has ${patterns.length} filters; allowed: ${MAXIMUM_FILTERS}`);
  for (const pattern of patterns)
    try {
      parsePattern(pattern);
    } catch (error) {
      throw invalid(`Invalid filter pattern definition. ${(error as Error).message}`);
    }
  return patterns;
}

function responseTypes(types: readonly string[]): boolean {
  const unknown = types.find((each) => each !== "ReportBatchItemFailures");
  if (unknown !== undefined)
    throw invalid(`FunctionResponseTypes has ${unknown}; allowed: ReportBatchItemFailures`);
  return types.length > 0;
}

function concurrency(scaling: Json): number | undefined {
  return new Input(scaling, "InvalidParameterValueException")
    .only(["MaximumConcurrency"])
    .optionalInteger("MaximumConcurrency", { minimum: 2, maximum: 1_000 });
}

function destination(config: Json): string | undefined {
  new Input(config, "InvalidParameterValueException").only(["OnFailure"]);
  const given = isJson(config.OnFailure) ? config.OnFailure.Destination : undefined;
  if (given === undefined || given === "") return undefined;
  if (!isMappingDestination(given))
    throw invalid(`DestinationConfig.OnFailure is ${JSON.stringify(given)}; allowed: a queue or a topic`);
  return given;
}
