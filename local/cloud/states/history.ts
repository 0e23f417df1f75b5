import { isObject } from "./paths.ts";

type Event = Record<string, unknown>;

/** Most events of one execution, as AWS's quota. */
const MAXIMUM_EVENTS = 25_000;

/**
 * Collects an interpreter's events when they are first asked for, and gives them as GetExecutionHistory does.
 * Passes are run as tasks, so their names are needed to tell them apart.
 */
export function historyOf(
  events: AsyncIterator<unknown>,
  typeOf: (state: string) => string,
): () => Promise<Event[]> {
  const collected: Event[] = [];
  let collecting = false;
  async function collect(): Promise<void> {
    for (let next = await events.next(); !next.done; next = await events.next())
      if (collected.length < MAXIMUM_EVENTS)
        collected.push(...translate(next.value, collected.length, typeOf));
  }
  return async () => {
    if (!collecting) void collect();
    collecting = true;
    await new Promise((done) => setImmediate(done));
    return [...collected];
  };
}

const EXECUTION_TYPES: Readonly<Record<string, string>> = {
  ExecutionAborted: "ExecutionAborted",
  ExecutionFailed: "ExecutionFailed",
  ExecutionStarted: "ExecutionStarted",
  ExecutionSucceeded: "ExecutionSucceeded",
  ExecutionTimeout: "ExecutionTimedOut",
};

function translate(event: unknown, before: number, typeOf: (state: string) => string): Event[] {
  if (!isObject(event)) return [];
  const [type, details] = typeAndDetails(event, typeOf);
  if (type === undefined) return [];
  const timestamp = Number(event.timestamp) / 1_000;
  return [{ timestamp, type, id: before + 1, previousEventId: before, ...details }];
}

function typeAndDetails(event: Event, typeOf: (state: string) => string): [string?, Event?] {
  const failure = { error: event.Error, cause: text(event.Cause) };
  const execution = EXECUTION_TYPES[String(event.type)];
  if (execution !== undefined) {
    const outcome = event.Error === undefined ? {} : failure;
    const data = { input: text(event.input), output: text(event.output) };
    const name = `${execution[0]?.toLowerCase()}${execution.slice(1)}EventDetails`;
    return [execution, { [name]: defined({ ...outcome, ...data }) }];
  }
  const state = isObject(event.state) ? event.state : {};
  const name = String(state.name);
  const type = typeOf(name);
  switch (event.type) {
    case "StateEntered":
      return [`${type}StateEntered`, { stateEnteredEventDetails: { name, input: text(state.input) } }];
    case "StateExited":
      return [`${type}StateExited`, { stateExitedEventDetails: { name, output: text(state.output) } }];
    case "StateFailed":
      return type === "Task"
        ? ["TaskFailed", { taskFailedEventDetails: { resource: name, ...failure } }]
        : [`${type}StateFailed`];
    case "ParallelBranchStarted":
      return ["ParallelStateStarted"];
    default:
      return [];
  }
}

function text(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

function defined(members: Event): Event {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
