import * as z from "zod/mini";
import type { Reason } from "../contract.ts";
import { TRADE_DETAIL_TYPE } from "../contract.ts";
import { reason } from "./reasons.ts";
import { epochMilliseconds, parseTimestamp } from "./timestamp.ts";

const name = () => z.string().check(z.minLength(1), z.maxLength(256));
const instant = () => z.string().check(z.refine(isInstant));

/**
 * The event as EventBridge hands it to a target ("Events" in the EventBridge user guide). Further keys are allowed:
 * a replayed event carries `replay-name`, and a redriven one when it was accepted first.
 */
export const EnvelopeSchema = z.object({
  id: name(),
  source: name(),
  "detail-type": z.literal(TRADE_DETAIL_TYPE),
  time: instant(),
  region: name(),
  detail: z.unknown(),
  redrive: z.optional(z.object({ acceptedAt: instant() })),
});

export type Envelope = z.infer<typeof EnvelopeSchema>;

export type ParsedEnvelope = { ok: true; envelope: Envelope } | { ok: false; reasons: Reason[] };

/** Reads an envelope; otherwise one reason for each part that is wrong, with `envelope.` before its path. */
export function parseEnvelope(value: unknown): ParsedEnvelope {
  const parsed = EnvelopeSchema.safeParse(value);
  if (parsed.success) return { ok: true, envelope: parsed.data };
  const reasons = parsed.error.issues.map(({ path }) => {
    const field = ["envelope", ...path.map(String)].join(".");
    return reason("envelope.invalid", field, valueAt(value, path));
  });
  return { ok: false, reasons };
}

/** The key under which an event is known in both regions: `<region>#<event id>`. */
export function eventKey(region: string, id: string): string {
  return `${region}#${id}`;
}

/**
 * When the system accepted the event, in milliseconds since the epoch: the start of its first execution, which a
 * redriven envelope carries along, else of this one.
 */
export function acceptedAt(envelope: Envelope, executionStart: string): number | undefined {
  const parsed = parseTimestamp(envelope.redrive?.acceptedAt ?? executionStart);
  return parsed === undefined ? undefined : epochMilliseconds(parsed);
}

function isInstant(text: string): boolean {
  return parseTimestamp(text) !== undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((current, key) => {
    if (typeof current !== "object" || current === null) return undefined;
    return Object.hasOwn(current, key) ? Reflect.get(current, key) : undefined;
  }, value);
}
