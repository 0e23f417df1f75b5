import {
  attempt,
  beginInvocation,
  deadLetter,
  groupArn,
  inputOf,
  SCHEDULER_PRINCIPAL,
} from "../../local/cloud/scheduler/invocation.ts";
import { DEFAULT_GROUP, readSettings, type Schedule } from "../../local/cloud/scheduler/schedule.ts";
import type { Json, Origin } from "../../local/cloud/service.ts";
import { takeMessages } from "../support/local-system.ts";
import { ACCOUNT, BUS, type PermissionBench, type Probe, REGION } from "./permission-bench.ts";

type Of = (bench: PermissionBench) => Probe;

/** A run of a deployed schedule, as EventBridge Scheduler begins it when it is due, and for whom it acts then. */
async function dueNow(bench: PermissionBench, name: string) {
  const { Arn, ScheduleExpression, FlexibleTimeWindow, Target } = await bench.call(
    "scheduler",
    "GetSchedule",
    { Name: name },
  );
  const settings = readSettings({ ScheduleExpression, FlexibleTimeWindow, Target }, REGION);
  const schedule = { name, arn: String(Arn), region: REGION, settings } as Schedule;
  const from: Origin = {
    ...{ region: REGION, principal: settings.target.roleArn, assumedBy: SCHEDULER_PRINCIPAL },
    sourceArn: groupArn(REGION, ACCOUNT, DEFAULT_GROUP),
  };
  return { invocation: beginInvocation(schedule, Date.now()), from };
}

const attempted = (title: string, name: string, without: string): Of => {
  return (bench) => ({
    title,
    run: () =>
      bench.code(async () => {
        const { invocation, from } = await dueNow(bench, name);
        const { call } = bench.system.services.cloud.surroundings;
        await attempt(call, invocation, inputOf(invocation, 1), from);
      }),
    ...{ expected: "succeeded", without },
  });
};

export const scheduledInvocation = attempted(
  "schedules invoke no function",
  "schedule-enrichment-completer-dev",
  "AccessDeniedException",
);

export const scheduledHeartbeat = attempted(
  "no heartbeat comes to the bus",
  "schedule-heartbeat-dev",
  "AccessDeniedException",
);

export const scheduledDeadLetter: Of = (bench) => ({
  title: "invocations that could not be handed over are lost",
  run: async () => {
    const code = await bench.code(async () => {
      const { invocation, from } = await dueNow(bench, "schedule-trade-census-dev");
      const queueArn = invocation.target.deadLetterArn ?? "";
      const failed = { text: "{}", error: new Error("throttled"), retries: 185, queueArn };
      const letter = deadLetter(invocation, { ...failed, exhausted: "MaximumEventAgeInSeconds" });
      await bench.call("sqs", "SendMessage", letter, from);
    });
    return {
      code: /denied/i.test(code) ? "denied" : code,
      letters: (await takeMessages(bench.system, "trade-census-dlq-dev")).length,
    };
  },
  expected: { code: "succeeded", letters: 1 },
  without: { code: "denied", letters: 0 },
});

/** An event that is put through the endpoint, and its copy. */
export const copiedEvent: Of = (bench) => ({
  title: "no copies reach the other region",
  run: async () => {
    const { services, deployment } = bench.system;
    const { globalEndpoints } = services.events;
    const archived = () => copies(bench);
    const before = await archived();
    const entry = { Source: "elsewhere", DetailType: "Other", Detail: "{}", EventBusName: BUS };
    const EndpointId = deployment.outputs.GlobalEndpointId;
    await bench.call("events", "PutEvents", { EndpointId, Entries: [entry] });
    while (globalEndpoints.replication.pending() > 0) await new Promise((resolve) => setImmediate(resolve));
    await takeMessages(bench.system, "unmatched-events-dev");
    return (await archived()) - before;
  },
  expected: 1,
  without: 0,
});

/** Events that the other region's archive has. */
async function copies(bench: PermissionBench): Promise<number> {
  const { EventCount } = await bench.call(
    "events",
    "DescribeArchive",
    { ArchiveName: "trades-archive-dev" },
    { region: "eu-west-1" },
  );
  return Number((EventCount as Json | number | undefined) ?? 0);
}
