import { FIELDS, type Mapping } from "./fields.ts";

/** The field that each name of a blotter stands for. */
export function fieldsByName(mapping: Mapping): ReadonlyMap<string, string> {
  const own = FIELDS.filter((field) => !mapping.has(field));
  return new Map([
    ...own.map((field): [string, string] => [field, field]),
    // Last: a name that --map gives stands for that field, also where it is the name of another.
    ...[...mapping].map(([field, name]): [string, string] => [name, field]),
  ]);
}

/** Fields that are not compared, since --map gives the name that they have to another. */
export function displacedFields(mapping: Mapping): string[] {
  const names = [...mapping.values()];
  return FIELDS.filter((field) => !mapping.has(field) && names.includes(field));
}
