import { randomBytes } from "node:crypto";
import type { Caller, Clock } from "../service.ts";
import { isRefusal } from "./acting.ts";
import type { Ended } from "./observation.ts";

/** X-Ray's default rule: the first request of a second, and 5 % of the others. */
const FIXED_RATE = 0.05;

/** Decides which invocations of a function with active tracing are traced, and makes their trace headers. */
export class Sampler {
  readonly #clock: Clock;
  readonly #random: () => number;
  #second = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A trace header: `Sampled=1` if the function is traced and this invocation is chosen. */
  header(isTraced: boolean): string {
    const now = this.#clock.now();
    // Both ids from one call, which is what an invocation without tracing spends most of this on.
    const ids = randomBytes(20).toString("hex");
    const root = `1-${Math.floor(now / 1_000).toString(16)}-${ids.slice(0, 24)}`;
    const sampled = isTraced && this.#takes(Math.floor(now / 1_000)) ? 1 : 0;
    return `Root=${root};Parent=${ids.slice(24)};Sampled=${sampled}`;
  }

  #takes(second: number): boolean {
    if (second === this.#second) return this.#random() < FIXED_RATE;
    this.#second = second;
    return true;
  }
}

/** Trace and segment of a header whose invocation is traced. */
export function traceOf(header: string): { id: string; segment: string } | undefined {
  const [, id, segment] = /^Root=([^;]+);Parent=([^;]+);Sampled=1$/.exec(header) ?? [];
  return id === undefined || segment === undefined ? undefined : { id, segment };
}

/**
 * Sends the two segments of a traced invocation, of the service and of the function (X-Ray, "AWS Lambda and AWS
 * X-Ray"), as the function's role. As on AWS, nothing fails if the role may not.
 */
export async function sendTrace(
  call: Caller,
  function_: { readonly name: string; readonly arn: string; readonly region: string; readonly role: string },
  { invocation, outcome, started, duration }: Ended,
): Promise<void> {
  const trace = traceOf(invocation.traceId);
  if (!trace) return;
  const service = randomBytes(8).toString("hex");
  const common = {
    ...{ name: function_.name, trace_id: trace.id },
    ...{ start_time: started / 1_000, end_time: (started + duration) / 1_000 },
    ...(outcome.isError ? { fault: true } : {}),
    resource_arn: invocation.functionArn,
    aws: { request_id: invocation.requestId, function_arn: function_.arn },
  };
  const segments = [
    { ...common, id: service, origin: "AWS::Lambda", http: { response: { status: 200 } } },
    { ...common, id: trace.segment, parent_id: service, origin: "AWS::Lambda::Function" },
  ];
  const from = { region: function_.region, principal: function_.role };
  const TraceSegmentDocuments = segments.map((segment) => JSON.stringify(segment));
  const telemetry = {
    Timestamp: (started + duration) / 1_000,
    SegmentsReceivedCount: segments.length,
    SegmentsSentCount: segments.length,
  };
  try {
    await call("xray", "PutTraceSegments", { TraceSegmentDocuments }, from);
    await call("xray", "PutTelemetryRecords", { TelemetryRecords: [telemetry] }, from);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
