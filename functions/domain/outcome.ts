/** What became of an event, in the order in which they count: of several, the first stands. */
export const OUTCOMES = ["recorded", "duplicate", "rejected", "deadLettered"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whether a text names an outcome. */
export function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.some((outcome) => outcome === value);
}

/** Whether an outcome counts before another: it stands, whichever came first. */
export function precedes(outcome: Outcome, other: Outcome): boolean {
  return OUTCOMES.indexOf(outcome) < OUTCOMES.indexOf(other);
}

/**
 * An event's outcome, over its row and all its attempts: the first in the order of OUTCOMES, so that an event that was
 * recorded after it was dead-lettered is recorded. Undefined without any: the event is in flight, or lost.
 */
export function foldOutcome(outcomes: Iterable<Outcome>): Outcome | undefined {
  let folded: Outcome | undefined;
  for (const outcome of outcomes) if (folded === undefined || precedes(outcome, folded)) folded = outcome;
  return folded;
}

/** The outcome of every event that has one, over what is said of it in any order. */
export function foldOutcomes(
  witnesses: Iterable<{ readonly event: string; readonly outcome: Outcome }>,
): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const { event, outcome } of witnesses) {
    const known = outcomes.get(event);
    if (known === undefined || precedes(outcome, known)) outcomes.set(event, outcome);
  }
  return outcomes;
}
