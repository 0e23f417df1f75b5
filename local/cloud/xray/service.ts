import { Input, isJson } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Json, Service, Surroundings } from "../service.ts";

/** A segment or subsegment as it was sent. */
export interface Segment {
  readonly traceId: string;
  readonly id: string;
  /** JSON text. */
  readonly document: string;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number | undefined;
}

/** Traces that a region keeps; the oldest go. */
const KEPT_TRACES = 2_000;
/** What X-Ray takes unless rules are made: the first request of a second and 5 % of the others. */
const DEFAULT_RULE = {
  ...{ RuleName: "Default", Priority: 10_000, FixedRate: 0.05, ReservoirSize: 1, Version: 1 },
  ...{ ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*" },
  Attributes: {},
};

/** X-Ray: keeps the segments that it is sent, by trace. */
export function createXray({ clock }: Surroundings): Service {
  const regions = new RegionState(() => new Map<string, Segment[]>());
  return {
    name: "xray",
    operations: {
      PutTraceSegments(json, { region }) {
        const documents = new Input(json, "InvalidRequestException")
          .only(["TraceSegmentDocuments"])
          .texts("TraceSegmentDocuments");
        const traces = regions.of(region);
        const UnprocessedTraceSegments: Json[] = [];
        for (const document of documents) {
          const segment = segmentOf(document);
          if (!segment) {
            UnprocessedTraceSegments.push({
              ErrorCode: "ParseError",
              Message: "Invalid segment. ErrorCode: ParseError",
            });
            continue;
          }
          const kept = traces.get(segment.traceId) ?? [];
          traces.set(segment.traceId, kept);
          kept.push(segment);
          const [oldest] = traces.keys();
          if (traces.size > KEPT_TRACES && oldest !== undefined) traces.delete(oldest);
        }
        return { UnprocessedTraceSegments };
      },
      PutTelemetryRecords: (json) =>
        void new Input(json, "InvalidRequestException")
          .only(["TelemetryRecords", "EC2InstanceId", "Hostname", "ResourceARN"])
          .records("TelemetryRecords"),
      GetSamplingRules: () => ({
        SamplingRuleRecords: [{ SamplingRule: DEFAULT_RULE, CreatedAt: 0, ModifiedAt: 0 }],
      }),
      GetSamplingTargets: (json) => ({
        SamplingTargetDocuments: new Input(json, "InvalidRequestException")
          .only(["SamplingStatisticsDocuments"])
          .records("SamplingStatisticsDocuments")
          .map(({ RuleName }) => ({
            ...{ RuleName, FixedRate: DEFAULT_RULE.FixedRate, ReservoirQuota: 1, Interval: 10 },
            ReservoirQuotaTTL: clock.now() / 1_000 + 10,
          })),
        LastRuleModification: 0,
        UnprocessedStatistics: [],
      }),
      BatchGetTraces(json, { region }) {
        const ids = new Input(json, "InvalidRequestException").only(["TraceIds"]).texts("TraceIds");
        const traces = regions.of(region);
        return {
          Traces: ids
            .filter((id) => traces.has(id))
            .map((Id) => ({
              Id,
              Segments: traces.get(Id)?.map(({ id, document }) => ({ Id: id, Document: document })),
            })),
          UnprocessedTraceIds: ids.filter((id) => !traces.has(id)),
        };
      },
      GetTraceSummaries(json, { region }) {
        const input = new Input(json, "InvalidRequestException").only(["StartTime", "EndTime"]);
        const from = input.time("StartTime") / 1_000;
        const to = input.time("EndTime") / 1_000;
        const within = [...regions.of(region)].flatMap(([Id, segments]) => {
          const start = Math.min(...segments.map((segment) => segment.start));
          const end = Math.max(...segments.map((segment) => segment.end ?? segment.start));
          return start >= from && start <= to ? [{ Id, StartTime: start, Duration: end - start }] : [];
        });
        return { TraceSummaries: within, TracesProcessedCount: within.length, ApproximateTime: to };
      },
    },
  };
}

/** The segment that a document describes; undefined if it lacks what every segment has. */
function segmentOf(document: string): Segment | undefined {
  try {
    const parsed: unknown = JSON.parse(document);
    if (!isJson(parsed)) return undefined;
    const { trace_id, id, start_time, end_time } = parsed;
    if (typeof trace_id !== "string" || typeof id !== "string" || typeof start_time !== "number")
      return undefined;
    const end = typeof end_time === "number" ? end_time : undefined;
    return { traceId: trace_id, id, document, start: start_time, end };
  } catch {
    return undefined;
  }
}
