import { expect } from "chai";
import type { Evaluation } from "../../local/program/evaluate.ts";
import type { StackName } from "./support/stacks.ts";
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

const FUNCTIONS = ["trade-validator", "metadata-enricher", "compliance-recorder"];
const RESERVED = { dev: 10, prod: 100 };
const WORKFLOW_TYPE = { dev: "STANDARD", prod: "EXPRESS" };
const RETRY = {
  dev: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3600 },
  prod: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 },
};

function forStack(stack: StackName): void {
  describe(`the program of stack ${stack}`, () => {
    let evaluation: Evaluation;
    before(async () => {
      evaluation = await evaluatedStack(stack);
    });

    for (const role of ROLES) {
      const region = REGIONS[role];
      const expectAt = (type: string, name: string, parent: string) => {
        const resource = one(evaluation, type, name);
        expect(regionOf(evaluation, resource), `${name}'s region`).to.equal(region);
        expect(parentOf(evaluation, resource), `${name}'s parent`).to.equal(parent);
        return resource.inputs;
      };

      describe(`in ${region}`, () => {
        for (const functionName of FUNCTIONS)
          it(`has ${functionName}`, () => {
            const name = `${role}-${functionName}`;
            const inputs = expectAt("aws:lambda/function:Function", `${name}-function`, name);
            expect(inputs).to.deep.include({
              name: `${functionName}-${stack}`,
              packageType: "Image",
              architectures: ["arm64"],
              memorySize: 512,
              timeout: 60,
              publish: true,
              reservedConcurrentExecutions: RESERVED[stack],
              tracingConfig: { mode: "Active" },
              replaceSecurityGroupsOnDestroy: true,
              loggingConfig: {
                logFormat: "JSON",
                logGroup: `/aws/lambda/${functionName}-${stack}`,
                applicationLogLevel: "INFO",
                systemLogLevel: "WARN",
              },
            });
            expect(inputs.imageUri).to.match(
              new RegExp(
                `^\\d{12}\\.dkr\\.ecr\\.${region}\\.amazonaws\\.com/trade-processing-${stack}@sha256:`,
              ),
            );
            const queue = one(evaluation, "aws:sqs/queue:Queue", `${name}-dlq-queue`);
            expect(inputs.deadLetterConfig).to.deep.equal({ targetArn: queue.outputs.arn });
            const alias = expectAt("aws:lambda/alias:Alias", `${name}-alias`, name);
            expect(alias.name).to.equal("live");
            const logs = expectAt("aws:cloudwatch/logGroup:LogGroup", `${name}-logs`, name);
            expect(logs).to.include({ name: `/aws/lambda/${functionName}-${stack}`, retentionInDays: 14 });
          });

        it("has the state machine, with logs and tracing, over the region's own functions", () => {
          const inputs = expectAt(
            "aws:sfn/stateMachine:StateMachine",
            `${role}-workflow-state-machine`,
            `${role}-workflow`,
          );
          expect(inputs).to.deep.include({
            name: `trade-processing-${stack}`,
            type: WORKFLOW_TYPE[stack],
            tracingConfiguration: { enabled: true },
          });
          expect(inputs.loggingConfiguration).to.include({ level: "ERROR" });
          const arns = String(inputs.definition).match(/arn:aws:lambda:[^"]+/g) ?? [];
          expect(new Set(arns)).to.deep.equal(
            new Set(
              FUNCTIONS.map((each) => `arn:aws:lambda:${region}:000000000000:function:${each}-${stack}:live`),
            ),
          );
        });

        it("alarms on executions that fail, time out or are throttled, at the first", () => {
          const metrics = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"];
          const alarms = ["error", "timeout", "throttle"].map((purpose) =>
            expectAt(
              "aws:cloudwatch/metricAlarm:MetricAlarm",
              `${role}-workflow-${purpose}-alarm`,
              `${role}-workflow`,
            ),
          );
          expect(alarms.map((alarm) => alarm.metricName)).to.deep.equal(metrics);
          for (const alarm of alarms)
            expect(alarm).to.include({ threshold: 1, comparisonOperator: "GreaterThanOrEqualToThreshold" });
        });

        for (const source of ["system1", "system2", "system3"])
          it(`has a rule for ${source}, which starts the workflow with the whole envelope`, () => {
            const name = `${role}-routing-${source}`;
            const rule = expectAt("aws:cloudwatch/eventRule:EventRule", `${name}-rule`, name);
            expect(rule).to.include({
              name: `trades-${source}-${stack}`,
              eventBusName: `trading-event-bus-${stack}`,
            });
            expect(jsonOf(rule.eventPattern)).to.deep.equal({
              source: [`trading.${source}`],
              "detail-type": ["Trade Event"],
              $or: [{ region: [region] }, { "replay-name": [{ exists: true }] }],
            });
            const target = expectAt("aws:cloudwatch/eventTarget:EventTarget", `${name}-target`, name);
            const machine = one(
              evaluation,
              "aws:sfn/stateMachine:StateMachine",
              `${role}-workflow-state-machine`,
            );
            const queue = one(evaluation, "aws:sqs/queue:Queue", `${role}-routing-dlq-queue`);
            expect(target).to.deep.include({
              arn: machine.outputs.arn,
              retryPolicy: RETRY[stack],
              deadLetterConfig: { arn: queue.outputs.arn },
            });
            expect(target).not.to.have.any.keys("input", "inputPath", "inputTransformer");
          });

        it("queues what no source rule takes", () => {
          const name = `${role}-routing-unmatched-events`;
          const rule = expectAt("aws:cloudwatch/eventRule:EventRule", `${name}-rule`, name);
          expect(rule.name).to.equal(`trades-unmatched-${stack}`);
          const target = expectAt("aws:cloudwatch/eventTarget:EventTarget", `${name}-target`, name);
          expect(target.arn).to.match(new RegExp(`:unmatched-events-${stack}$`));
        });

        if (WORKFLOW_TYPE[stack] === "STANDARD")
          it("queues a report of each execution that died, with its input", () => {
            const name = `${role}-routing-executions-status`;
            const rule = expectAt("aws:cloudwatch/eventRule:EventRule", `${name}-rule`, name);
            expect(rule.name).to.equal(`execution-status-${stack}`);
            expect(rule.eventBusName ?? "default").to.equal("default");
            const account = `${region}:000000000000`;
            expect(jsonOf(rule.eventPattern)).to.deep.equal({
              source: ["aws.states"],
              "detail-type": ["Step Functions Execution Status Change"],
              detail: {
                stateMachineArn: [`arn:aws:states:${account}:stateMachine:trade-processing-${stack}`],
                status: ["FAILED", "TIMED_OUT", "ABORTED"],
              },
            });
            const target = expectAt("aws:cloudwatch/eventTarget:EventTarget", `${name}-target`, name);
            expect(target).to.deep.include({
              arn: `arn:aws:sqs:${account}:unfinished-executions-${stack}`,
              retryPolicy: RETRY[stack],
              deadLetterConfig: { arn: `arn:aws:sqs:${account}:eventbridge-dlq-${stack}` },
            });
            const queue = one(
              evaluation,
              "aws:sqs/queuePolicy:QueuePolicy",
              `${role}-routing-executions-policy`,
            );
            expect(String(queue.inputs.policy)).to.include(`rule/execution-status-${stack}`);
            const alarm = one(
              evaluation,
              "aws:cloudwatch/metricAlarm:MetricAlarm",
              `${role}-routing-executions-alarm`,
            );
            expect(alarm.inputs.dimensions).to.deep.equal({ QueueName: `unfinished-executions-${stack}` });
          });
        else
          it("has no rule for executions that died, of which EXPRESS tells nothing", () => {
            const rules = ofType(evaluation, "aws:cloudwatch/eventRule:EventRule").map(
              ({ inputs }) => inputs.name,
            );
            expect(rules).not.to.include(`execution-status-${stack}`);
          });

        it("archives its bus for 30 days", () => {
          const inputs = expectAt(
            "aws:cloudwatch/eventArchive:EventArchive",
            `${role}-routing-archive`,
            `${role}-routing`,
          );
          expect(inputs).to.include({ name: `trades-archive-${stack}`, retentionDays: 30 });
          expect(jsonOf(inputs.eventPattern)).to.deep.equal({
            source: [{ "anything-but": ["trading.heartbeat"] }],
          });
        });

        it("has a rotated customer key, and encrypts queues, topic, logs, images and archive with it", () => {
          const key = one(evaluation, "aws:kms/key:Key", `${role}-key-key`);
          expect(key.inputs.enableKeyRotation).to.equal(true);
          const encrypted: [type: string, input: string][] = [
            ["aws:sqs/queue:Queue", "kmsMasterKeyId"],
            ["aws:sns/topic:Topic", "kmsMasterKeyId"],
            ["aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"],
            ["aws:cloudwatch/eventArchive:EventArchive", "kmsKeyIdentifier"],
            ["aws:lambda/function:Function", "kmsKeyArn"],
          ];
          for (const [type, input] of encrypted) {
            const here = ofType(evaluation, type).filter((each) => regionOf(evaluation, each) === region);
            expect(here, type).not.to.have.length(0);
            for (const each of here) expect(each.inputs[input], each.name).to.equal(key.outputs.arn);
          }
        });

        it("has the parameters as String, whose changed values outlive a deployment", () => {
          const names = ["api-endpoint", "processing-threshold", "max-retries"];
          for (const purpose of names) {
            const name = `${role}-parameters-${purpose}`;
            const inputs = expectAt("aws:ssm/parameter:Parameter", name, `${role}-parameters`);
            expect(inputs).to.include({ type: "String", name: `/trade-processing/${stack}/${purpose}` });
            expect(one(evaluation, "aws:ssm/parameter:Parameter", name).ignoreChanges).to.deep.equal([
              "value",
            ]);
          }
        });

        it("has the repository, scanned on push and deleted with its images", () => {
          const inputs = expectAt(
            "aws:ecr/repository:Repository",
            `${role}-images-repository`,
            `${role}-images`,
          );
          expect(inputs).to.deep.include({
            name: `trade-processing-${stack}`,
            forceDelete: true,
            imageScanningConfiguration: { scanOnPush: true },
          });
          const policy = expectAt(
            "aws:ecr/lifecyclePolicy:LifecyclePolicy",
            `${role}-images-lifecycle`,
            `${role}-images`,
          );
          const { rules } = jsonOf<{
            rules: { selection: { tagPatternList: string[]; countNumber: number } }[];
          }>(policy.policy);
          expect(rules.map(({ selection }) => selection.tagPatternList)).to.deep.equal(
            [...FUNCTIONS, "replacement-recorder", "trade-census"].map((each) => [`${each}-*`]),
          );
          for (const { selection } of rules) expect(selection.countNumber).to.equal(10);
        });
      });
    }
  });
}
for (const stack of STACKS) forStack(stack);
