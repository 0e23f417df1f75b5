import * as z from "zod/mini";
import type { EnricherOutput, FunctionInput } from "../contract.ts";

const FunctionInputSchema = z.object({
  envelope: z.unknown(),
  execution: z.object({ id: z.string().check(z.minLength(1)), startTime: z.string().check(z.minLength(1)) }),
});

const EnrichmentSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("complete"),
    market: z.record(z.string(), z.unknown()),
    aboveThreshold: z.boolean(),
  }),
  z.object({ status: z.literal("pending"), error: z.string(), aboveThreshold: z.optional(z.boolean()) }),
]);

/** Reads what the workflow passes to every function; otherwise the paths that are wrong. */
export function parseFunctionInput(value: unknown): FunctionInput | { problems: string[] } {
  const parsed = FunctionInputSchema.safeParse(value);
  if (parsed.success) return { envelope: parsed.data.envelope, execution: parsed.data.execution };
  return { problems: parsed.error.issues.map(({ path }) => path.join(".") || "input") };
}

/**
 * Reads the enricher's output as the workflow passes it on to the recorder. Whatever else arrives means that the
 * enrichment is pending: it never decides a trade's fate.
 */
export function parseEnrichment(value: unknown): EnricherOutput {
  const parsed = EnrichmentSchema.safeParse(value);
  if (!parsed.success) return { status: "pending", error: "the enricher's output was not understood" };
  if (parsed.data.status === "complete") return parsed.data;
  const { error, aboveThreshold } = parsed.data;
  return { status: "pending", error, ...(aboveThreshold !== undefined && { aboveThreshold }) };
}
