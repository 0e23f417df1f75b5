/** A local cloud for the real engine: services, provider plugins and the market data API, until it is told to stop. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readTapeFile } from "../../ops/tape/open.ts";
import { LOCAL_ACCOUNT } from "../cloud/cloud.ts";
import { deployerCredentials, PROJECT_DIRECTORY } from "../deploy.ts";
import { startMarketData } from "../market-data/server.ts";
import type { Properties } from "../program/wire.ts";
import { invoke } from "../providers/invokes.ts";
import { type Kept, Lifecycle } from "../providers/lifecycle.ts";
import { component, resourceType } from "../providers/resource-provider.ts";
import { type LocalServices, startServices } from "../services.ts";
import { type LocalSystem, runTape, systemOf } from "../system.ts";
import { generateTape, SAMPLE_EVENTS, SAMPLE_MIX } from "../tape/generator.ts";
import { seededRandom } from "../tape/random.ts";
import { ENGINE_DIRECTORY, type HostDescription, IDLE_HOURS } from "./host-client.ts";
import { servePlugin } from "./plugin/server.ts";

const PACKAGES = ["aws", "awsx", "docker-build"] as const;
const require = createRequire(import.meta.url);

const port = Number(process.argv[2]);
const kept: Kept = new Map();
let system: LocalSystem | undefined;
let idle: NodeJS.Timeout | undefined;
let description: Omit<HostDescription, "credentials"> | undefined;

const marketData = await startMarketData();
const services: LocalServices = await startServices({
  port,
  random: seededRandom(1).next,
  cacheDirectory: join(PROJECT_DIRECTORY, ".local"),
  routes: {
    "GET engine": async () =>
      description
        ? answer({ ...description, credentials: await deployerCredentials(services.cloud.surroundings.call) })
        : { status: 503, body: { message: "it is starting" } },
    "POST deployed": async (outputs) => {
      system = await systemOf(services, marketData, outputs as Properties);
      return answer({});
    },
    "POST run": async (request) => answer(await run(request as { trades?: string; seed: number })),
    "GET kept": () => answer([...kept.keys(), ...services.ec2.ids]),
    "POST stop": () => {
      setImmediate(() => void stop());
      return answer({});
    },
  },
}).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
const lifecycle = new Lifecycle(
  resourceType,
  {
    call: services.cloud.surroundings.call,
    pushImage: async (image) => {
      await services.ecr.pushImage(image);
    },
  },
  kept,
);
const plugins = await Promise.all(
  PACKAGES.map(async (packageName) => {
    const plugin = {
      ...{ packageName, account: LOCAL_ACCOUNT, lifecycle, versionOf, invoke },
      construct: component,
    };
    return [packageName, await servePlugin(plugin)] as const;
  }),
);
description = {
  id: randomUUID(),
  pid: process.pid,
  port: services.endpoint.port,
  providers: Object.fromEntries(plugins.map(([name, server]) => [name, server.port])),
};
process.once("SIGTERM", () => void stop());
process.once("SIGINT", () => void stop());
stopWhenIdle();

function answer(body: unknown) {
  stopWhenIdle();
  return { status: 200, body };
}

/** Nobody has to remember to stop it. */
function stopWhenIdle(): void {
  clearTimeout(idle);
  idle = setTimeout(() => void stop(), IDLE_HOURS * 3_600_000);
}

async function run({ trades, seed }: { trades?: string; seed: number }) {
  if (!system) throw new Error("no stack has been deployed");
  const lines =
    trades === undefined
      ? generateTape({ events: SAMPLE_EVENTS, seed, mix: SAMPLE_MIX })
      : readTapeFile(trades, new AbortController().signal);
  return (await runTape(system, lines)).ledger;
}

async function stop(): Promise<void> {
  await Promise.all(plugins.map(([, server]) => server.close()));
  await services.close();
  await marketData.close();
  // The engine's state is of what was here.
  if (description)
    await rm(join(PROJECT_DIRECTORY, ENGINE_DIRECTORY, description.id), { recursive: true, force: true });
  process.exit(0);
}

function versionOf(packageName: string): string | undefined {
  if (!PACKAGES.some((name) => name === packageName)) return undefined;
  const { version } = require(`@pulumi/${packageName}/package.json`) as { version: string };
  return version.replace(/^v/, "");
}
