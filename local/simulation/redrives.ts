import { randomUUID } from "node:crypto";
import { parseOutputs, type StackOutputs } from "../../ops/frame/outputs.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { LocalServices } from "../services.ts";

interface Begun {
  readonly input: string;
  /** ISO 8601 start of the first execution. */
  readonly acceptedAt: string;
}

/** Sends events through again, as operators do: by new executions, and by replays of the archive. */
export class Redrives {
  readonly #services: LocalServices;
  readonly #outputs: StackOutputs;
  readonly #begun = new Map<string, Begun>();
  #replays: { region: string; name: string }[] = [];

  constructor(services: LocalServices, outputs: Readonly<Record<string, unknown>>) {
    this.#services = services;
    this.#outputs = parseOutputs(outputs);
    const { cloud } = services;
    const { clock } = cloud.surroundings;
    const { authorize } = cloud;
    cloud.authorize = (call, input) => {
      authorize(call, input);
      if (call.service === "states" && call.operation === "StartExecution")
        this.#note(String(input.input), new Date(clock.now()).toISOString());
    };
  }

  begin(): void {
    this.#begun.clear();
    this.#replays = [];
  }

  /** Starts an execution with the event as it came, in its region; false if it never came so far. */
  async redrive(event: string): Promise<boolean> {
    const begun = this.#begun.get(event);
    if (!begun) return false;
    const [region = ""] = event.split("#");
    const envelope = { ...JSON.parse(begun.input), redrive: { acceptedAt: begun.acceptedAt } };
    const stateMachineArn = this.#outputs.regions[region]?.stateMachineArn;
    const request = { stateMachineArn, name: `redrive-${randomUUID()}`, input: JSON.stringify(envelope) };
    const { call } = this.#services.cloud.surroundings;
    await call("states", "StartExecution", request, { region, principal: OPERATOR });
    return true;
  }

  async replay(region: string, from: number, to: number): Promise<void> {
    const { archiveArn, eventBusArn } = this.#outputs.regions[region] ?? {};
    const name = `replay-${randomUUID()}`;
    const request = {
      ...{ ReplayName: name, EventSourceArn: archiveArn, Destination: { Arn: eventBusArn } },
      ...{ EventStartTime: Math.floor(from / 1_000), EventEndTime: Math.ceil(to / 1_000) },
    };
    const { call } = this.#services.cloud.surroundings;
    await call("events", "StartReplay", request, { region, principal: OPERATOR });
    this.#replays.push({ region, name });
  }

  /** Whether every replay has ended; asked again and again while time passes. */
  async areReplaysOver(): Promise<boolean> {
    const { call } = this.#services.cloud.surroundings;
    for (const { region, name } of this.#replays) {
      const { State } = await call(
        "events",
        "DescribeReplay",
        { ReplayName: name },
        { region, principal: OPERATOR },
      );
      if (State === "FAILED") throw new Error(`replay ${name} in ${region} has failed`);
      if (State !== "COMPLETED") return false;
    }
    this.#replays = [];
    return true;
  }

  #note(input: string, acceptedAt: string): void {
    const { id, region } = JSON.parse(input) as { id?: string; region?: string };
    const event = `${region}#${id}`;
    if (!this.#begun.has(event)) this.#begun.set(event, { input, acceptedAt });
  }
}
