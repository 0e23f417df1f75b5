import type { Given } from "../frame/operator-command.ts";
import { instant } from "../frame/options.ts";
import { UsageError, wholeNumber } from "../frame/usage.ts";
import { QUEUES, type QueueName } from "./queues.ts";

export interface RedriveOptions {
  readonly queues: readonly QueueName[];
  readonly reason: string | undefined;
  readonly tradeId: string | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** A source system's name, and a region, as given: only the stack says which there are. */
  readonly source: string | undefined;
  readonly region: string | undefined;
  readonly isDryRun: boolean;
  readonly includePoison: boolean;
  /** Starts a second. */
  readonly rate: number;
  /** From 0 to 1. */
  readonly stopAtFailureRate: number;
  readonly attempts: number;
  /** Longest wait for a result, in milliseconds. */
  readonly resultLimit: number;
}

/** Longer than the longest execution (components/workflow/longest-path.ts), in seconds. */
const DEFAULT_TIMEOUT = 300;

/** Reads the options of a redrive. Throws UsageError. */
export function redriveOptions({ options }: Given): RedriveOptions {
  const time = (name: string) => (options[name] === undefined ? undefined : instant(name, options[name]));
  const [from, to] = [time("from"), time("to")];
  if (from !== undefined && to !== undefined && from >= to)
    throw new UsageError(`--to: "${options.to}" must be later than --from, which is "${options.from}"`);
  return {
    ...{ queues: queuesOf(options.queue), from, to, source: options.source, region: options.region },
    ...{ reason: options.reason, tradeId: options["trade-id"] },
    isDryRun: options["dry-run"] !== undefined,
    includePoison: options["include-poison"] !== undefined,
    rate: atLeastOne("rate", options.rate ?? "10", 1_000),
    stopAtFailureRate: share("stop-at-failure-rate", options["stop-at-failure-rate"] ?? "0.5"),
    attempts: atLeastOne("attempts", options.attempts ?? "3", 99),
    resultLimit: atLeastOne("timeout", options.timeout ?? String(DEFAULT_TIMEOUT), 3_600) * 1_000,
  };
}

function queuesOf(text: string | undefined): QueueName[] {
  if (text === undefined) return [...QUEUES];
  return text.split(",").map((name) => {
    const found = QUEUES.find((queue) => queue === name.trim());
    if (!found) throw new UsageError(`--queue: "${name}" must be one of ${QUEUES.join(", ")}`);
    return found;
  });
}

function atLeastOne(option: string, text: string, maximum: number): number {
  const number = wholeNumber(option, text, maximum);
  if (number < 1) throw new UsageError(`--${option}: "${text}" must be a whole number from 1 to ${maximum}`);
  return number;
}

function share(option: string, text: string): number {
  const number = /^\d(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 1))
    throw new UsageError(`--${option}: "${text}" must be a number from 0 to 1, such as 0.5`);
  return number;
}
