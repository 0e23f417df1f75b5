import { z } from "zod";
import type { Fault } from "../cloud/faults.ts";

/** What faults may name: the services that run, with their operations. */
export type Operations = ReadonlyMap<string, readonly string[]>;

const EFFECT = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("error"),
    code: z
      .string("must be an AWS error code such as InternalServerError")
      .regex(/^[A-Za-z0-9.]{1,100}$/, "must be an AWS error code such as InternalServerError"),
    message: z.string().max(1_000).optional(),
    status: z.int().min(400).max(599).optional(),
  }),
  z.strictObject({ kind: z.literal("throttle") }),
  z.strictObject({
    kind: z.literal("delay"),
    milliseconds: z.int("must be a whole number from 1 to 900000").min(1).max(900_000),
  }),
  z.strictObject({ kind: z.literal("crash") }),
  z.strictObject({ kind: z.literal("outage") }),
]);

const FAULT = z.strictObject({
  service: z.string().optional(),
  operation: z.string().optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region such as us-east-1")
    .optional(),
  function: z
    .string()
    .regex(/^[\w-]{1,64}$/, "must be a function's name")
    .optional(),
  effect: EFFECT,
  when: z.enum(["before", "after"]).default("before"),
  times: z.int().min(1).optional(),
  skip: z.int().min(0).optional(),
});

/** Reads a fault. Throws an Error that names each field, its value and what is allowed. */
export function parseFault(given: unknown, operations: Operations): Fault {
  const result = FAULT.safeParse(given);
  if (!result.success)
    throw new Error(
      result.error.issues
        .map(({ path, message }) => `${path.join(".") || "fault"}: ${message}${shown(given, path)}`)
        .join("; "),
    );
  const fault = result.data;
  const known = fault.service === undefined ? undefined : operations.get(fault.service);
  if (fault.service !== undefined && !known)
    throw new Error(`service: "${fault.service}" is none of ${[...operations.keys()].join(", ")}`);
  if (fault.operation !== undefined) {
    const all = known ?? [...operations.values()].flat();
    if (!all.includes(fault.operation))
      throw new Error(
        known
          ? `operation: "${fault.operation}" is none of ${fault.service}'s: ${known.join(", ")}`
          : `operation: "${fault.operation}" is none of any service's; --service narrows it`,
      );
  }
  if (fault.effect.kind === "outage") requireRegionAlone(fault);
  const isInvocation =
    (fault.service === undefined || fault.service === "lambda") &&
    (fault.operation === undefined || fault.operation === "Invoke");
  if ((fault.effect.kind === "crash" || fault.function !== undefined) && !isInvocation)
    throw new Error(
      `${fault.effect.kind === "crash" ? "effect: crash" : `function: "${fault.function}"`} applies to ` +
        "service lambda, operation Invoke only",
    );
  return Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined)) as Fault &
    object;
}

/** A region is lost as a whole, and until it is brought back. */
function requireRegionAlone({ effect: _effect, region, when, ...others }: z.infer<typeof FAULT>): void {
  if (region === undefined) throw new Error("region: outage needs the region that is lost");
  const narrowed = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (narrowed !== undefined) throw new Error(`${narrowed}: outage is of a whole region, all the time`);
  if (when !== "before") throw new Error('when: outage applies "before" a call only (it is "after")');
}

function shown(given: unknown, path: readonly PropertyKey[]): string {
  let value = given;
  for (const step of path)
    value =
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  return value === undefined ? "" : ` (it is ${JSON.stringify(value)?.slice(0, 200)})`;
}
