import { list, record, text } from "../providers/resource-type.ts";
import { ASSUMPTIONS } from "./assumptions.ts";
import type { Usage } from "./cost.ts";
import { durationPrice } from "./functions.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";
import { flat, pathThrough, transitions, type Visit } from "./workflow-path.ts";

const KILOBYTES_IN_GIGABYTE = 1_000_000;
const EVENT_KILOBYTES = 64;
const EXPRESS_STEP_MILLISECONDS = 100;

/** What a month's trades use: each outcome's share, along its way through the primary region's workflow. */
export function tradeUsage(snapshot: Snapshot, volume: number): { usages: Usage[]; problems: string[] } {
  const region = String(snapshot.outputs.PrimaryRegion ?? "");
  const own = (type: string) =>
    snapshot.resources.filter((each) => each.type === type && each.region === region);
  const [machine] = own("aws:sfn/stateMachine:StateMachine");
  if (!machine) return { usages: [], problems: [`costs of trades: there is no workflow in "${region}"`] };
  const kilobytes = ASSUMPTIONS.eventKilobytes;
  const usages: Usage[] = [
    { price: "event", region, quantity: volume * Math.ceil(kilobytes / EVENT_KILOBYTES) },
    {
      ...{ price: "archiveGigabyte", region },
      quantity:
        (own("aws:cloudwatch/eventArchive:EventArchive").length * volume * kilobytes) / KILOBYTES_IN_GIGABYTE,
    },
  ];
  const problems: string[] = [];
  for (const { outcome, share, through } of ASSUMPTIONS.outcomes)
    try {
      const path = pathThrough(text(machine.inputs, "definition"), through);
      const recorded = outcome === "recorded" ? [String(snapshot.outputs.TradeTableName)] : [];
      const trade = [
        ...workflowUsage(machine, path),
        ...flat(path).flatMap((visit) => taskUsage(visit, snapshot, region)),
        ...recorded.flatMap((table) => writeUsage(table, ASSUMPTIONS.tradeRowKilobytes, snapshot, region)),
      ];
      usages.push(...trade.map((usage) => ({ ...usage, quantity: usage.quantity * volume * share })));
    } catch (error) {
      problems.push(`costs of ${outcome} trades: ${(error as Error).message}`);
    }
  return { usages, problems };
}

/** The workflow's own part in one trade. */
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
function taskUsage(visit: Visit, snapshot: Snapshot, region: string): Usage[] {
  const parameters = record(visit.state.Parameters);
  if (isInvocation(visit)) return invocationUsage(String(parameters.FunctionName), snapshot, region);
  const resource = String(visit.state.Resource ?? "");
  if (resource.endsWith(":dynamodb:putItem"))
    return writeUsage(String(parameters.TableName), ASSUMPTIONS.outcomeRowKilobytes, snapshot, region);
  if (resource.endsWith(":sqs:sendMessage"))
    return [
      { price: "queueRequest", region, quantity: Math.ceil(ASSUMPTIONS.messageKilobytes / EVENT_KILOBYTES) },
    ];
  return [];
}

/** One invocation of the function that an ARN names, perhaps by an alias. */
function invocationUsage(arn: string, { resources }: Snapshot, region: string): Usage[] {
  const name = arn.split(":function:")[1]?.split(":")[0];
  const made = resources.find(
    (each) => each.type === "aws:lambda/function:Function" && each.region === region && each.id === name,
  );
  if (!made) throw new Error(`the workflow invokes "${arn}", which is no function of the stack`);
  const { inputs } = made;
  const gigabytes = Number(inputs.memorySize ?? 128) / 1024;
  const logging = record(inputs.loggingConfig);
  const kilobytes =
    (ASSUMPTIONS.logKilobytes[String(logging.applicationLogLevel ?? "INFO")] ?? 0) +
    (logging.systemLogLevel === "WARN" ? 0 : ASSUMPTIONS.platformLogKilobytes);
  const isOutgoing =
    Object.hasOwn(record(record(inputs.environment).variables), "API_ENDPOINT_PARAMETER") &&
    resources.some((each) => each.type === "aws:ec2/natGateway:NatGateway" && each.region === region);
  return [
    { price: "lambdaRequest", region, quantity: 1 },
    {
      ...{ price: durationPrice(made), region },
      quantity: (gigabytes * ASSUMPTIONS.functionMilliseconds) / 1000,
    },
    { price: "logGigabyte", region, quantity: kilobytes / KILOBYTES_IN_GIGABYTE },
    {
      ...{ price: "natGigabyte", region },
      quantity: isOutgoing ? ASSUMPTIONS.marketDataKilobytes / KILOBYTES_IN_GIGABYTE : 0,
    },
  ];
}

/** One row of a table: its write, that of every index that holds it, and the same again in each replica. */
function writeUsage(table: string, kilobytes: number, { resources }: Snapshot, region: string): Usage[] {
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
