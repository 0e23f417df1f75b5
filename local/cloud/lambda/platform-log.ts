import type { Json } from "../service.ts";
import type { Outcome } from "./outcome.ts";

/** An invocation that has ended, as Lambda reports it. Times in milliseconds, memory in megabytes. */
export interface Report {
  readonly requestId: string;
  readonly outcome: Outcome;
  readonly duration: number;
  /** Of the first invocation of an environment: how long its initialisation took. */
  readonly initDuration: number | undefined;
  readonly memorySize: number;
  readonly maximumMemoryUsed: number;
  /** Trace and segment, if the invocation is traced. */
  readonly trace: { readonly id: string; readonly segment: string } | undefined;
}

const LEVELS = ["DEBUG", "INFO", "WARN"];

/** The lines that Lambda itself writes to a function's log, before and after what the function writes. */
export interface PlatformLog {
  initialising(now: number, version: string): string[];
  began(now: number, requestId: string, version: string): string[];
  ended(now: number, report: Report): string[];
}

/**
 * START, END and REPORT as text, or platform events as JSON with a level each (Lambda, "Configuring JSON and plain
 * text log formats" and "System log level event mapping": of a container image, whose runtime version Lambda does not
 * know, start and initStart are DEBUG; report is INFO of a success, else WARN). Text has no levels.
 */
export function platformLog(logging: Json): PlatformLog {
  if (logging.LogFormat !== "JSON") return TEXT;
  const least = LEVELS.indexOf(String(logging.SystemLogLevel ?? "INFO"));
  const event = (level: string, now: number, type: string, record: Json): string[] =>
    LEVELS.indexOf(level) < least
      ? []
      : [JSON.stringify({ time: new Date(now).toISOString(), type, record })];
  return {
    initialising: (now, functionVersion) =>
      event("DEBUG", now, "platform.initStart", {
        ...{ initializationType: "on-demand", phase: "init", functionVersion },
      }),
    began: (now, requestId, version) => event("DEBUG", now, "platform.start", { requestId, version }),
    ended(now, report) {
      const { requestId, outcome, duration, trace } = report;
      const { status, errorType } = statusOf(outcome);
      const isSuccess = status === "success";
      const common = { requestId, status, ...(errorType === undefined ? {} : { errorType }) };
      const metrics = {
        durationMs: duration,
        billedDurationMs: billed(report),
        memorySizeMB: report.memorySize,
        maxMemoryUsedMB: report.maximumMemoryUsed,
        ...(report.initDuration === undefined ? {} : { initDurationMs: report.initDuration }),
      };
      const tracing = trace && { spanId: trace.segment, type: "X-Amzn-Trace-Id", value: `Root=${trace.id}` };
      return [
        ...event(isSuccess ? "DEBUG" : "WARN", now, "platform.runtimeDone", {
          ...common,
          metrics: { durationMs: duration, producedBytes: Buffer.byteLength(outcome.payload) },
        }),
        ...event(isSuccess ? "INFO" : "WARN", now, "platform.report", {
          ...common,
          metrics,
          ...(tracing ? { tracing } : {}),
        }),
      ];
    },
  };
}

const TEXT: PlatformLog = {
  // INIT_START names a managed runtime's version; a container image has none.
  initialising: () => [],
  began: (_now, requestId, version) => [`START RequestId: ${requestId} Version: ${version}`],
  ended(now, report) {
    const { requestId, outcome, duration, trace } = report;
    const { status, errorType } = statusOf(outcome);
    const message =
      status === "timeout" ? `Task timed out after ${(duration / 1_000).toFixed(2)} seconds` : "";
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${duration.toFixed(2)} ms`,
      `Billed Duration: ${billed(report)} ms`,
      `Memory Size: ${report.memorySize} MB`,
      `Max Memory Used: ${report.maximumMemoryUsed} MB`,
      ...(report.initDuration === undefined ? [] : [`Init Duration: ${report.initDuration.toFixed(2)} ms`]),
      ...(outcome.end === undefined ? [] : [`Status: ${status}`]),
      ...(outcome.end === "exit" ? [`Error Type: ${errorType}`] : []),
    ];
    return [
      ...(message === "" ? [] : [`${new Date(now).toISOString()} ${requestId} ${message}`]),
      ...(outcome.end === "exit" ? [exitMessage(outcome)] : []),
      `END RequestId: ${requestId}`,
      `${fields.join("\t")}\t${trace ? `\nXRAY TraceId: ${trace.id}\tSegmentId: ${trace.segment}\tSampled: true\t` : ""}`,
    ];
  },
};

/** Billed since August 2025 for images as for everything: the initialisation, too, in whole milliseconds. */
export function billed({ duration, initDuration = 0 }: Report): number {
  return Math.ceil(duration + initDuration);
}

function statusOf(outcome: Outcome): { status: string; errorType: string | undefined } {
  if (!outcome.isError) return { status: "success", errorType: undefined };
  return { status: outcome.end === "timeout" ? "timeout" : "error", errorType: member(outcome, "errorType") };
}

function exitMessage(outcome: Outcome): string {
  return member(outcome, "errorMessage") ?? "";
}

function member({ payload }: Outcome, name: string): string | undefined {
  try {
    const value: unknown = JSON.parse(payload)?.[name];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
