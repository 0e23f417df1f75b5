import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Cloud, type CloudOptions } from "./cloud/cloud.ts";
import { createDynamoDb, type DynamoDbService } from "./cloud/dynamodb/service.ts";
import { networkPaths } from "./cloud/ec2/paths.ts";
import { createEc2, type Ec2Service } from "./cloud/ec2/service.ts";
import { createEcr, type EcrService } from "./cloud/ecr/service.ts";
import { type Endpoint, startEndpoint } from "./cloud/endpoint/server.ts";
import { createEvents, type EventsService } from "./cloud/events/service.ts";
import { createAuthorizer } from "./cloud/iam/authorizer.ts";
import { createIam, type IamService } from "./cloud/iam/service.ts";
import type { PermissionUsage } from "./cloud/iam/usage.ts";
import { createKms, type KmsService } from "./cloud/kms/service.ts";
import type { RunInProcess } from "./cloud/lambda/in-process.ts";
import { createLambda, type LambdaService } from "./cloud/lambda/service.ts";
import { createLogs, type LogsService } from "./cloud/logs/service.ts";
import { createMonitoring, type MonitoringService } from "./cloud/monitoring/service.ts";
import { createRoute53, type Route53Service } from "./cloud/route53/service.ts";
import { createScheduler } from "./cloud/scheduler/service.ts";
import { createSns, type SnsService } from "./cloud/sns/service.ts";
import { createSqs } from "./cloud/sqs/service.ts";
import { createSsm } from "./cloud/ssm/service.ts";
import { createStates, type StatesService } from "./cloud/states/service.ts";
import { createSts } from "./cloud/sts/service.ts";
import { endSessions, functionCredentials } from "./cloud/sts/sessions.ts";
import { createXray } from "./cloud/xray/service.ts";
import { control, type Routes } from "./control/control.ts";
import { faultLog } from "./control/fault-log.ts";
import { DataDirectory } from "./durable/data-directory.ts";
import { makeRunDirectory } from "./run-directory.ts";

export interface LocalServicesOptions extends CloudOptions {
  /** Port of the endpoint; any free one if left out. */
  port?: number;
  /** Folder for what outlives a run: compiled code of functions. */
  cacheDirectory: string;
  /** Further requests of the control interface. */
  routes?: Routes;
  /** Functions that run in this process instead of their own, for simulations. */
  runInProcess?: RunInProcess;
  /** Folder for state that outlives the process, where AWS keeps it; without it everything ends with the process. */
  dataDirectory?: string;
}

/** The running services of one local cloud. */
export interface LocalServices {
  readonly cloud: Cloud;
  readonly endpoint: Endpoint;
  readonly dynamodb: DynamoDbService;
  readonly ec2: Ec2Service;
  readonly ecr: EcrService;
  readonly events: EventsService;
  readonly iam: IamService;
  readonly kms: KmsService;
  readonly lambda: LambdaService;
  readonly logs: LogsService;
  readonly monitoring: MonitoringService;
  /** Which permissions were used, and which calls were denied. */
  readonly permissions: PermissionUsage;
  readonly route53: Route53Service;
  readonly sns: SnsService;
  readonly states: StatesService;
  /** Outputs of the deployed stack, for the control interface; empty until it is deployed. */
  outputs: Readonly<Record<string, unknown>>;
  /**
   * To be called once the stack is deployed: gives the services what the data directory kept, and keeps their changes
   * from now on. Gives the number of changes taken in; 0 without a data directory. Throws UsageError.
   */
  keep(stack: string): Promise<number>;
  close(): Promise<void>;
}

/** Starts every service of the local cloud and its endpoint on 127.0.0.1. */
export async function startServices(options: LocalServicesOptions): Promise<LocalServices> {
  const data = options.dataDirectory === undefined ? undefined : new DataDirectory(options.dataDirectory);
  const runDirectory = await makeRunDirectory(options.cacheDirectory);
  const cloud = new Cloud(options);
  const iam = cloud.add((surroundings) => createIam(surroundings, (role) => endSessions(sts.sessions, role)));
  const kms = cloud.add(createKms);
  const sts = cloud.add(createSts);
  const monitoring = cloud.add((surroundings) =>
    createMonitoring(surroundings, (region, event) => events.publishServiceEvent(region, event)),
  );
  const metrics = monitoring.metrics;
  const route53 = cloud.add((surroundings) =>
    createRoute53(surroundings, { metrics, alarm: monitoring.alarmSettings }),
  );
  const logs = cloud.add((surroundings) => createLogs(surroundings, metrics));
  const log = (region: string, group: string, stream: string, message: string) =>
    logs.append(region, group, stream, [message]);
  cloud.add(createSsm);
  const ec2 = cloud.add(createEc2);
  cloud.add(createXray);
  cloud.add((surroundings) => createSqs(surroundings, metrics));
  const sns = cloud.add((surroundings) => createSns(surroundings, metrics));
  const dynamodb = cloud.add((surroundings) => createDynamoDb(surroundings, { metrics }));
  const ecr = cloud.add((surroundings) => createEcr(surroundings, join(runDirectory, "images")));
  let url = "";
  const credentialsOf = functionCredentials(sts.sessions);
  const lambda = cloud.add((surroundings) =>
    createLambda(
      surroundings,
      {
        resolveImage: (imageUri) => ecr.resolveImage(imageUri),
        metrics,
        endpointUrl: () => url,
        credentialsFor: (role, _region, functionArn) => credentialsOf(role, functionArn),
      },
      {
        compileCache: join(options.cacheDirectory, "compiled"),
        // More processes than cores only start cold; invocations that wait count as concurrent all the same.
        ...(options.runInProcess
          ? { runInProcess: options.runInProcess }
          : { maximumProcesses: Math.max(2, availableParallelism()) }),
      },
    ),
  );
  const states = cloud.add((surroundings) =>
    createStates(surroundings, {
      ...{ metrics, log },
      publishServiceEvent: (region, event) => events.publishServiceEvent(region, event),
    }),
  );
  const events = cloud.add((surroundings) => createEvents(surroundings, { metrics, health: route53 }));
  cloud.add((surroundings) => createScheduler(surroundings, { metrics }));
  const close = async () => {
    // First of all: what services do while they end is not to be kept, as it would not be if the process died.
    data?.close();
    await cloud.close();
    await rm(runDirectory, { recursive: true, force: true });
  };
  const { services: all, surroundings } = cloud;
  const permissions = createAuthorizer({
    ...{ iam, services: all, ...surroundings },
    networkPath: networkPaths({ network: ec2.network, subnetsOf: lambda.subnetsOf }),
  });
  cloud.authorize = permissions.authorize;
  const controlled = {
    faults: cloud.faults,
    operations: new Map(
      [...cloud.services.values()].map(({ name, operations }) => [name, Object.keys(operations)]),
    ),
    outputs: () => services.outputs,
    routes: options.routes ?? {},
  };
  const endpoint = await startEndpoint(cloud, {
    port: options.port ?? 0,
    control: (method, path, body) => control(controlled, method, path, body),
  }).catch(async (error) => {
    await close();
    throw error;
  });
  url = endpoint.url;
  const services: LocalServices = {
    cloud,
    endpoint,
    dynamodb,
    ec2,
    ecr,
    events,
    iam,
    kms,
    lambda,
    logs,
    monitoring,
    permissions: permissions.usage,
    route53,
    sns,
    states,
    outputs: {},
    keep: async (stack) => (await data?.attach(cloud.services, stack)) ?? 0,
    async close() {
      data?.close();
      await endpoint.close();
      await close();
    },
  };
  cloud.faults.onReport = faultLog(log, () => regionsOf(services.outputs));
  return services;
}

function regionsOf({ regions }: Readonly<Record<string, unknown>>): string[] {
  return typeof regions === "object" && regions !== null ? Object.keys(regions) : [];
}
