import { setTimeout } from "node:timers/promises";
import { deadLetterOwner } from "../../components/naming.ts";
import type { FunctionName } from "../../functions/contract.ts";
import type { Json } from "../../local/cloud/service.ts";
import { outcomes, rows, takeMessages, tradeDetail } from "../support/local-system.ts";
import { ACCOUNT, type PermissionBench, type Probe, REGION } from "./permission-bench.ts";

type Of = (bench: PermissionBench, name: FunctionName, actions: readonly string[]) => Probe;

const ownLog: Of = (bench, name) => ({
  title: "its log lines are lost",
  run: () => bench.logged(() => bench.invokeAnew(name), `/aws/lambda/${name}-dev`),
  expected: "written",
  without: "lost",
});

const insights: Of = (bench, name) => ({
  title: "its performance events are lost",
  run: async () => {
    const logGroupName = "/aws/lambda-insights";
    await bench.call("logs", "DeleteLogGroup", { logGroupName }).catch(() => undefined);
    return bench.logged(() => bench.invokeAnew(name), logGroupName);
  },
  expected: "written",
  without: "lost",
});

const tracing: Of = (bench, name) => ({
  title: "its traces are lost",
  run: () => bench.traced(() => bench.invokeAnew(name), "AWS::Lambda::Function"),
  expected: "traced",
  without: "lost",
});

/** Moves the function to a security group of its own and back, so that an interface is made and deleted for it. */
const network: Of = (bench, name) => ({
  title: "Lambda cannot place the function in the VPC",
  run: () =>
    bench.code(async () => {
      const FunctionName = `${name}-dev`;
      const { VpcConfig } = await bench.call("lambda", "GetFunctionConfiguration", { FunctionName });
      const { SubnetIds, SecurityGroupIds } = VpcConfig as Json;
      for (const groups of [[bench.fresh("sg")], SecurityGroupIds])
        await bench.call("lambda", "UpdateFunctionConfiguration", {
          ...{ FunctionName, VpcConfig: { SubnetIds, SecurityGroupIds: groups } },
        });
    }),
  expected: "succeeded",
  without: "InvalidParameterValueException",
});

/** The operations of a row with the function's own credentials, as its code could try them. */
const networkByCode: Of = (bench, name, actions) => ({
  title: "its code could use the network permissions of its role",
  run: async () => {
    const from = {
      principal: bench.roleArn(name),
      sourceFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}-dev`,
    };
    const codes = new Set<string>();
    // Whatever else is wrong with a request that has no members, permissions are decided about first.
    for (const action of actions) {
      const code = await bench.code(() => bench.call("ec2", action.replace("ec2:", ""), {}, from));
      codes.add(code === "UnauthorizedOperation" ? "denied" : "permitted");
    }
    return [...codes];
  },
  expected: ["denied"],
  without: ["permitted"],
});

/** An asynchronous event whose function dies, without retries. */
const deadLetter: Of = (bench, name) => ({
  title: "its dead letters are lost",
  run: async () => {
    const FunctionName = `${name}-dev`;
    const { cloud, lambda } = bench.system.services;
    await bench.call("lambda", "PutFunctionEventInvokeConfig", { FunctionName, MaximumRetryAttempts: 0 });
    const remove = cloud.faults.add({
      ...{ service: "lambda", function: FunctionName, when: "before", effect: { kind: "crash" } },
    });
    await bench.call("lambda", "Invoke", { FunctionName, InvocationType: "Event", Payload: "{}" });
    while (lambda.openInvocations() > 0) await setTimeout(5);
    remove();
    return (await takeMessages(bench.system, `${deadLetterOwner(name)}-dlq-dev`)).length;
  },
  expected: 1,
  without: 0,
});

const environment: Of = (bench, name) => ({
  title: "it cannot be started",
  run: () => bench.code(() => bench.invokeAnew(name)),
  expected: "succeeded",
  without: "KMSAccessDeniedException",
});

const enrichment: Of = (bench, name) => ({
  title: "trades stay without market data",
  run: async () => {
    await bench.renew(name);
    const detail = tradeDetail();
    await bench.send(detail);
    return (await rows(bench.system, detail.tradeId))[0]?.enrichment;
  },
  expected: "complete",
  without: "pending",
});

const recording: Of = (bench, name) => ({
  title: "trades are dead-lettered by the recorder",
  run: async () => {
    const detail = tradeDetail();
    await bench.send(detail);
    await takeMessages(bench.system, `${name}-dlq-dev`);
    const [outcome] = await outcomes(bench.system, detail.tradeId);
    return { rows: (await rows(bench.system, detail.tradeId)).length, outcome: outcome?.outcome };
  },
  expected: { rows: 1, outcome: undefined },
  without: { rows: 0, outcome: "deadLettered" },
});

/** Of a function's rows, by the service that they are for. */
export const FUNCTION_PROBES: Readonly<Record<string, Of>> = {
  logs: (bench, name, actions) =>
    (actions.includes("logs:CreateLogGroup") ? insights : ownLog)(bench, name, actions),
  xray: tracing,
  ec2: network,
  "ec2 deny": networkByCode,
  sqs: deadLetter,
  "kms sqs": deadLetter,
  "kms lambda": environment,
  ssm: enrichment,
  dynamodb: recording,
  "kms dynamodb": recording,
};
