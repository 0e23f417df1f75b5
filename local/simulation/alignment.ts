import type { DrivenClock } from "../cloud/clock.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { Json } from "../cloud/service.ts";
import type { LocalServices } from "../services.ts";

const MINUTE = 60_000;
/** Lambda turns a mapping on or off within a second, and begins a stale iterator anew after another. */
const TURN_MILLISECONDS = 5_000;

/** After the full minute, at which schedules are due: what they start has ended by then. */
const AFTER_SCHEDULES_MILLISECONDS = 30_000;

/**
 * Goes to half a minute after full ten minutes, at least six minutes on, with all that runs by itself as in every other
 * run: queues are empty, so that alarms are quiet; environments of functions are gone (idle for five minutes); mappings
 * have begun to poll in the order of their names; schedules, which were made at full minutes, are next in that order.
 */
export async function align(
  services: LocalServices,
  clock: DrivenClock,
  regions: readonly string[],
): Promise<void> {
  await emptyQueues(services, regions);
  await turnMappings(services, regions, false);
  await clock.advance(TURN_MILLISECONDS);
  const full = Math.ceil((clock.now() + 6 * MINUTE) / (10 * MINUTE)) * 10 * MINUTE;
  // Alarms look at each minute once; two of them pass in full.
  await clock.leap(full - 2 * MINUTE - clock.now());
  await setSchedules(services, regions);
  await clock.advance(full - 2 * TURN_MILLISECONDS - clock.now());
  await turnMappings(services, regions, true);
  await clock.advance(full + AFTER_SCHEDULES_MILLISECONDS - clock.now());
}

async function emptyQueues(services: LocalServices, regions: readonly string[]): Promise<void> {
  for (const region of regions) {
    const { QueueUrls } = await operate(services, region, "sqs", "ListQueues", {});
    for (const QueueUrl of (QueueUrls ?? []) as string[])
      await operate(services, region, "sqs", "PurgeQueue", { QueueUrl });
  }
}

async function turnMappings(
  services: LocalServices,
  regions: readonly string[],
  Enabled: boolean,
): Promise<void> {
  for (const region of regions) {
    const ask = (operation: string, input: Json) => operate(services, region, "lambda", operation, input);
    const { EventSourceMappings } = await ask("ListEventSourceMappings", {});
    const name = ({ FunctionArn, EventSourceArn }: Json) => `${FunctionArn} ${EventSourceArn}`;
    for (const { UUID } of sorted(EventSourceMappings as Json[], name))
      await ask("UpdateEventSourceMapping", { UUID, Enabled });
  }
}

/** Schedules as they are, set once more: each is then waited for behind those that were set before it. */
async function setSchedules(services: LocalServices, regions: readonly string[]): Promise<void> {
  if (!services.cloud.services.has("scheduler")) return;
  for (const region of regions) {
    const ask = (operation: string, input: Json) => operate(services, region, "scheduler", operation, input);
    const { Schedules } = await ask("ListSchedules", {});
    for (const { Name, GroupName } of sorted(Schedules as Json[], ({ Name }) => String(Name))) {
      const { Arn, CreationDate, LastModificationDate, ...settings } = await ask("GetSchedule", {
        Name,
        GroupName,
      });
      await ask("UpdateSchedule", settings);
    }
  }
}

function operate(services: LocalServices, region: string, service: string, operation: string, input: Json) {
  return services.cloud.surroundings.call(service, operation, input, { region, principal: OPERATOR });
}

function sorted(items: readonly Json[], name: (item: Json) => string): Json[] {
  return [...items].sort((one, other) => (name(one) < name(other) ? -1 : 1));
}
