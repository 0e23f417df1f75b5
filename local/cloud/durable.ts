import type { Json } from "./service.ts";

/**
 * What a service of AWS keeps and does not lose with its machines: the one way in which a service here lets its state
 * outlive the process. Whoever keeps the changes puts a function into `onChange`.
 */
export interface Durable {
  /**
   * Told of each change as JSON when it is made and before it is answered, in the order of the changes. Must not throw.
   */
  onChange: (change: Json) => void;
  /**
   * Changes that make the present state from nothing. What comes in one piece (an iterable that is not asynchronous) is
   * the state of one moment; the rest may already have changes that `onChange` is told of meanwhile, and then stands
   * being told of them again.
   */
  snapshot(): Iterable<Json> | AsyncIterable<Json>;
  /** Takes one change in again. Throws if it is of a resource that is not there. */
  restore(change: Json): void | Promise<void>;
  /** Told after the last change: goes on with what was under way. */
  restored(): void | Promise<void>;
}

/** A change that is kept names something that the deployed stack does not have. */
export function notDeployed(what: string): Error {
  return new Error(`kept state is of ${what}, which the stack does not deploy`);
}
