import type { Fault } from "../cloud/faults.ts";
import type { Simulation } from "../simulation/simulation.ts";
import type { Random } from "../tape/random.ts";

/** What fails in the primary region; `idle` is the control in which nothing does. */
export const KINDS = ["region", "processing", "table", "replication", "slow", "flapping", "idle"] as const;
export type Kind = (typeof KINDS)[number];

/** One failure: begins it, says in words what it is, and ends it. */
export interface Failure {
  readonly what: string;
  begin(simulation: Simulation): () => void;
}

interface KindSettings {
  /** Whether trades have to go to the other region; where it depends on how long failures last, they may. */
  readonly failsOver: "always" | "never" | "maybe";
  readonly failure: (random: Random) => Failure;
}

const UNAVAILABLE = { kind: "error", code: "ServiceUnavailable", status: 503 } as const;
/** Longer than the workflow waits for a function (components/standards.ts). */
const SLOWEST_MILLISECONDS = 40_000;
const SLOW_MILLISECONDS = 31_000;
const SLOW_FUNCTION_MILLISECONDS = 6_000;

const LOST: Failure = {
  what: "everything in the region is gone",
  begin: ({ faults, regions }) => faults.loseRegion(regions[0]),
};

const UNREACHABLE_TABLE: Failure = {
  what: "DynamoDB cannot be reached in the region",
  begin: faulty({ service: "dynamodb", effect: UNAVAILABLE, when: "before" }),
};

const STOPPED_REPLICATION: Failure = {
  what: "replication of tables and events has stopped both ways",
  begin({ services }) {
    const { dynamodb, events } = services;
    const all = [dynamodb.replication, events.globalEndpoints.replication];
    for (const replication of all) replication.pause();
    return () => {
      for (const replication of all) replication.resume();
    };
  },
};

/** The bus accepts, but nothing comes of it. */
function stuckProcessing(random: Random): Failure {
  return random.next() < 0.5
    ? {
        what: "the bus accepts events, but no workflow starts",
        begin: faulty({
          service: "states",
          operation: "StartExecution",
          effect: UNAVAILABLE,
          when: "before",
        }),
      }
    : {
        what: "the bus accepts events, but no function runs",
        begin: faulty({
          service: "lambda",
          operation: "Invoke",
          effect: { kind: "error", code: "ServiceException", status: 500 },
          when: "before",
        }),
      };
}

function slowness(random: Random): Failure {
  if (random.next() < 0.5) {
    const milliseconds = random.between(SLOW_FUNCTION_MILLISECONDS, SLOWEST_MILLISECONDS);
    return {
      what: `functions answer after ${seconds(milliseconds)} s`,
      begin: faulty({
        service: "lambda",
        operation: "Invoke",
        effect: { kind: "delay", milliseconds },
        when: "before",
      }),
    };
  }
  const milliseconds = random.between(SLOW_MILLISECONDS, SLOWEST_MILLISECONDS);
  return {
    what: `every call in the region takes ${seconds(milliseconds)} s`,
    begin: faulty({ effect: { kind: "delay", milliseconds }, when: "before" }),
  };
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 1_000);

/** What each kind of drill does, and what it has to lead to. */
export const KIND_SETTINGS: Readonly<Record<Kind, KindSettings>> = {
  region: { failsOver: "always", failure: () => LOST },
  processing: { failsOver: "always", failure: stuckProcessing },
  table: { failsOver: "always", failure: () => UNREACHABLE_TABLE },
  replication: { failsOver: "never", failure: () => STOPPED_REPLICATION },
  slow: { failsOver: "always", failure: slowness },
  flapping: {
    failsOver: "maybe",
    failure: (random) => (random.next() < 0.5 ? LOST : stuckProcessing(random)),
  },
  idle: { failsOver: "never", failure: () => ({ what: "no trades at all", begin: () => () => {} }) },
};

/** A fault of the primary region. */
function faulty(fault: Omit<Fault, "region">): Failure["begin"] {
  return ({ faults, regions }) => faults.add({ ...fault, region: regions[0] });
}
