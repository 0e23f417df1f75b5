import type { Caller, Clock } from "../service.ts";
import type { FunctionRecord } from "./functions.ts";
import { INSIGHTS_GROUP, performanceEvent } from "./insights.ts";
import { type LogDestination, LogWriter } from "./log-writer.ts";
import type { Observer } from "./observation.ts";
import { platformLog } from "./platform-log.ts";
import type { FunctionSettings } from "./settings.ts";
import { sendTrace, traceOf } from "./tracing.ts";

/** LogResult of a synchronous invocation (Lambda API Reference, Invoke: "the last 4 KB of the execution log"). */
const TAIL_BYTES = 4_096;

/** What Lambda records of one execution environment, each as the function's role: log, traces, Insights. */
export function watch(
  { clock, call }: { readonly clock: Clock; readonly call: Caller },
  record: FunctionRecord,
  settings: FunctionSettings,
  destination: LogDestination,
): Observer {
  const { region, name, arn } = record;
  const { role, version, memoryMegabytes } = settings;
  const writerTo = (to: LogDestination) => new LogWriter({ clock, call, region, role, destination: to });
  const log = writerTo(destination);
  const insights = settings.image.hasInsights
    ? writerTo({ group: INSIGHTS_GROUP, stream: destination.stream })
    : undefined;
  const platform = platformLog(settings.logging);
  let lines: string[] = [];
  let cpu = { user: 0, system: 0 };

  const write = (text: string) => {
    lines.push(text);
    log.write(text);
  };

  return {
    line: write,
    initialising() {
      log.open();
      for (const line of platform.initialising(clock.now(), version)) write(line);
    },
    began({ requestId }) {
      lines = [];
      for (const line of platform.began(clock.now(), requestId, version)) write(line);
    },
    async ended(ended) {
      const { invocation, outcome, duration, initDuration, usage } = ended;
      const report = {
        ...{ requestId: invocation.requestId, outcome, duration, initDuration, memorySize: memoryMegabytes },
        ...{ maximumMemoryUsed: usage.maximumMemoryMegabytes, trace: traceOf(invocation.traceId) },
      };
      for (const line of platform.ended(clock.now(), report)) write(line);
      if (insights) {
        const { userMilliseconds: user, systemMilliseconds: system } = usage;
        const since = { user: user - cpu.user, system: system - cpu.system };
        insights.write(performanceEvent({ name, version, memoryMegabytes }, ended, since));
        cpu = { user, system };
      }
      await log.flush();
      if (report.trace) await sendTrace(call, { name, arn, region, role }, ended);
    },
    tail: () =>
      Buffer.from(`${lines.join("\n")}\n`)
        .subarray(-TAIL_BYTES)
        .toString("base64"),
    gone() {
      // What the last moments wrote is read by now.
      setImmediate(() => void Promise.all([log.flush(), insights?.flush()]));
    },
  };
}
