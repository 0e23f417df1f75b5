import { isJson } from "../input.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import { isUnit } from "../monitoring/units.ts";
import type { Json } from "../service.ts";

/** CloudWatch User Guide, "Specification: Embedded metric format"; dimensions up to 30 since it has allowed more than 9. */
const MAXIMUM_DEFINITIONS = 100;
const MAXIMUM_DIMENSIONS = 30;
const MAXIMUM_VALUES = 100;
const LONGEST_NAME = 255;
const LONGEST_DIMENSION = 1024;

/** A metric of a document, under every dimension set of its directive. */
interface Definition {
  readonly name: string;
  readonly unit: string;
  readonly isHighResolution: boolean;
  readonly values: readonly number[];
}

/** Where a log line was written. */
export interface LogPlace {
  readonly region: string;
  readonly logGroup: string;
}

/**
 * Records the metrics of a log line in CloudWatch embedded metric format: every metric under every dimension set of
 * its directive. A line of any other form is left alone. Nothing is ever refused to the writer: what breaks the
 * specification yields no metric and is counted in `AWS/Logs` (CloudWatch Logs User Guide, "Monitoring with
 * CloudWatch metrics": EMFParsingErrors, EMFValidationErrors).
 */
export function recordEmbeddedMetrics(
  metrics: MetricStore,
  { region, logGroup }: LogPlace,
  message: string,
): void {
  if (!message.includes('"_aws"') || !message.includes('"CloudWatchMetrics"')) return;
  const failed = (name: string, count: number): void => {
    if (count > 0) metrics.record(region, "AWS/Logs", name, { LogGroupName: logGroup }, count, "Count");
  };
  const root = parsed(message);
  const metadata = root?._aws;
  if (!root || !isJson(metadata) || !Array.isArray(metadata.CloudWatchMetrics)) {
    failed("EMFParsingErrors", 1);
    return;
  }
  const at = metadata.Timestamp;
  let errors = typeof at === "number" && Number.isInteger(at) ? 0 : 1;
  if (typeof at === "number" && errors === 0)
    for (const directive of metadata.CloudWatchMetrics) {
      const read = readDirective(root, directive);
      errors += read.errors;
      for (const dimensions of read.sets)
        for (const { values, ...metric } of read.definitions)
          for (const value of values)
            metrics.recordSet(
              { region, namespace: read.namespace, dimensions, ...metric },
              { count: 1, sum: value, minimum: value, maximum: value },
              at,
            );
    }
  failed("EMFValidationErrors", errors);
}

/** The document of a line; Lambda may write a time and a request id before it. */
function parsed(message: string): Json | undefined {
  try {
    const root: unknown = JSON.parse(message.slice(message.indexOf("{")));
    return isJson(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

interface Directive {
  readonly namespace: string;
  readonly sets: readonly Readonly<Record<string, string>>[];
  readonly definitions: readonly Definition[];
  readonly errors: number;
}

/** What of a directive keeps to the specification, and how much of it does not. */
function readDirective(root: Json, directive: unknown): Directive {
  const nothing = { namespace: "", sets: [], definitions: [], errors: 1 };
  if (!isJson(directive)) return nothing;
  const { Namespace: namespace, Dimensions: sets, Metrics: definitions } = directive;
  if (!isName(namespace) || !Array.isArray(sets) || sets.length === 0) return nothing;
  if (!Array.isArray(definitions) || definitions.length > MAXIMUM_DEFINITIONS) return nothing;
  const readSets = sets.map((names) => readDimensions(root, names));
  const readDefinitions = definitions.map((definition) => readDefinition(root, definition));
  return {
    namespace,
    sets: readSets.filter((set) => set !== undefined),
    definitions: readDefinitions.filter((definition) => definition !== undefined),
    errors: [...readSets, ...readDefinitions].filter((each) => each === undefined).length,
  };
}

function readDimensions(root: Json, names: unknown): Record<string, string> | undefined {
  if (!Array.isArray(names) || names.length > MAXIMUM_DIMENSIONS) return undefined;
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = isName(name) && Object.hasOwn(root, name) ? root[name] : undefined;
    if (typeof value !== "string" || value === "" || value.length > LONGEST_DIMENSION) return undefined;
    dimensions[name] = value;
  }
  return dimensions;
}

function readDefinition(root: Json, definition: unknown): Definition | undefined {
  if (!isJson(definition) || !isName(definition.Name) || !Object.hasOwn(root, definition.Name))
    return undefined;
  const { Name: name, Unit: unit = "None", StorageResolution: resolution = 60 } = definition;
  if (typeof unit !== "string" || !isUnit(unit) || (resolution !== 1 && resolution !== 60)) return undefined;
  const target = root[name];
  const values: unknown[] = Array.isArray(target) ? target : [target];
  if (values.length > MAXIMUM_VALUES || !values.every((value) => typeof value === "number")) return undefined;
  return { name, unit, isHighResolution: resolution === 1, values };
}

function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.length <= LONGEST_NAME;
}
