import { sourceKind } from "../cloud/lambda/mappings/settings.ts";
import type { Properties, Value } from "../program/wire.ts";
import { given, list, record } from "./resource-type.ts";

/** Inputs that UpdateEventSourceMapping takes as they are, by what they go back to when they are taken away. */
export const DEFAULTS = {
  ...{ bisectBatchOnFunctionError: false, enabled: true, functionResponseTypes: [] },
  ...{ maximumBatchingWindowInSeconds: 0, maximumRecordAgeInSeconds: -1, maximumRetryAttempts: -1 },
  ...{ parallelizationFactor: 1 },
} as const;
export const PLAIN = {
  ...{ batchSize: "BatchSize", bisectBatchOnFunctionError: "BisectBatchOnFunctionError" },
  ...{ enabled: "Enabled", functionResponseTypes: "FunctionResponseTypes" },
  ...{ maximumBatchingWindowInSeconds: "MaximumBatchingWindowInSeconds" },
  ...{ maximumRecordAgeInSeconds: "MaximumRecordAgeInSeconds", maximumRetryAttempts: "MaximumRetryAttempts" },
  ...{ parallelizationFactor: "ParallelizationFactor" },
} as const;
export const FIXED = { eventSourceArn: "EventSourceArn", startingPosition: "StartingPosition" } as const;
/** Batches by kind of source, where no size is stated (CreateEventSourceMapping, "BatchSize"). */
export const BATCH_SIZES = { stream: 100, queue: 10 } as const;

function filterCriteria(value: Value | undefined): Properties {
  const Filters = list(record(value).filters).map((each) => given(record(each), { pattern: "Pattern" }));
  return { Filters };
}

function destinationConfig(value: Value | undefined): Properties {
  return { OnFailure: given(record(record(value).onFailure), { destinationArn: "Destination" }) };
}

function scalingConfig(value: Value | undefined): Properties {
  return given(record(value), { maximumConcurrency: "MaximumConcurrency" });
}

/** Members of a request by the structured inputs that set them. */
export const STRUCTURES = {
  filterCriteria: ["FilterCriteria", filterCriteria],
  destinationConfig: ["DestinationConfig", destinationConfig],
  scalingConfig: ["ScalingConfig", scalingConfig],
} as const;

/** What these inputs say in a request. */
export function members(inputs: Properties): Properties {
  return {
    ...given(inputs, PLAIN),
    ...Object.fromEntries(
      Object.entries(STRUCTURES).flatMap(([input, [member, of]]) =>
        (inputs[input] ?? undefined) === undefined ? [] : [[member, of(inputs[input])]],
      ),
    ),
  };
}

/** Inputs that changed, as UpdateEventSourceMapping takes them; what is taken away goes back to its default. */
export function changedMembers(inputs: Properties, changed: readonly string[]): Properties {
  const settable: Properties = {
    ...{ ...DEFAULTS, functionResponseTypes: [], batchSize: BATCH_SIZES[sourceKind(inputs.eventSourceArn)] },
    ...{ filterCriteria: {}, destinationConfig: {}, scalingConfig: {} },
  };
  const asked = changed.filter((input) => Object.hasOwn(settable, input));
  return members(Object.fromEntries(asked.map((input) => [input, inputs[input] ?? settable[input] ?? null])));
}
