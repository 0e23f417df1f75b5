import type { Context } from "../frame/operator-command.ts";

/** How long a region may take for one answer, in milliseconds: a lost one would be waited for much longer. */
const PATIENCE = 10_000;

/** Ends a request when the operator interrupts, or when its region takes too long. */
export function patiently({ signal }: Pick<Context, "signal">): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) };
}

/** Ends a request when its region takes too long, and goes on when the operator interrupts: what was done is written down. */
export function insistently(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(PATIENCE) };
}
