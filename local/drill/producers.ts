import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import { Outbox } from "../../ops/producer/outbox.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import { inProcess } from "../simulation/clients.ts";
import type { Simulation } from "../simulation/simulation.ts";
import type { Random } from "../tape/random.ts";
import type { Entry } from "./trades.ts";

/** How often a producer that got an error also sends to the other region's own bus, not knowing what became of it. */
const RESENDS = 0.3;
const LINGER_MILLISECONDS = 10;
const CREDENTIALS = { accessKeyId: "producer", secretAccessKey: "producer" };

/**
 * Trading systems that send as `ops/producer` does: in batches through the global endpoint, until accepted, with jitter
 * between attempts. Some that get an error also send the same straight to the other region.
 */
export class Producers {
  /** Entries given, and those that no answer has said to be accepted. */
  sent = 0;
  waiting = 0;
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #endpoint: Outbox;
  readonly #regions: Readonly<Record<string, Outbox>>;
  readonly #resent = new Set<string>();

  constructor(simulation: Simulation, endpointId: string, random: Random) {
    this.#simulation = simulation;
    this.#random = random;
    this.#endpoint = this.#outbox(simulation.regions[0], endpointId);
    this.#regions = Object.fromEntries(
      simulation.regions.map((region) => [region, this.#outbox(region, undefined)]),
    );
  }

  /** Through the global endpoint. */
  send(entry: Entry): void {
    this.#add(this.#endpoint, entry);
  }

  /** Straight to a region's bus. */
  sendTo(region: string, entry: Entry): void {
    const outbox = this.#regions[region];
    if (!outbox) throw new Error(`the stack has no region ${region}`);
    this.#add(outbox, entry);
  }

  #add(outbox: Outbox, { source, detail }: Entry): void {
    this.sent += 1;
    this.waiting += 1;
    const entry = { source, detailType: TRADE_DETAIL_TYPE, detail: JSON.stringify(detail) };
    const settle = () => {
      this.waiting -= 1;
    };
    outbox.add({ entry, settle });
  }

  #outbox(region: string, endpointId: string | undefined): Outbox {
    const { clock, names, services } = this.#simulation;
    const { surroundings } = services.cloud;
    const call: typeof surroundings.call = async (service, operation, input, from) => {
      const target =
        endpointId === undefined ? region : services.events.globalEndpoints.activeRegion(endpointId);
      try {
        return await surroundings.call(service, operation, input, from);
      } catch (error) {
        if (endpointId !== undefined) this.#resend(String(target), input.Entries);
        throw error;
      }
    };
    const client = new EventBridgeClient({ region, credentials: CREDENTIALS });
    return new Outbox({
      client: inProcess(client, "events", (service, operation, input) =>
        call(service, operation, input, { region, principal: OPERATOR }),
      ),
      eventBusName: names.regions[region]?.busName ?? "",
      ...{ endpointId, clock, random: () => this.#random.next() },
      lingerMilliseconds: LINGER_MILLISECONDS,
      retry: { maximumAttempts: Number.MAX_SAFE_INTEGER },
    });
  }

  /** At most once for an entry: a producer that has two regions tries both. */
  #resend(failed: string, entries: unknown): void {
    const other = this.#simulation.regions.find((region) => region !== failed);
    if (other === undefined || !Array.isArray(entries)) return;
    for (const { Source, Detail } of entries as { Source: string; Detail: string }[]) {
      if (this.#resent.has(Detail)) continue;
      this.#resent.add(Detail);
      if (this.#random.next() >= RESENDS) continue;
      this.sendTo(other, { source: Source, detail: JSON.parse(Detail) as Record<string, unknown> });
    }
  }
}
