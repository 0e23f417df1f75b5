import type { Properties, Value } from "../program/wire.ts";
import { UNKNOWN } from "../program/wire.ts";

interface Failure {
  property: string;
  reason: string;
}

/** Whether all of a value is known, which in a preview not every value is. */
export function isKnown(value: Value | undefined): boolean {
  return JSON.stringify(value ?? null).includes(UNKNOWN) === false;
}

/**
 * What the service itself says about inputs, each by the service's own validation, which throws. What is left out or
 * not known yet passes.
 */
export function refused(
  inputs: Properties,
  validations: Readonly<Record<string, (value: Value) => unknown>>,
): Failure[] {
  return Object.entries(validations).flatMap(([property, validate]) => {
    const value = inputs[property];
    if (value === undefined || value === null || !isKnown(value)) return [];
    try {
      validate(value);
      return [];
    } catch (error) {
      return [{ property, reason: (error as Error).message }];
    }
  });
}

/** Throws unless the text matches. */
export function matching(pattern: RegExp): (value: Value) => void {
  return (value) => {
    if (typeof value !== "string" || !pattern.test(value))
      throw new Error(`must match ${pattern.source}, got ${JSON.stringify(value)}`);
  };
}

/** Throws unless the number, which may be given as text, is whole and within the bounds. */
export function whole(least: number, most: number): (value: Value) => void {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new Error(`must be a whole number from ${least} to ${most}, got ${JSON.stringify(value)}`);
  };
}

/** Throws unless the value is one of these. */
export function oneOf(allowed: readonly Value[]): (value: Value) => void {
  return (value) => {
    if (!allowed.includes(value))
      throw new Error(`must be one of ${allowed.join(", ")}, got ${JSON.stringify(value)}`);
  };
}

/** Throws whatever the value is: it would have no effect. */
export function notCarriedOut(): never {
  throw new Error("is not carried out by the local cloud; leave it out");
}
