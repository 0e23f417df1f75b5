import type { Fault, FaultEffect } from "../cloud/faults.ts";
import { ServiceError } from "../cloud/service.ts";
import type { Entry } from "./producer.ts";
import type { Simulation } from "./simulation.ts";

/** 0 for the primary region, 1 for the other. */
export type RegionIndex = 0 | 1;

/** One thing that happens to the system. `of` counts the events sent so far, and goes round if there are fewer. */
export type Step =
  | { readonly do: "send"; readonly region: RegionIndex; readonly entry: Entry }
  | { readonly do: "resend"; readonly of: number; readonly region: RegionIndex }
  | { readonly do: "redrive"; readonly of: number }
  | { readonly do: "replay"; readonly region: RegionIndex }
  | { readonly do: "wait"; readonly milliseconds: number }
  | { readonly do: "fault"; readonly fault: Fault }
  | { readonly do: "marketData"; readonly failures: number }
  | { readonly do: "lag"; readonly region: RegionIndex; readonly milliseconds: number };

/** Carries out steps one after the other, while what they started goes on. A trade's id gets the run's prefix. */
export async function perform(simulation: Simulation, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await performOne(simulation, step);
}

async function performOne(simulation: Simulation, step: Step): Promise<void> {
  const { clock, faults, regions, services, trace, world } = simulation;
  const sent = simulation.events();
  switch (step.do) {
    case "send":
      await simulation.send(regions[step.region], prefixed(step.entry, simulation.prefix));
      return;
    case "wait":
      return clock.advance(step.milliseconds);
    case "fault":
      faults.add(step.fault);
      return;
    case "marketData":
      world.marketDataFailures = step.failures;
      return;
    case "lag":
      services.dynamodb.replication.setLag(step.milliseconds, regions[step.region]);
      return;
    case "replay":
      return simulation.replay(regions[step.region]);
  }
  const event = sent[step.of % sent.length];
  if (event === undefined) return;
  if (step.do === "resend") {
    await simulation.resend(event, regions[step.region]);
    return;
  }
  try {
    await simulation.redrive(event);
  } catch (error) {
    // A fault may meet the operator, too, who then knows and tries again.
    if (!(error instanceof ServiceError)) throw error;
    trace.add(`redrive of ${event} refused: ${error.code}`);
  }
}

/** Only ids of this shape: those that are wrong on purpose stay so. */
function prefixed({ detail, ...entry }: Entry, prefix: string): Entry {
  const { tradeId } = detail;
  if (typeof tradeId !== "string" || !/^(T|BAD|OTHER)\d*-/.test(tradeId)) return { ...entry, detail };
  return { ...entry, detail: { ...detail, tradeId: `${prefix}-${tradeId}` } };
}

const UNAVAILABLE: FaultEffect = { kind: "error", code: "InternalServerError", status: 500 };

/** What goes wrong in a simulation, each for some calls; every part of the way of a trade is among them. */
export const FAULTS: readonly Fault[] = [
  ...["trade-validator", "metadata-enricher", "compliance-recorder"].flatMap((name): Fault[] => {
    const call = { service: "lambda", operation: "Invoke", function: name };
    return [
      { ...call, effect: { kind: "crash" }, when: "before" },
      { ...call, effect: { kind: "crash" }, when: "after" },
      { ...call, effect: { kind: "throttle" }, when: "before" },
      { ...call, effect: { kind: "delay", milliseconds: 6_000 }, when: "after" },
    ];
  }),
  { service: "dynamodb", operation: "PutItem", effect: { kind: "throttle" }, when: "before" },
  { service: "dynamodb", operation: "PutItem", effect: UNAVAILABLE, when: "before" },
  { service: "dynamodb", operation: "PutItem", effect: UNAVAILABLE, when: "after" },
  {
    service: "dynamodb",
    operation: "PutItem",
    effect: { kind: "delay", milliseconds: 4_500 },
    when: "after",
  },
  { service: "states", operation: "StartExecution", effect: { kind: "throttle" }, when: "before" },
  { service: "states", operation: "StartExecution", effect: UNAVAILABLE, when: "after" },
];
