/**
 * Runs a tape through the system of a project's folder, which is the working directory, in a local cloud of its own,
 * and prints what became of each line as JSON. The folder may hold another version than this file's.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { write } from "../../ops/frame/output.ts";
import { busesOfRegion } from "../../ops/send/allowed-buses.ts";
import { type Refusal, sendTape } from "../../ops/send/send-tape.ts";
import { linesOf } from "../../ops/tape/lines.ts";
import { LOCAL_ACCOUNT } from "../cloud/cloud.ts";
import type * as SystemModule from "../system.ts";
import { inChunks } from "./tape-chunks.ts";
import { readTrades } from "./tape-trades.ts";

const POLL_MILLISECONDS = 5;
/** Executions under way at once: below the functions' reserved concurrency. */
const OUTSTANDING_LIMIT = 8;

const [directory = "", stack = "", file = ""] = process.argv.slice(2);
const { startSystem, drain, inFlight } = (await import(
  pathToFileURL(join(directory, "local/system.ts")).href
)) as typeof SystemModule;
try {
  const tape = await readFile(file);
  const system = await startSystem({ stack });
  try {
    const trades = await run(system, tape);
    const digest = createHash("sha256").update(tape).digest("hex");
    await write(process.stdout, JSON.stringify({ digest, trades }));
  } finally {
    await system.close();
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function run(system: SystemModule.LocalSystem, tape: Uint8Array) {
  const { names } = system;
  const { busName = "", forwardingRule } = names.regions[names.homeRegion] ?? {};
  const busArn = `arn:aws:events:${names.homeRegion}:${LOCAL_ACCOUNT}:event-bus/${busName}`;
  const client = new EventBridgeClient({
    region: names.homeRegion,
    endpoint: system.services.endpoint.url,
    credentials: { accessKeyId: "producer", secretAccessKey: "producer" },
  });
  const refused: Refusal[] = [];
  const events = new Map<string, number>();
  for await (const { first, lines } of inChunks(linesOf([tape]))) {
    const sent = await sendTape(lines, {
      client,
      eventBusName: busName,
      allowedBuses: busesOfRegion(busArn, forwardingRule),
      onAccepted: (line, eventId) => events.set(eventId, first + line - 1),
      admission: async (waiting, unanswered) => {
        const room = () => OUTSTANDING_LIMIT - inFlight(system) - unanswered();
        while (room() < 1) await setTimeout(POLL_MILLISECONDS);
        return Math.min(waiting, room());
      },
    });
    refused.push(...sent.refused.map(({ line, reason }) => ({ line: first + line - 1, reason })));
    await drain(system);
  }
  client.destroy();
  return readTrades(names, system.services.cloud.surroundings.call, events, refused);
}
