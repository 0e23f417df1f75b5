import { readFileSync } from "node:fs";
import { expect } from "chai";
import { FUNCTION_NAMES } from "../../functions/contract.ts";
import type { Evaluation } from "../../local/program/evaluate.ts";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import { ControlPlane } from "./support/control-plane.ts";
import { execute } from "./support/executions.ts";
import {
  evaluatedStack,
  jsonOf,
  ofType,
  one,
  parentOf,
  REGIONS,
  ROLES,
  regionOf,
  STACKS,
} from "./support/stacks.ts";

interface Statement {
  Effect: string;
  Principal: { Service?: string };
  Action: string;
  Condition?: Record<string, Record<string, unknown>>;
}
const statementsOf = (policy: unknown) => jsonOf<{ Statement: Statement[] }>(policy).Statement;
const targets = (evaluation: Evaluation) => ofType(evaluation, "aws:cloudwatch/eventTarget:EventTarget");
const functions = (evaluation: Evaluation) => ofType(evaluation, "aws:lambda/function:Function");
const endpoints = (evaluation: Evaluation, kind: string) =>
  ofType(evaluation, "aws:ec2/vpcEndpoint:VpcEndpoint").filter(
    ({ inputs }) => inputs.vpcEndpointType === kind,
  );

describe("mistakes of the field", () => {
  for (const stack of STACKS)
    describe(`are not in stack ${stack}`, () => {
      let evaluation: Evaluation;
      before(async () => {
        evaluation = await evaluatedStack(stack);
      });

      it("B1: functions get the envelope as EventBridge delivers it, whole", async () => {
        for (const { inputs, name } of targets(evaluation))
          expect(inputs, name).not.to.have.any.keys("input", "inputPath", "inputTransformer");
        for (const machine of ofType(evaluation, "aws:sfn/stateMachine:StateMachine"))
          expect(machine.inputs.definition).to.include('"envelope.$":"$$.Execution.Input"');
      });

      it("B4: Lambda Insights comes in the image, not as a layer or a wrapper", () => {
        for (const { inputs, name } of functions(evaluation)) {
          expect(inputs, name).not.to.have.property("layers");
          expect(JSON.stringify(inputs.environment), name).not.to.include("AWS_LAMBDA_EXEC_WRAPPER");
        }
        expect(readFileSync("functions/Dockerfile", "utf8")).to.match(/lambda[-_]insights/i);
        for (const { inputs } of lambdaPolicies(evaluation))
          expect(inputs.policy).to.include("/aws/lambda-insights");
      });

      it("B5: the age of an event is limited by the field that EventBridge has", () => {
        for (const { inputs, name } of targets(evaluation))
          expect(inputs.retryPolicy, name).to.have.all.keys(
            "maximumRetryAttempts",
            "maximumEventAgeInSeconds",
          );
      });

      it("B6: EventBridge can deliver to its dead letter queues: their policy and their key let it", () => {
        // A heartbeat is no trade: one that is lost is followed by the next.
        for (const target of targets(evaluation).filter(({ name }) => !name.endsWith("-heartbeat-target"))) {
          const { arn } = target.inputs.deadLetterConfig as { arn: string };
          const queue = queueWithArn(evaluation, arn);
          const rule = ruleOf(evaluation, target);
          const [statement] = statementsOf(policyOf(evaluation, queue).inputs.policy).filter(
            (each) => each.Effect === "Allow" && each.Principal.Service === "events.amazonaws.com",
          );
          expect(statement?.Action).to.equal("sqs:SendMessage");
          const admitted = statement?.Condition?.ArnEquals?.["aws:SourceArn"];
          expect(admitted, target.name).to.include(rule.outputs.arn);
          const key = ofType(evaluation, "aws:kms/key:Key").find(
            ({ outputs }) => outputs.arn === queue.inputs.kmsMasterKeyId,
          );
          const users = statementsOf(key?.inputs.policy).map(({ Principal }) => Principal.Service);
          expect(users).to.include("events.amazonaws.com");
        }
      });

      it("B7: every alarm on a dead letter queue goes off at the first message", () => {
        const alarmed = new Set<unknown>();
        for (const { inputs, name } of ofType(evaluation, "aws:cloudwatch/metricAlarm:MetricAlarm")) {
          if (inputs.namespace !== "AWS/SQS") continue;
          expect(inputs, name).to.include({
            statistic: "Maximum",
            threshold: 1,
            comparisonOperator: "GreaterThanOrEqualToThreshold",
          });
          alarmed.add(`${(inputs.dimensions as { QueueName: string }).QueueName}`);
        }
        // What a census replays to its own queue waits there for the census alone, and is a copy.
        const waiting = ofType(evaluation, "aws:sqs/queue:Queue").filter(
          ({ inputs }) => inputs.name !== `trades-census-${stack}`,
        );
        for (const { inputs } of waiting) expect(alarmed).to.include(inputs.name);
      });

      it("B8: private functions reach what they call: route tables, interface endpoints and rules", () => {
        for (const role of ROLES) {
          const here = (each: EvaluatedResource) => regionOf(evaluation, each) === REGIONS[role];
          const gateways = endpoints(evaluation, "Gateway").filter(here);
          const tables = ofType(evaluation, "aws:ec2/routeTable:RouteTable").filter(here);
          const services = ["dynamodb", "s3"].map((service) => `com.amazonaws.${REGIONS[role]}.${service}`);
          expect(gateways.map(({ inputs }) => inputs.serviceName)).to.have.members(services);
          for (const { inputs } of gateways)
            expect(inputs.routeTableIds).to.have.members(tables.map(({ id }) => id));
          const interfaces = endpoints(evaluation, "Interface").filter(here);
          expect(interfaces.map(({ inputs }) => inputs.serviceName)).to.have.members(
            ["ssm", "logs"].map((service) => `com.amazonaws.${REGIONS[role]}.${service}`),
          );
          for (const { inputs } of interfaces) {
            expect(inputs.privateDnsEnabled).to.equal(true);
            expect(inputs.subnetIds).to.have.length.of.at.least(2);
          }
          const egress = ofType(evaluation, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").filter(
            here,
          );
          for (const { inputs } of egress) expect([inputs.fromPort, inputs.toPort]).to.deep.equal([443, 443]);
          const reached = egress
            .map(({ inputs }) => inputs.prefixListId)
            .filter((each) => each !== undefined);
          expect(reached).to.have.members(gateways.map(({ outputs }) => outputs.prefixListId));
        }
      });

      it("B8: only what calls market data, and the census, may leave the network", () => {
        for (const { name, inputs } of functions(evaluation)) {
          const { securityGroupIds } = inputs.vpcConfig as { securityGroupIds: string[] };
          const leaves = /metadata-enricher|enrichment-completer|trade-census/.test(name);
          expect(securityGroupIds, name).to.have.length(leaves ? 2 : 1);
        }
      });

      it("B9: throttling is retried, and every function has its concurrency reserved", () => {
        for (const machine of ofType(evaluation, "aws:sfn/stateMachine:StateMachine")) {
          const retried = String(machine.inputs.definition).match(/Lambda\.TooManyRequestsException/g);
          expect(retried).to.have.length(3);
        }
        const least = (name: string) => (/validator|enricher|compliance-recorder/.test(name) ? 10 : 1);
        for (const { name, inputs } of functions(evaluation))
          expect(inputs.reservedConcurrentExecutions, name).to.be.at.least(least(name));
      });

      it("B10: only what enriches may read parameters, and the endpoint lets nothing else through", () => {
        const readers = lambdaPolicies(evaluation).filter(({ inputs }) =>
          String(inputs.policy).includes("ssm:"),
        );
        expect(readers.map(({ name }) => name)).to.have.members(
          ROLES.flatMap((role) => [
            `${role}-metadata-enricher-policy`,
            `${role}-enrichment-completer-policy`,
          ]),
        );
      });

      it("B14: the second region has workflow, functions, rules and bus of its own, once its replicas are there", () => {
        const replicas = ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica");
        expect(replicas.map(({ inputs }) => inputs.table)).to.have.members([
          `trades-${stack}`,
          `trade-outcomes-${stack}`,
        ]);
        for (const { inputs } of replicas)
          expect(inputs).to.include({ region: "eu-west-1", homeRegion: "us-east-1" });
        const rules = ofType(evaluation, "aws:cloudwatch/eventRule:EventRule").filter(
          (rule) => regionOf(evaluation, rule) === "eu-west-1",
        );
        expect(rules).to.have.length.of.at.least(4);
        for (const rule of rules)
          expect(rule.dependencies, rule.name).to.include.members(replicas.map(({ urn }) => urn));
        expect(
          one(evaluation, "aws:sfn/stateMachine:StateMachine", "replica-workflow-state-machine").id,
        ).to.include(":eu-west-1:");
      });

      it("B15: destroy removes each replica, before the table it belongs to", () => {
        for (const replica of ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica")) {
          const table = ofType(evaluation, "aws:dynamodb/table:Table").find(
            ({ inputs }) => inputs.name === replica.inputs.table,
          );
          expect(replica.dependencies).to.include(table?.urn);
        }
      });
    });

  it("B2: the workflow never records a trade that its validator did not pass", async () => {
    const reasons = [{ code: "c", field: "f", value: "", allowed: "" }];
    for (const verdict of [
      { valid: false, reasons, reasonCount: 1 },
      { statusCode: 400, body: { valid: false } },
      {},
    ]) {
      const execution = await execute({
        ValidateTrade: () => verdict,
        EnrichMetadata: () => ({ status: "complete", market: {}, aboveThreshold: false }),
        RecordTrade: () => ({ outcome: "recorded" }),
      });
      expect(execution.tasks.map(({ state }) => state)).not.to.include("RecordTrade");
      expect(execution.outcomes).to.have.length(1);
    }
  });

  it("B3: a trade's key holds no clock, so that a retry meets the row it made", async () => {
    const table = one(await evaluatedStack("dev"), "aws:dynamodb/table:Table", "tables-trades");
    expect([table.inputs.hashKey, table.inputs.rangeKey]).to.deep.equal(["tradeId", "version"]);
  });

  it("B15: the serialized provider, as the state keeps it, deletes the replica", async () => {
    const evaluation = await evaluatedStack("dev");
    const [replica] = ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica");
    const plane = new ControlPlane();
    const name = String(replica?.inputs.table);
    plane.addTable(name).Replicas.push({ RegionName: "eu-west-1", ReplicaStatus: "ACTIVE" });
    await plane.start();
    try {
      const provider = await revive(String(replica?.inputs.__provider));
      await provider.delete(String(replica?.id), replica?.outputs);
    } finally {
      await plane.stop();
    }
    expect(plane.tables.get(name)?.Replicas).to.deep.equal([]);
  });
});

function lambdaPolicies(evaluation: Evaluation): EvaluatedResource[] {
  return ofType(evaluation, "aws:iam/rolePolicy:RolePolicy").filter(({ name }) =>
    FUNCTION_NAMES.some((each) => name.endsWith(`-${each}-policy`)),
  );
}

function queueWithArn(evaluation: Evaluation, arn: string): EvaluatedResource {
  const found = ofType(evaluation, "aws:sqs/queue:Queue").find(({ outputs }) => outputs.arn === arn);
  if (!found) throw new Error(`No queue has the ARN ${arn}`);
  return found;
}

function policyOf(evaluation: Evaluation, queue: EvaluatedResource): EvaluatedResource {
  return one(evaluation, "aws:sqs/queuePolicy:QueuePolicy", queue.name.replace(/-queue$/, "-policy"));
}

function ruleOf(evaluation: Evaluation, target: EvaluatedResource): EvaluatedResource {
  return one(evaluation, "aws:cloudwatch/eventRule:EventRule", `${parentOf(evaluation, target)}-rule`);
}

/** Loads a serialized dynamic provider as Pulumi does: without a file name to resolve imports from. */
async function revive(code: string): Promise<{ delete(id: string, props: unknown): Promise<void> }> {
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  const fromString = require("require-from-string") as (code: string) => {
    handler(): { delete(id: string, props: unknown): Promise<void> };
  };
  return fromString(code).handler();
}
