import { Clients } from "../../ops/frame/clients.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";
import type { Ledger } from "../../ops/ledger/ledger.ts";
import { REDRIVE } from "../../ops/redrive/command.ts";
import { RegionReplay } from "../../ops/replay/replay.ts";
import { drain, type LocalSystem } from "../system.ts";
import { settleForeignLetters } from "./foreign-letters.ts";

/** What recovering took. */
export interface Recovery {
  /** Dead letters that a redrive looked at: sent through again, or found to be done. */
  redriven: number;
  /** Replays of the archive, for events that have neither row nor outcome nor dead letter. */
  replays: number;
  rounds: number;
}

export interface RecoveryWatch {
  /** Ends it, which throws the signal's reason. */
  readonly signal: AbortSignal;
  onProgress(text: () => string): void;
}

/** After so many rounds what is left is a fault of the system. */
const MAXIMUM_ROUNDS = 5;
/** As an operator who knows that the cause is gone: every dead letter, however often it failed, and none is a reason to stop. */
const REDRIVE_OPTIONS = {
  queue: "validator,recorder,rule,unfinished",
  rate: "1000",
  attempts: "99",
  "stop-at-failure-rate": "1",
};
/** An event's time is in whole seconds. */
const MARGIN_MILLISECONDS = 2_000;

/**
 * Recovers with what an operator has, until no dead letter is left and every event has ended: `ops redrive` runs dead
 * letters again, and `ops replay` events without any trace. `startedAt` is when the first event was sent, in
 * milliseconds since the epoch; `readLedger` gives the figures since. No fault may be left.
 */
export async function recover(
  system: LocalSystem,
  startedAt: number,
  readLedger: () => Promise<Ledger>,
  watch: RecoveryWatch,
): Promise<Recovery> {
  const recovery = { redriven: 0, replays: 0, rounds: 0 };
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const clients = new Clients({ endpoint: system.services.endpoint.url, credentials });
  try {
    while (recovery.rounds < MAXIMUM_ROUNDS) {
      const redriven = (await settleForeignLetters(system)) + (await redrive(system, clients, watch));
      recovery.redriven += redriven;
      const missing = missingIn(await readLedger());
      watch.signal.throwIfAborted();
      if (missing.length === 0 && redriven === 0) break;
      recovery.rounds += 1;
      for (const region of missing)
        await replay(system, clients, region, { startedAt, signal: watch.signal });
      recovery.replays += missing.length;
    }
  } finally {
    clients.close();
  }
  return recovery;
}

/** Regions with events that a source rule took and that have not ended. */
function missingIn({ regions }: Ledger): string[] {
  return Object.entries(regions)
    .filter(
      ([, { matched, recorded, duplicate, rejected, deadLettered }]) =>
        matched > recorded + duplicate + rejected + deadLettered,
    )
    .map(([region]) => region);
}

/** Gives the number of messages that were done away with. */
async function redrive(
  system: LocalSystem,
  clients: Clients,
  { signal, onProgress }: RecoveryWatch,
): Promise<number> {
  const outputs = parseOutputs(system.services.outputs);
  const run = await REDRIVE.prepare({ words: [], options: REDRIVE_OPTIONS });
  const { json } = await run({
    outputs,
    clients,
    isLocal: true,
    terminal: new ProgressOnly(onProgress),
    signal,
  });
  await drain(system, signal);
  const { considered } = json as { considered?: unknown };
  if (typeof considered !== "number") throw new Error("redrive does not say how many messages it considered");
  return considered;
}

async function replay(
  system: LocalSystem,
  clients: Clients,
  region: string,
  { startedAt, signal }: { startedAt: number; signal: AbortSignal },
): Promise<void> {
  const outputs = parseOutputs(system.services.outputs).regions[region];
  if (!outputs) throw new Error(`stack outputs: regions: has nothing for ${region}`);
  const window = { from: startedAt - MARGIN_MILLISECONDS, to: Date.now() + MARGIN_MILLISECONDS };
  const replay = new RegionReplay(clients.eventBridge(region), outputs, window);
  const { name } = await replay.start();
  const { state, reason } = await replay.wait(name, signal, () => {});
  if (state !== "COMPLETED") throw new Error(`replay ${name} is ${state}: ${reason ?? "no reason given"}`);
  await drain(system, signal);
}

/** Chaos says itself what was done, and takes of its commands only how far they are. */
class ProgressOnly extends Terminal {
  override readonly progress: RecoveryWatch["onProgress"];

  constructor(onProgress: RecoveryWatch["onProgress"]) {
    super(process.stderr);
    this.progress = onProgress;
  }

  override line(): void {}
  override live(): void {}
}
