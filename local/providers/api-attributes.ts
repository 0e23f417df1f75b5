import type { Properties, Value } from "../program/wire.ts";
import { given } from "./resource-type.ts";

/** Attributes, which are texts, from the inputs that are there. */
export function attributes(
  inputs: Properties,
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given(inputs, names)).map(([name, value]) => [name, String(value)]),
  );
}

/** A validation for each input, of the attribute that it sets. */
export function validations(
  names: Readonly<Record<string, string>>,
  check: (attributes: Record<string, string>) => void,
): Record<string, (value: Value) => void> {
  return Object.fromEntries(
    Object.entries(names).map(([input, name]) => [input, (value) => check({ [name]: String(value) })]),
  );
}

/** Sets the attributes of the inputs that changed; those that are taken away go back to `defaults`, or to nothing. */
export function changedAttributes(
  { inputs, changed }: { inputs: Properties; changed: readonly string[] },
  names: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): [string, string][] {
  return changed.flatMap((input): [string, string][] => {
    const name = Object.hasOwn(names, input) ? names[input] : undefined;
    return name === undefined ? [] : [[name, String(inputs[input] ?? defaults[input] ?? "")]];
  });
}
