import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Cloud, type CloudOptions } from "./cloud/cloud.ts";
import { createDynamoDb, type DynamoDbService } from "./cloud/dynamodb/service.ts";
import { createEcr, type EcrService } from "./cloud/ecr/service.ts";
import { type Endpoint, startEndpoint } from "./cloud/endpoint/server.ts";
import { createEvents, type EventsService } from "./cloud/events/service.ts";
import { createLambda, type LambdaService } from "./cloud/lambda/service.ts";
import { createLogs, type LogsService } from "./cloud/logs/service.ts";
import { createMonitoring, type MonitoringService } from "./cloud/monitoring/service.ts";
import { createSqs } from "./cloud/sqs/service.ts";
import { createSsm } from "./cloud/ssm/service.ts";
import { createStates, type StatesService } from "./cloud/states/service.ts";
import { createSts } from "./cloud/sts/service.ts";
import { makeRunDirectory } from "./run-directory.ts";

export interface LocalServicesOptions extends CloudOptions {
  /** Port of the endpoint; any free one if left out. */
  port?: number;
  /** Folder for what outlives a run: compiled code of functions. */
  cacheDirectory: string;
}

/** The running services of one local cloud. */
export interface LocalServices {
  readonly cloud: Cloud;
  readonly endpoint: Endpoint;
  readonly dynamodb: DynamoDbService;
  readonly ecr: EcrService;
  readonly events: EventsService;
  readonly lambda: LambdaService;
  readonly logs: LogsService;
  readonly monitoring: MonitoringService;
  readonly states: StatesService;
  close(): Promise<void>;
}

/** Starts every service of the local cloud and its endpoint on 127.0.0.1. */
export async function startServices(options: LocalServicesOptions): Promise<LocalServices> {
  const runDirectory = await makeRunDirectory(options.cacheDirectory);
  const cloud = new Cloud(options);
  const sts = cloud.add(createSts);
  const monitoring = cloud.add(createMonitoring);
  const metrics = monitoring.metrics;
  const logs = cloud.add((surroundings) => createLogs(surroundings, metrics));
  const log = (region: string, group: string, stream: string, message: string) =>
    logs.append(region, group, stream, [message]);
  cloud.add(createSsm);
  cloud.add(createSqs);
  const dynamodb = cloud.add(createDynamoDb);
  const ecr = cloud.add((surroundings) => createEcr(surroundings, join(runDirectory, "images")));
  let url = "";
  const lambda = cloud.add((surroundings) =>
    createLambda(
      surroundings,
      {
        resolveImage: (imageUri) => ecr.resolveImage(imageUri),
        metrics,
        log,
        endpointUrl: () => url,
        credentialsFor: (role) => sessionOf(role, sts.principals),
      },
      {
        compileCache: join(options.cacheDirectory, "compiled"),
        // More processes than cores only start cold; invocations that wait count as concurrent all the same.
        maximumProcesses: Math.max(2, availableParallelism()),
      },
    ),
  );
  const states = cloud.add((surroundings) => createStates(surroundings, { metrics, log }));
  const events = cloud.add((surroundings) => createEvents(surroundings, { metrics }));
  const close = async () => {
    await cloud.close();
    await rm(runDirectory, { recursive: true, force: true });
  };
  const endpoint = await startEndpoint(cloud, { port: options.port ?? 0 }).catch(async (error) => {
    await close();
    throw error;
  });
  url = endpoint.url;
  return {
    cloud,
    endpoint,
    dynamodb,
    ecr,
    events,
    lambda,
    logs,
    monitoring,
    states,
    async close() {
      await endpoint.close();
      await close();
    },
  };
}

/** New credentials of a role's session, known to the endpoint as that role. */
function sessionOf(roleArn: string, principals: Map<string, string>) {
  const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
  principals.set(accessKeyId, roleArn);
  return { accessKeyId, secretAccessKey: randomBytes(30).toString("base64"), sessionToken: "local" };
}
