import type { Permission } from "../../components/iam.ts";
import { FUNCTION_NAMES } from "../../functions/contract.ts";
import { outcomes, rows, takeMessages, tradeDetail } from "../support/local-system.ts";
import { FUNCTION_PROBES } from "./function-permission-probes.ts";
import { census, completion, heartbeat, replacement } from "./maintenance-permission-probes.ts";
import { ACCOUNT, BUS, type PermissionBench, type Probe, REGION } from "./permission-bench.ts";

import {
  copiedEvent,
  scheduledDeadLetter,
  scheduledHeartbeat,
  scheduledInvocation,
} from "./schedule-permission-probes.ts";

type Of = (bench: PermissionBench) => Probe;

const invocation: Of = (bench) => ({
  title: "the workflow calls no function, and dead-letters trades",
  run: async () => {
    const detail = tradeDetail();
    await bench.send(detail);
    const [message] = await takeMessages(bench.system, "trade-validator-dlq-dev");
    return { rows: (await rows(bench.system, detail.tradeId)).length, error: message?.body.error };
  },
  expected: { rows: 1, error: undefined },
  // Step Functions shows errors that the SDK does not model by the service's exception.
  without: { rows: 0, error: "Lambda.AWSLambdaException" },
});

/** A rejected trade: an outcome and a message. */
const rejection = (bench: PermissionBench) => async () => {
  const detail = tradeDetail({ amount: "0" });
  await bench.send(detail);
  const messages = await takeMessages(bench.system, "trade-rejects-dev");
  return { outcomes: (await outcomes(bench.system, detail.tradeId)).length, messages: messages.length };
};

const noOutcome: Of = (bench) => ({
  title: "rejected trades have no outcome",
  run: rejection(bench),
  expected: { outcomes: 1, messages: 1 },
  without: { outcomes: 0, messages: 1 },
});

const noMessage: Of = (bench) => ({
  title: "nobody is told of rejected trades",
  run: rejection(bench),
  expected: { outcomes: 1, messages: 1 },
  without: { outcomes: 1, messages: 0 },
});

/** A state machine with the same role and log group, made and deleted. */
const logDelivery: Of = (bench) => ({
  title: "no state machine with logs can be made",
  run: () =>
    bench.code(async () => {
      const group = "/aws/vendedlogs/states/trade-processing-dev";
      const logGroupArn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:*`;
      const { stateMachineArn } = await bench.call("states", "CreateStateMachine", {
        ...{ name: bench.fresh("machine"), roleArn: bench.roleArn("workflow") },
        definition: JSON.stringify({ StartAt: "End", States: { End: { Type: "Succeed" } } }),
        loggingConfiguration: {
          level: "ERROR",
          destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
        },
      });
      await bench.call("states", "DeleteStateMachine", { stateMachineArn });
    }),
  expected: "succeeded",
  without: "AccessDeniedException",
});

const tracing: Of = (bench) => ({
  title: "executions are not traced",
  run: () => bench.traced(() => bench.send(tradeDetail()), "AWS::StepFunctions::StateMachine"),
  expected: "traced",
  without: "lost",
});

/** A trade on a bus whose rule has its role for handing it on, else a dead letter (NO_PERMISSIONS: EventBridge User Guide, "Using dead-letter queues"). */
const handingOn =
  (title: string, queue: string, busName: string): Of =>
  (bench) => ({
    title,
    run: async () => {
      const detail = tradeDetail();
      await bench.send(detail, busName);
      const [letter] = await takeMessages(bench.system, queue);
      const code = letter?.attributes.ERROR_CODE;
      return { rows: (await rows(bench.system, detail.tradeId)).length, code };
    },
    expected: { rows: 1, code: undefined },
    without: { rows: 0, code: "NO_PERMISSIONS" },
  });

/** Of the rows of services' roles, by principal and the service that they are for. */
const SERVICE_PROBES: Readonly<Record<string, Of>> = {
  "workflow lambda": invocation,
  "workflow dynamodb": noOutcome,
  "workflow kms dynamodb": noOutcome,
  "workflow sqs": noMessage,
  "workflow kms sqs": noMessage,
  "workflow logs": logDelivery,
  "workflow xray": tracing,
  "scheduling lambda": scheduledInvocation,
  "scheduling events": scheduledHeartbeat,
  "scheduling sqs": scheduledDeadLetter,
  "scheduling kms sqs": scheduledDeadLetter,
  "replication events": copiedEvent,
  "routing states": handingOn("trades go to the rules' dead letter queue", "eventbridge-dlq-dev", BUS),
  "forwarding events": handingOn(
    "trades go to forwarding's dead letter queue",
    "forwarding-dlq-dev",
    "default",
  ),
};

/** Of rows of the functions beside the stream of trades, and of heartbeats. */
const OWN_PROBES: Readonly<Record<string, Of>> = {
  "compliance-recorder dynamodb heartbeat": heartbeat,
  "enrichment-completer ssm": completion,
  "enrichment-completer dynamodb": completion,
  "enrichment-completer kms dynamodb": completion,
  "replacement-recorder dynamodb": replacement,
  "replacement-recorder kms dynamodb": replacement,
  "trade-census events": census,
  "trade-census sqs": census,
  "trade-census dynamodb": census,
  "trade-census kms dynamodb": census,
};

/**
 * Whether only AWS uses a row: the rules with which EventBridge replicates events, and the role that it gives to them,
 * which the local cloud does not make (`local/cloud/events/endpoints.ts`).
 */
export function isUsedByAwsOnly({ principal, actions }: Permission): boolean {
  return principal === "replication" && !actions.includes("events:PutEvents");
}

/** The service that only a row's key use is for. */
export function serviceOfKeyUse({ conditions = {} }: Permission): string | undefined {
  return JSON.stringify(conditions).match(/"kms:ViaService":"(\w+)\./)?.[1];
}

/** What shows a row of the IAM table. Throws for a row that nothing shows. */
export function probeOf(bench: PermissionBench, row: Permission): Probe {
  const { principal, effect, actions, resources } = row;
  const via = serviceOfKeyUse(row);
  const key = [actions[0]?.split(":")[0], via, effect?.toLowerCase()].filter(Boolean).join(" ");
  const name = FUNCTION_NAMES.find((each) => each === principal);
  const isDeadLetters =
    actions.includes("sqs:SendMessage") && resources.some((resource) => resource.includes("-dlq-"));
  const isHeartbeat = resources.some((resource) => resource.endsWith("/heartbeats-dev"));
  const own = isDeadLetters ? undefined : OWN_PROBES[`${principal} ${key}${isHeartbeat ? " heartbeat" : ""}`];
  const probe = own
    ? own(bench)
    : name
      ? FUNCTION_PROBES[key]?.(bench, name, actions)
      : SERVICE_PROBES[`${principal} ${key}`]?.(bench);
  if (!probe) throw new Error(`Nothing shows the row of ${principal} with ${actions.join(", ")}`);
  return probe;
}
