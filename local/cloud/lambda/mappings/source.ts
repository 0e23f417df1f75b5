import { parsePattern } from "../../events/pattern.ts";
import { isJson } from "../../input.ts";
import type { Pauses } from "../../pauses.ts";
import type { Json, Origin, Surroundings } from "../../service.ts";
import type { MetricsPort } from "../../states/ports.ts";
import { isRefusal } from "../acting.ts";
import type { FunctionRecord } from "../functions.ts";
import { type Completed, counter, type Invoker } from "../invoke.ts";
import type { MappingSettings } from "./settings.ts";
import type { ShardProgress } from "./stream-poller.ts";

/** An event source mapping at work. */
export interface Source {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly invoker: Invoker;
  readonly queueUrl: (arn: string) => string;
  readonly arn: string;
  /** ARN of the mapping itself. */
  readonly mappingArn: string;
  readonly settings: MappingSettings;
  readonly record: FunctionRecord;
  readonly qualifier: string | undefined;
  /** The function's role, which reads from the source. */
  role(): string;
  /** How far a stream's shards have come, by their ids. It outlives the poller. */
  readonly shards: Map<string, ShardProgress>;
  /** Pauses of the poller; closed when it has to stop. */
  readonly pauses: Pauses;
  /** Told how the last batch went, for LastProcessingResult. */
  report(result: string): void;
}

/** How an invocation for a batch ended: with a result, with an error of the function, or not at all. */
export type BatchResult =
  | { readonly kind: "done"; readonly completed: Completed; readonly response: unknown }
  | { readonly kind: "failed"; readonly completed: Completed }
  | { readonly kind: "refused"; readonly message: string };

/** How long a poller pauses after a refusal of its source or of the function. */
export const REFUSED_PAUSE_MILLISECONDS = 1_000;

/** The function's role in the region of the source. */
export function asRole(source: Source): Origin {
  return { region: source.arn.split(":")[3] ?? "", principal: source.role() };
}

/** Invokes the function with records. Never throws. */
export async function invokeWith(source: Source, Records: readonly Json[]): Promise<BatchResult> {
  const { invoker, record, qualifier, mappingArn } = source;
  const call = {
    ...{ service: "lambda", operation: "Invoke", region: record.region },
    ...{ principal: "lambda.amazonaws.com", sourceArn: mappingArn },
  };
  try {
    const completed = await invoker.attempt({
      record,
      qualifier,
      call,
      payload: JSON.stringify({ Records }),
    });
    if (completed.outcome.isError) {
      source.report("PROBLEM: Function call failed");
      return { kind: "failed", completed };
    }
    source.report("OK");
    return { kind: "done", completed, response: JSON.parse(completed.outcome.payload) };
  } catch (error) {
    const message = isRefusal(error) ? error.code : String(error);
    source.report(`PROBLEM: ${message}`);
    return { kind: "refused", message };
  }
}

/** Records a metric of the function that the mapping invokes. */
export function count(
  { metrics, record, qualifier }: Source,
  name: string,
  value: number,
  unit?: string,
): void {
  counter(metrics, record, qualifier, qualifier ?? "$LATEST")(name, value, unit);
}

/**
 * A test for a mapping's filters. A queue's body is compared as JSON if it is some, else as text (Lambda, "Control
 * which events Lambda sends to your function").
 */
export function filterOf(filters: readonly string[]): (record: Json) => boolean {
  if (filters.length === 0) return () => true;
  const patterns = filters.map(parsePattern);
  return (record) => {
    const shown = typeof record.body === "string" ? { ...record, body: parsed(record.body) } : record;
    return patterns.some((matches) => matches(shown));
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/**
 * The identifiers that a function reports as failed (Lambda, "Reporting batch item failures"). Undefined if the
 * whole batch counts as failed: the response is none of that form, or names an identifier that is not in the batch.
 */
export function failuresIn(response: unknown, known: readonly string[]): string[] | undefined {
  if (response === null || response === undefined || response === "") return [];
  if (!isJson(response)) return undefined;
  const items = response.batchItemFailures;
  if (items === null || items === undefined) return [];
  if (!Array.isArray(items)) return undefined;
  const failed = items.map((item) => (isJson(item) ? item.itemIdentifier : undefined));
  const isValid = (id: unknown): id is string => typeof id === "string" && known.includes(id);
  return failed.every(isValid) ? failed : undefined;
}
