import type { Properties } from "../program/wire.ts";
import { list, record, text } from "../providers/resource-type.ts";
import { ASSUMPTIONS } from "./assumptions.ts";
import type { Usage } from "./cost.ts";
import { durationPrice } from "./functions.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";
import { flat, pathThrough, transitions, type Visit } from "./workflow-path.ts";

export const KILOBYTES_IN_GIGABYTE = 1_000_000;
export const EVENT_KILOBYTES = 64;
const EXPRESS_STEP_MILLISECONDS = 100;

/** An execution: where it runs, and whether its enricher asks for market data. */
export interface Run {
  region: string;
  isEnriched: boolean;
}

/**
 * What one execution of a workflow uses that comes through the given states. Throws naming a state that it cannot reach,
 * or what it calls that is none of the stack.
 */
export function executionUsage(
  machine: SnapshotResource,
  through: readonly string[],
  snapshot: Snapshot,
  run: Run,
): Usage[] {
  const path = pathThrough(text(machine.inputs, "definition"), through);
  return [...workflowUsage(machine, path), ...flat(path).flatMap((visit) => taskUsage(visit, snapshot, run))];
}

/** The same usages, so many times. */
export function times(count: number, usages: readonly Usage[]): Usage[] {
  return usages.map((usage) => ({ ...usage, quantity: usage.quantity * count }));
}

/** The workflow's own part in one execution. */
function workflowUsage({ inputs, region }: SnapshotResource, path: readonly Visit[]): Usage[] {
  const isTraced = record(inputs.tracingConfiguration).enabled === true;
  const logged = record(inputs.loggingConfiguration).level === "ALL" ? flat(path).length : 0;
  const shared: Usage[] = [
    { price: "traces", region, quantity: isTraced ? ASSUMPTIONS.tracedShare : 0 },
    {
      ...{ price: "logGigabyte", region },
      quantity: (logged * ASSUMPTIONS.stateLogKilobytes) / KILOBYTES_IN_GIGABYTE,
    },
  ];
  if (inputs.type !== "EXPRESS")
    return [...shared, { price: "transition", region, quantity: transitions(path) }];
  const steps = Math.ceil(milliseconds(path) / EXPRESS_STEP_MILLISECONDS);
  const seconds = (steps * EXPRESS_STEP_MILLISECONDS) / 1000;
  return [
    ...shared,
    { price: "expressRequest", region, quantity: 1 },
    {
      ...{ price: "expressGigabyteSecond", region },
      quantity: (seconds * ASSUMPTIONS.expressMegabytes) / 1024,
    },
  ];
}

/** How long a path takes: branches run side by side. */
function milliseconds(path: readonly Visit[]): number {
  return path.reduce((total, each) => {
    const work = isInvocation(each) ? ASSUMPTIONS.functionMilliseconds : 0;
    const branches = Math.max(0, ...each.branches.map(milliseconds));
    return total + ASSUMPTIONS.stateMilliseconds + work + branches;
  }, 0);
}

function isInvocation({ state }: Visit): boolean {
  return String(state.Resource ?? "").endsWith(":lambda:invoke");
}

/** What a state's task uses of other services. */
function taskUsage(visit: Visit, snapshot: Snapshot, { region, isEnriched }: Run): Usage[] {
  const parameters = record(visit.state.Parameters);
  if (isInvocation(visit))
    return invocationUsage(String(parameters.FunctionName), snapshot, {
      ...{ region, milliseconds: ASSUMPTIONS.functionMilliseconds },
      callsMarketData: isEnriched,
    });
  const resource = String(visit.state.Resource ?? "");
  if (resource.endsWith(":dynamodb:putItem"))
    return writeUsage(String(parameters.TableName), ASSUMPTIONS.outcomeRowKilobytes, snapshot, region);
  if (resource.endsWith(":sqs:sendMessage"))
    return [
      { price: "queueRequest", region, quantity: Math.ceil(ASSUMPTIONS.messageKilobytes / EVENT_KILOBYTES) },
    ];
  return [];
}

/** A function of the stack that an ARN names, perhaps by an alias; undefined if it is none. */
export function functionOf(
  arn: string,
  { resources }: Snapshot,
  region: string,
): SnapshotResource | undefined {
  const name = arn.split(":function:")[1]?.split(":")[0];
  return resources.find(
    (each) => each.type === "aws:lambda/function:Function" && each.region === region && each.id === name,
  );
}

/** One invocation of the function that an ARN names. Throws naming the ARN of a function that is none of the stack. */
export function invocationUsage(
  arn: string,
  snapshot: Snapshot,
  run: { region: string; milliseconds: number; callsMarketData: boolean },
): Usage[] {
  const { region, milliseconds: duration, callsMarketData } = run;
  const made = functionOf(arn, snapshot, region);
  if (!made) throw new Error(`"${arn}" is invoked, which is no function of the stack`);
  const { inputs } = made;
  const gigabytes = Number(inputs.memorySize ?? 128) / 1024;
  const logging = record(inputs.loggingConfig);
  const kilobytes =
    (ASSUMPTIONS.logKilobytes[String(logging.applicationLogLevel ?? "INFO")] ?? 0) +
    (logging.systemLogLevel === "WARN" ? 0 : ASSUMPTIONS.platformLogKilobytes);
  const isOutgoing =
    callsMarketData &&
    Object.hasOwn(variablesOf(made), "API_ENDPOINT_PARAMETER") &&
    snapshot.resources.some(
      (each) => each.type === "aws:ec2/natGateway:NatGateway" && each.region === region,
    );
  return [
    { price: "lambdaRequest", region, quantity: 1 },
    { price: durationPrice(made), region, quantity: (gigabytes * duration) / 1000 },
    { price: "logGigabyte", region, quantity: kilobytes / KILOBYTES_IN_GIGABYTE },
    {
      ...{ price: "natGigabyte", region },
      quantity: isOutgoing ? ASSUMPTIONS.marketDataKilobytes / KILOBYTES_IN_GIGABYTE : 0,
    },
  ];
}

/** A function's environment variables. */
export function variablesOf({ inputs }: SnapshotResource): Properties {
  return record(record(inputs.environment).variables);
}

/** One row of a table: its write, that of every index that holds it, and the same again in each replica. */
export function writeUsage(
  table: string,
  kilobytes: number,
  { resources }: Snapshot,
  region: string,
): Usage[] {
  const made = resources.find(
    (each) => each.type === "aws:dynamodb/table:Table" && each.region === region && each.id === table,
  );
  if (!made) throw new Error(`table "${table}" is none of the stack`);
  const indexes = list(made.inputs.globalSecondaryIndexes)
    .map(record)
    .filter(({ hashKey }) => hashKey !== ASSUMPTIONS.sparseIndexKey);
  // A write unit is a row of up to 1 KB; an index that holds only the keys takes one for a row.
  const units = [made.inputs, ...indexes].reduce(
    (total, { projectionType }) => total + (projectionType === "KEYS_ONLY" ? 1 : Math.ceil(kilobytes)),
    0,
  );
  const replicas = resources.filter(
    (each) => each.type.endsWith(":TableReplica") && each.inputs.table === table,
  );
  return [region, ...replicas.map((each) => each.region)].map((where) => ({
    ...{ price: "write" as const, region: where },
    quantity: units,
  }));
}
