import { Input } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Bus, BusEvent } from "./model.ts";
import { page } from "./page.ts";
import { Replay, type ReplayState } from "./replay.ts";
import { type BusStore, notFound } from "./store.ts";

/** Replays that run at the same time in a region (EventBridge, "Replaying archived events"). */
const MAXIMUM_ACTIVE = 10;
/** How long a replay that has ended stays listed (EventBridge, "Viewing event replays"), in milliseconds. */
const KEPT = 90 * 86_400_000;

const FIELDS = [
  "ReplayName",
  "Description",
  "EventSourceArn",
  "EventStartTime",
  "EventEndTime",
  "Destination",
];
const STATES: readonly ReplayState[] = [
  ...(["STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"] as const),
];

/** StartReplay, DescribeReplay, ListReplays and CancelReplay. */
export class Replays {
  readonly #store: BusStore;
  readonly #surroundings: Surroundings;
  readonly #publish: (bus: Bus, event: BusEvent, rules: readonly string[] | undefined) => void;
  readonly #regions = new RegionState(() => new Map<string, Replay>());

  constructor(
    store: BusStore,
    surroundings: Surroundings,
    publish: (bus: Bus, event: BusEvent, rules: readonly string[] | undefined) => void,
  ) {
    this.#store = store;
    this.#surroundings = surroundings;
    this.#publish = publish;
  }

  get operations(): Record<string, Operation> {
    return {
      StartReplay: (json, call) => this.#start(json, call),
      DescribeReplay: (json, call) => describe(this.#find(json, call)),
      ListReplays: (json, call) => this.#list(json, call),
      CancelReplay: (json, call) => this.#cancel(json, call),
    };
  }

  close(): void {
    for (const [, replays] of this.#regions.entries()) for (const replay of replays.values()) replay.close();
  }

  #start(json: Json, { region }: Call): Json {
    const { account, clock, random } = this.#surroundings;
    const input = new Input(json).only(FIELDS);
    const name = input.text("ReplayName", { pattern: /^[.\-_A-Za-z0-9]{1,64}$/ });
    const start = input.time("EventStartTime");
    const end = input.time("EventEndTime");
    if (end <= start)
      throw new ServiceError(
        "ValidationException",
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
      );
    const archive = this.#store.archive(region, input.text("EventSourceArn"));
    const bus = this.#store.get(region, archive.busArn);
    const rules = this.#destination(input, bus);
    const known = this.#in(region);
    if (known.has(name))
      throw new ServiceError("ResourceAlreadyExistsException", `Replay ${name} already exists.`);
    if ([...known.values()].filter(({ isActive }) => isActive).length >= MAXIMUM_ACTIVE)
      throw new ServiceError(
        "LimitExceededException",
        `The number of active replays has reached its limit, ${MAXIMUM_ACTIVE}.`,
      );
    const arn = `arn:aws:events:${region}:${account}:replay/${name}`;
    const description = input.optionalText("Description", { maximum: 512 });
    const replay = new Replay(
      { name, arn, archive, bus, description, start, end, rules },
      {
        ...{ clock, random, publish: this.#publish },
        exists: () => this.#store.archives(region).includes(archive),
      },
    );
    known.set(name, replay);
    return { ReplayArn: arn, State: replay.state, ReplayStartTime: replay.started / 1_000 };
  }

  /** Only the archive's own bus can be the destination, and only rules of it. */
  #destination(input: Input, bus: Bus): string[] | undefined {
    const destination = new Input(input.record("Destination")).only(["Arn", "FilterArns"]);
    if (destination.text("Arn") !== bus.arn)
      throw new ServiceError(
        "ValidationException",
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
      );
    const rules = destination.texts("FilterArns");
    const arns = [...bus.rules.values()].map(({ arn }) => arn);
    const unknown = rules.find((arn) => !arns.includes(arn));
    if (unknown !== undefined) throw notFound(`Rule ${unknown} does not exist on EventBus ${bus.name}.`);
    return rules.length > 0 ? rules : undefined;
  }

  #find(json: Json, { region }: Call): Replay {
    const name = new Input(json).only(["ReplayName"]).text("ReplayName");
    const replay = this.#in(region).get(name);
    if (!replay) throw notFound(`Replay ${name} does not exist.`);
    return replay;
  }

  #list(json: Json, { region }: Call): Json {
    const input = new Input(json).only(["NamePrefix", "State", "EventSourceArn", "NextToken", "Limit"]);
    const prefix = input.optionalText("NamePrefix") ?? "";
    const state = input.optionalText("State", { oneOf: STATES });
    const source = input.optionalText("EventSourceArn");
    const replays = [...this.#in(region).values()]
      .filter((replay) => replay.order.name.startsWith(prefix))
      .filter((replay) => state === undefined || replay.state === state)
      .filter((replay) => source === undefined || replay.order.archive.arn === source);
    return page("Replays", replays.map(summary), input);
  }

  #cancel(json: Json, call: Call): Json {
    const replay = this.#find(json, call);
    if (replay.state !== "STARTING" && replay.state !== "RUNNING")
      throw new ServiceError(
        "IllegalStatusException",
        `Replay ${replay.order.name} is not in a valid state for this operation.`,
      );
    replay.cancel();
    return { ReplayArn: replay.order.arn, State: replay.state };
  }

  #in(region: string): Map<string, Replay> {
    const replays = this.#regions.of(region);
    const oldest = this.#surroundings.clock.now() - KEPT;
    for (const [name, { ended }] of replays) if (ended !== undefined && ended < oldest) replays.delete(name);
    return replays;
  }
}

function summary({ order, state, reason, started, ended, lastEventTime }: Replay): Json {
  return {
    ...{ ReplayName: order.name, EventSourceArn: order.archive.arn, State: state },
    ...{ EventStartTime: order.start / 1_000, EventEndTime: order.end / 1_000 },
    ReplayStartTime: started / 1_000,
    ...(reason === undefined ? {} : { StateReason: reason }),
    ...(lastEventTime === undefined ? {} : { EventLastReplayedTime: lastEventTime / 1_000 }),
    ...(ended === undefined ? {} : { ReplayEndTime: ended / 1_000 }),
  };
}

function describe(replay: Replay): Json {
  const { arn, description, bus, rules } = replay.order;
  return {
    ...summary(replay),
    ReplayArn: arn,
    ...(description === undefined ? {} : { Description: description }),
    Destination: { Arn: bus.arn, ...(rules === undefined ? {} : { FilterArns: rules }) },
  };
}
