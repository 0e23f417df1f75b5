import { OPERATOR } from "../cloud/cloud.ts";
import type { Caller } from "../cloud/service.ts";
import type { LedgerNames } from "../ledger-source.ts";
import type { Trace } from "./trace.ts";

/** What a producer puts on the trades bus. */
export interface Entry {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Puts events on the trades buses, and remembers what the run has put. */
export class Producer {
  readonly #names: LedgerNames;
  readonly #call: Caller;
  readonly #trace: Trace;
  readonly #sent = new Map<string, Entry>();

  constructor(names: LedgerNames, call: Caller, trace: Trace) {
    this.#names = names;
    this.#call = call;
    this.#trace = trace;
  }

  begin(): void {
    this.#sent.clear();
  }

  /** `<region>#<event id>` of every event, the first sent first. */
  events(): string[] {
    return [...this.#sent.keys()];
  }

  async send(region: string, entry: Entry): Promise<string> {
    const { source, detailType, detail } = entry;
    const { busName } = this.#names.regions[region] ?? unknown(region);
    const Entries = [
      {
        ...{ EventBusName: busName, Source: source, DetailType: detailType },
        Detail: JSON.stringify(detail),
      },
    ];
    const answer = await this.#call("events", "PutEvents", { Entries }, { region, principal: OPERATOR });
    const [result] = answer.Entries as { EventId?: string; ErrorMessage?: string }[];
    if (result?.EventId === undefined) throw new Error(`PutEvents: ${result?.ErrorMessage}`);
    const event = `${region}#${result.EventId}`;
    this.#sent.set(event, entry);
    this.#trace.add(`sent: ${event} ${JSON.stringify(detail)}`);
    return event;
  }

  resend(event: string, region: string): Promise<string> {
    return this.send(region, this.#sent.get(event) ?? unknown(event));
  }
}

function unknown(what: string): never {
  throw new Error(`the simulation has no ${what}`);
}
