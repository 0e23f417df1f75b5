import type { Block, MapState, ParallelState } from "./definition.ts";
import { runtimeError } from "./errors.ts";
import type { Position, Run, Thread } from "./run.ts";
import type { Given } from "./template.ts";
import { STOPPED } from "./timers.ts";

/** Runs one block; the interpreter's own function. */
type RunBlock = (block: Block, position: Position, thread: Thread, run: Run) => Promise<unknown>;

/** One of several blocks that run side by side. */
interface Line {
  readonly block: Block;
  readonly position: Position;
  readonly run: Run;
  /** Notes what becomes of it, if that has an event of its own. */
  readonly note?: (event: "Started" | "Succeeded" | "Failed" | "Aborted", previous: number) => number;
}

/** Runs all branches of a Parallel state. */
export async function attemptBranches(
  state: ParallelState,
  position: Position,
  effective: unknown,
  thread: Thread,
  run: Run,
  runBlock: RunBlock,
): Promise<unknown[]> {
  if (!position.branches) thread.previous = run.record("ParallelStateStarted", thread.previous);
  position.branches ??= state.branches.map(({ startAt }) => ({ state: startAt, input: effective }));
  const positions = position.branches;
  const lines = state.branches.map((block, index) => ({
    block,
    position: positions[index] as Position,
    run,
  }));
  const outputs = await runLines(lines, lines.length, thread, runBlock);
  run.record("ParallelStateSucceeded", thread.previous);
  return outputs;
}

/** Runs the processor of a Map state for every item, as many at a time as MaxConcurrency says. */
export async function attemptItems(
  state: MapState,
  position: Position,
  effective: unknown,
  given: Given,
  thread: Thread,
  run: Run,
  runBlock: RunBlock,
): Promise<unknown[]> {
  const items = state.itemsPath(effective, given);
  if (!Array.isArray(items))
    throw runtimeError(`Map state input must be an array but was: ${JSON.stringify(items)}`);
  const contexts = items.map((Value: unknown, Index) => ({
    ...given.context,
    Map: { Item: { Index, Value } },
  }));
  if (!position.branches)
    thread.previous = run.record("MapStateStarted", thread.previous, () => ({ length: items.length }));
  position.branches ??= items.map((item: unknown, index) => ({
    state: state.processor.startAt,
    input: state.itemSelector?.(effective, { ...given, context: contexts[index] ?? {} }) ?? item,
  }));
  const lines = position.branches.map(
    (each, index): Line => ({
      block: state.processor,
      position: each,
      run: { ...run, context: contexts[index] ?? run.context },
      note: (event, previous) =>
        run.record(`MapIteration${event}`, previous, () => ({ name: state.name, index })),
    }),
  );
  const outputs = await runLines(lines, state.maximumConcurrency || lines.length, thread, runBlock);
  run.record("MapStateSucceeded", thread.previous);
  return outputs;
}

/** Runs lines side by side, so many at a time; the first that fails ends the others. */
async function runLines(
  lines: readonly Line[],
  limit: number,
  thread: Thread,
  runBlock: RunBlock,
): Promise<unknown[]> {
  const extent = thread.extent.inner();
  const threads = lines.map(() => ({ previous: thread.previous, extent }));
  let failed: number | undefined;
  const runLine = async (line: Line, index: number) => {
    const own = threads[index] as Thread;
    if (line.note && !line.position.isRedriven && !line.position.finished)
      own.previous = line.note("Started", own.previous);
    try {
      const isFinished = line.position.finished !== undefined;
      const output = await runBlock(line.block, line.position, own, line.run);
      if (!isFinished) own.previous = line.note?.("Succeeded", own.previous) ?? own.previous;
      return output;
    } catch (error) {
      failed ??= index;
      extent.end();
      throw error;
    }
  };
  try {
    const outputs = await limited(lines, limit, runLine);
    thread.previous = Math.max(thread.previous, ...threads.map(({ previous }) => previous));
    return outputs;
  } catch (error) {
    if (error !== STOPPED && failed !== undefined) {
      thread.previous = threads[failed]?.previous ?? thread.previous;
      lines[failed]?.note?.("Failed", thread.previous);
      for (const [index, line] of lines.entries())
        if (index !== failed && line.position.hasBegun) recordAbortion(line, thread.previous);
    }
    throw error;
  } finally {
    extent.end();
  }
}

/** Results in the order of what they are of. */
async function limited<T>(
  items: readonly T[],
  limit: number,
  carryOut: (item: T, index: number) => Promise<unknown>,
): Promise<unknown[]> {
  const results: unknown[] = new Array(items.length);
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) results[index] = await carryOut(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}

function recordAbortion({ block, position, run, note }: Line, previous: number): void {
  if (position.finished) return;
  note?.("Aborted", previous);
  const state = block.states.get(position.state);
  if (state?.type === "Parallel" || state?.type === "Map")
    for (const [index, inner] of (position.branches ?? []).entries()) {
      const innerBlock = state.type === "Map" ? state.processor : state.branches[index];
      if (innerBlock) recordAbortion({ block: innerBlock, position: inner, run }, previous);
    }
  if (state && ("retriers" in state || state.type === "Wait"))
    run.record(`${state.type}StateAborted`, previous);
}
