import { until } from "../../functions/adapters/deadline.ts";
import { type EnvironmentOf, readEnvironment } from "../../functions/adapters/environment.ts";
import { boundedError, inputError, retryableError } from "../../functions/adapters/errors.ts";
import type { FunctionInput, FunctionName } from "../../functions/contract.ts";
import { parseFunctionInput } from "../../functions/domain/function-input.ts";
import type { InProcessContext, InProcessHandler } from "../cloud/lambda/in-process.ts";
import type { World } from "./world.ts";

/** What a function's work is given here. */
export interface Invocation<Name extends FunctionName> {
  readonly payload: unknown;
  readonly environment: EnvironmentOf<Name>;
  readonly signal: AbortSignal;
  readonly context: InProcessContext;
  readonly now: () => Date;
}

/** Gives up and lets only bounded errors out, as `functions/adapters/lambda.ts` does, by the driven clock. */
export function plainHandler<Name extends FunctionName>(
  name: Name,
  world: World,
  work: (invocation: Invocation<Name>) => Promise<unknown>,
): InProcessHandler {
  return async (payload, context) => {
    const { clock, variables } = context;
    let clear = () => {};
    try {
      const environment = readEnvironment(name, variables);
      const { deadlineMilliseconds: limit } = environment as EnvironmentOf<FunctionName>;
      const deadline = new AbortController();
      clear = clock.after(limit, () => deadline.abort(retryableError(`given up after ${limit} ms`)));
      const { signal } = deadline;
      const now = () => new Date(clock.now());
      const working = world.begin().then(() => work({ payload, environment, signal, context, now }));
      return await until(signal, working);
    } catch (thrown) {
      throw boundedError(thrown);
    } finally {
      clear();
    }
  };
}

/** The same for the functions that the workflow invokes with an event. */
export function eventHandler<Name extends FunctionName>(
  name: Name,
  world: World,
  work: (invocation: Invocation<Name> & FunctionInput) => Promise<unknown>,
): InProcessHandler {
  return plainHandler(name, world, (invocation) => {
    const input = parseFunctionInput(invocation.payload);
    if ("problems" in input) throw inputError(`input: wrong at ${input.problems.join(", ")}`);
    return work({ ...invocation, ...input });
  });
}
