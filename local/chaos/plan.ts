import type { Fault, FaultEffect, FaultTarget } from "../cloud/faults.ts";
import type { Random } from "../tape/random.ts";
import { seededRandom } from "../tape/random.ts";

/** What is done to a process that runs a function. */
export interface Disturbance {
  /** Milliseconds after the first event of the part is sent. */
  readonly after: number;
  /** Killed, or stopped for this many milliseconds and then continued. */
  readonly pause: number | "killed";
  /** Which of the processes that are there, in [0, 1). */
  readonly which: number;
}

/** What happens while one part of the tape is sent. */
export interface PartPlan {
  /** Lines of the tape, from the first to before the second. */
  readonly lines: readonly [number, number];
  readonly faults: readonly Fault[];
  readonly disturbances: readonly Disturbance[];
  /** Whether writes do not reach the other region until the end. */
  readonly stopsReplication: boolean;
  readonly stopsMarketData: boolean;
  /** Whether the local cloud dies when the part is sent, and starts again. */
  readonly restarts: boolean;
}

export interface PlanOptions {
  readonly seed: number;
  readonly events: number;
  /** Share of calls that are disturbed, from 0 to 1. */
  readonly faults: number;
  /** Whether the local cloud dies once in the middle. */
  readonly restarts: boolean;
}

/** How often a call is made for an event, and what may happen to it; what is listed twice happens twice as often. */
interface Site {
  readonly target: FaultTarget;
  readonly callsPerEvent: number;
  readonly kinds: readonly ((random: Random) => Pick<Fault, "effect" | "when">)[];
}

const before = (effect: FaultEffect) => () => ({ effect, when: "before" as const });
const after = (effect: FaultEffect) => () => ({ effect, when: "after" as const });
const error = (code: string, status: number): FaultEffect => ({ kind: "error", code, status });
const delayed = (when: Fault["when"], from: number, to: number) => (random: Random) => ({
  effect: { kind: "delay" as const, milliseconds: random.between(from, to) },
  when,
});

const FUNCTIONS = ["trade-validator-dev", "metadata-enricher-dev", "compliance-recorder-dev"];

const INVOCATION: Site["kinds"] = [
  before({ kind: "crash" }),
  after({ kind: "crash" }),
  before({ kind: "throttle" }),
  delayed("before", 50, 1_500),
  before(error("ServiceException", 500)),
  // The function has done its work, but the workflow does not learn of it.
  after(error("ServiceException", 500)),
  // Beyond the workflow's time limit: the next attempt runs beside this one.
  delayed("after", 5_200, 5_800),
  // Not retried: a dead letter.
  before(error("ResourceNotFoundException", 404)),
];

const SITES: readonly Site[] = [
  ...FUNCTIONS.map((name) => ({
    target: { service: "lambda", operation: "Invoke", function: name },
    callsPerEvent: 1,
    kinds: INVOCATION,
  })),
  {
    target: { service: "dynamodb", operation: "PutItem" },
    callsPerEvent: 1.1,
    kinds: [
      before({ kind: "throttle" }),
      before(error("InternalServerError", 500)),
      after(error("InternalServerError", 500)),
      delayed("after", 50, 1_500),
      // Beyond the time limit of the recorder's handler.
      delayed("after", 4_200, 4_800),
      before(error("AccessDeniedException", 400)),
    ],
  },
  {
    target: { service: "sqs", operation: "SendMessage" },
    callsPerEvent: 0.1,
    kinds: [
      before({ kind: "throttle" }),
      before(error("InternalError", 500)),
      after(error("InternalError", 500)),
      delayed("before", 50, 1_000),
    ],
  },
  {
    target: { service: "states", operation: "StartExecution" },
    callsPerEvent: 1,
    kinds: [
      before({ kind: "throttle" }),
      before(error("InternalFailure", 500)),
      after(error("InternalFailure", 500)),
      delayed("before", 20, 500),
      // Not retried: a dead letter of the rule.
      before(error("AccessDeniedException", 400)),
    ],
  },
  {
    // Never after its effect: a producer whose request fails cannot know that the bus took it, and `sent` would lie.
    target: { service: "events", operation: "PutEvents" },
    callsPerEvent: 0.3,
    kinds: [before({ kind: "throttle" }), before(error("InternalFailure", 500)), delayed("before", 20, 300)],
  },
  {
    target: { service: "ssm" },
    callsPerEvent: 0.05,
    kinds: [before(error("InternalServerError", 500)), before({ kind: "throttle" })],
  },
];

/** Parts of a small tape, and most events of a part of a large one. */
const PARTS = 4;
const EVENTS_PER_PART = 200;
/** How fast events are expected to be processed, to place what goes by time. */
const EVENTS_PER_SECOND = 60;
const LONGEST_PAUSE = 3_000;

/** What happens in a run: the same options give the same plan. When exactly it meets a call is the machine's affair. */
export function chaosPlan(options: PlanOptions): PartPlan[] {
  const { events, faults, seed } = options;
  const random = seededRandom(seed ^ 0x5eed);
  const size = Math.max(1, Math.min(EVENTS_PER_PART, Math.ceil(events / PARTS)));
  const count = Math.ceil(events / size);
  // Something is sent before and after it.
  const restartAfter = options.restarts && count > 1 ? random.between(0, count - 2) : undefined;
  return Array.from({ length: count }, (_, index): PartPlan => {
    const first = index * size;
    const length = Math.min(size, events - first);
    return {
      lines: [first, first + length],
      faults: SITES.flatMap((site) => faultsOf(site, length, faults, random)),
      disturbances: disturbancesOf(length, faults, random),
      stopsReplication: faults > 0 && random.next() < 0.2,
      stopsMarketData: faults > 0 && random.next() < 0.1,
      restarts: index === restartAfter,
    };
  });
}

function faultsOf(
  { target, callsPerEvent, kinds }: Site,
  events: number,
  share: number,
  random: Random,
): Fault[] {
  const calls = Math.ceil(events * callsPerEvent);
  const hit = Array.from({ length: calls }, (_, call) => call).filter(() => random.next() < share);
  return hit.map((skip) => ({ ...target, ...random.pick(kinds)(random), skip, times: 1 }));
}

function disturbancesOf(events: number, share: number, random: Random): Disturbance[] {
  const milliseconds = (events / EVENTS_PER_SECOND) * 1_000;
  const expected = events * share;
  const count = Math.floor(expected) + (random.next() < expected % 1 ? 1 : 0);
  return Array.from({ length: count }, () => ({
    after: random.next() * milliseconds,
    pause: random.next() < 0.5 ? ("killed" as const) : random.between(50, LONGEST_PAUSE),
    which: random.next(),
  }));
}
