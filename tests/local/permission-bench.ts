import { setTimeout } from "node:timers/promises";
import type { FunctionName } from "../../functions/contract.ts";
import type { Json, Origin } from "../../local/cloud/service.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";

export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";
export const BUS = "trading-event-bus-dev";
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

/** What can be seen of a row of the IAM table. */
export interface Probe {
  /** What happens without the row. */
  readonly title: string;
  /** Carries out what needs the row, and gives what can be seen of it. */
  run(): Promise<unknown>;
  /** What `run` gives with the row. */
  readonly expected: unknown;
  /** What it gives without the row. */
  readonly without: unknown;
}

/** A running system, and what is done in it as the account's root. */
export class PermissionBench {
  readonly system: DeployedSystem;
  /** While a row of the table is taken away: then nothing is waited for that is not to come. */
  isWithout = false;
  #count = 0;

  constructor(system: DeployedSystem) {
    this.system = system;
  }

  call(service: string, operation: string, input: Json, from: Partial<Origin> = {}): Promise<Json> {
    const { call } = this.system.services.cloud.surroundings;
    return call(service, operation, input, { region: REGION, principal: ROOT, ...from });
  }

  roleArn(principal: string): string {
    return `arn:aws:iam::${ACCOUNT}:role/role-${principal}-dev-${REGION}`;
  }

  /**
   * Ends what would act by itself: regular runs, since one that begins while a row is missing is tried again for minutes;
   * and the other region's look at rows that were replaced, which would write the same outcome.
   */
  async quieten(): Promise<void> {
    const other = { region: "eu-west-1" };
    const { EventSourceMappings } = await this.call("lambda", "ListEventSourceMappings", {}, other);
    for (const { UUID } of EventSourceMappings as Json[])
      await this.call("lambda", "UpdateEventSourceMapping", { UUID, Enabled: false }, other);
    for (const region of [REGION, "eu-west-1"]) {
      const { Schedules } = await this.call("scheduler", "ListSchedules", {}, { region });
      for (const { Name } of Schedules as Json[]) {
        const found = await this.call("scheduler", "GetSchedule", { Name }, { region });
        const { Description, ScheduleExpression, FlexibleTimeWindow, Target } = found;
        const kept = { Name, Description, ScheduleExpression, FlexibleTimeWindow, Target };
        await this.call("scheduler", "UpdateSchedule", { ...kept, State: "DISABLED" }, { region });
      }
    }
  }

  /** A name that was not used before. */
  fresh(prefix: string): string {
    this.#count += 1;
    return `${prefix}-${this.#count}`;
  }

  /** The error code of work; `succeeded` if it is not refused. */
  async code(work: () => Promise<unknown>): Promise<string> {
    try {
      await work();
      return "succeeded";
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  /** Invokes a function in a process of its own, since no other has its latest settings. */
  async invokeAnew(name: FunctionName): Promise<void> {
    const FunctionName = `${name}-dev`;
    const Description = this.fresh("run");
    await this.call("lambda", "UpdateFunctionConfiguration", { FunctionName, Description });
    await this.call("lambda", "Invoke", { FunctionName, Payload: "{}" });
    // What is written after the answer is written by now: lines wait for 200 ms at most.
    await setTimeout(250);
  }

  /** A new version behind the live alias, so that the next trade starts a new process. */
  async renew(name: FunctionName): Promise<void> {
    const FunctionName = `${name}-dev`;
    const Description = this.fresh("run");
    await this.call("lambda", "UpdateFunctionConfiguration", { FunctionName, Description });
    const { Version } = await this.call("lambda", "PublishVersion", { FunctionName });
    await this.call("lambda", "UpdateAlias", { FunctionName, Name: "live", FunctionVersion: Version });
  }

  /** Sends a trade over a bus and waits until nothing is under way. */
  async send(detail: Json, EventBusName = BUS): Promise<void> {
    const entry = { EventBusName, Source: "trading.system1", DetailType: "Trade Event" };
    await this.call("events", "PutEvents", { Entries: [{ ...entry, Detail: JSON.stringify(detail) }] });
    await drain(this.system);
  }

  /** Whether work adds lines to a log group. */
  async logged(work: () => Promise<unknown>, group: string): Promise<string> {
    const lines = () => this.system.services.logs.groups(REGION).get(group)?.events(Date.now()).length ?? 0;
    const before = lines();
    await work();
    return lines() > before ? "written" : "lost";
  }

  /** Whether a trace of work arrives. Chance at 0 lets X-Ray's rate take every request. */
  async traced(work: () => Promise<unknown>, origin: string): Promise<string> {
    const StartTime = Date.now() / 1_000;
    await work();
    const window = { StartTime, EndTime: Date.now() / 1_000 + 1 };
    const { TraceSummaries } = await this.call("xray", "GetTraceSummaries", window);
    const TraceIds = (TraceSummaries as Json[]).map(({ Id }) => Id);
    const { Traces } = await this.call("xray", "BatchGetTraces", { TraceIds });
    const segments = (Traces as Json[]).flatMap(({ Segments }) => Segments as { Document: string }[]);
    return segments.some(({ Document }) => JSON.parse(Document).origin === origin) ? "traced" : "lost";
  }
}
