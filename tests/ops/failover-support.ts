import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import type { LocalSystem } from "../../local/system.ts";
import { failoverCommand } from "../../ops/failover/command.ts";
import type { Confirmation } from "../../ops/frame/confirmation.ts";
import type { Result } from "../../ops/frame/operator-command.ts";
import { outputsOf, parseOutputs } from "../../ops/frame/outputs.ts";
import { runCommand } from "./run-command.ts";

export const REGIONS = ["us-east-1", "eu-west-1"] as const;
const MINUTE = 60_000;

export interface Ran extends Result {
  readonly printed: string;
  readonly answer: Record<string, unknown>;
}

/** Whoever is asked makes the test fail. */
const NOBODY: Confirmation = { isTerminal: false, ask: () => Promise.reject(new Error("asked")) };

/** Carries out `failover` in this process, over HTTP. */
export async function failover(
  system: LocalSystem,
  action: string,
  options: Record<string, string> = {},
  confirmation = NOBODY,
): Promise<Ran> {
  const result = await runCommand(system, failoverCommand(confirmation), options, { words: [action] });
  return { ...result, answer: result.json as Ran["answer"] };
}

/** Calls a service as an operator. */
export function call(
  system: LocalSystem,
  service: string,
  operation: string,
  input: Json,
  region: string = REGIONS[0],
): Promise<Json> {
  const from = { region, principal: OPERATOR };
  return system.services.cloud.surroundings.call(service, operation, input, from);
}

/** Gives both regions the last minutes of a healthy region, and alarms that say so, without waiting for them. */
export async function becomeHealthy(system: LocalSystem): Promise<void> {
  const { metrics } = system.services.monitoring;
  const outputs = parseOutputs(system.services.outputs);
  for (const region of REGIONS) {
    const of = { service: "compliance-recorder", Environment: outputs.EnvironmentSuffix };
    for (let minutes = -5; minutes < 5; minutes += 1) {
      const at = Date.now() + minutes * MINUTE;
      metrics.record(region, "TradingSystem", "HeartbeatRecorded", of, 1, "Count", at);
      metrics.record(region, "AWS/Events", "IngestionToInvocationStartLatency", {}, 20, "Milliseconds", at);
    }
    const names = outputsOf(outputs, region).healthAlarmNames;
    for (const name of [names?.latency, names?.heartbeat]) await setAlarm(system, name ?? "", "OK", region);
  }
}

export async function setAlarm(system: LocalSystem, AlarmName: string, StateValue: string, region: string) {
  const input = { AlarmName, StateValue, StateReason: "a test" };
  await call(system, "monitoring", "SetAlarmState", input, region);
}

/** The last record of a region's parameter. */
export async function recordIn(system: LocalSystem, region: string): Promise<unknown> {
  const { failoverRecordName: Name } = outputsOf(parseOutputs(system.services.outputs), region);
  const { Parameter } = await call(system, "ssm", "GetParameter", { Name }, region);
  return JSON.parse(String((Parameter as Json).Value));
}
