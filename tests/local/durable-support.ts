import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createDynamoDb, type DynamoDbService } from "../../local/cloud/dynamodb/service.ts";
import { createEvents, type EventsService } from "../../local/cloud/events/service.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { DataDirectory } from "../../local/durable/data-directory.ts";

/** One life of the services that keep their state, on a clock that the test drives. */
export interface Life {
  readonly clock: DrivenClock;
  readonly dynamodb: DynamoDbService;
  readonly events: EventsService;
  readonly metrics: MetricStore;
  /** Changes that were taken in. */
  readonly restored: number;
  call(service: string, operation: string, input: object, region?: string): Promise<Json>;
  /** Ends as a killed process does: nothing of what services do from now on is kept. */
  die(): Promise<void>;
}

export interface LifeOptions {
  /** Makes what a deployment makes. */
  deploy: (call: Life["call"], clock: DrivenClock) => Promise<void>;
  stack?: string;
  /** Where the clock starts, in milliseconds since the epoch. */
  start?: number;
}

/** Starts the services, deploys, and takes in what the folder has. */
export async function live(directory: string, options: LifeOptions): Promise<Life> {
  const clock = new DrivenClock(options.start === undefined ? {} : { start: options.start });
  const cloud = new Cloud({ clock, random: () => 0.5 });
  const metrics = new MetricStore(clock);
  const dynamodb = cloud.add((surroundings) => createDynamoDb(surroundings));
  cloud.add(createSqs);
  cloud.add(createSsm);
  const events = cloud.add((surroundings) => createEvents(surroundings, { metrics }));
  const call: Life["call"] = (service, operation, input, region = "us-east-1") =>
    cloud.call({ service, operation, region, principal: "test" }, input as Json);
  const data = new DataDirectory(directory);
  try {
    await options.deploy(call, clock);
    const restored = await data.attach(cloud.services, options.stack ?? "dev");
    return {
      ...{ clock, dynamodb, events, metrics, restored, call },
      async die() {
        data.close();
        await cloud.close();
      },
    };
  } catch (error) {
    data.close();
    await cloud.close();
    throw error;
  }
}

/** An empty folder; the result of `end` removes it. */
export function dataFolder(): { directory: string; end: () => void } {
  const directory = mkdtempSync(join(tmpdir(), "durable-"));
  return { directory, end: () => rmSync(directory, { recursive: true, force: true }) };
}
