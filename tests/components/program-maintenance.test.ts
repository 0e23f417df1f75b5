import { expect } from "chai";
import type { Evaluation } from "../../local/program/evaluate.ts";
import {
  evaluatedStack,
  evaluateOffline,
  jsonOf,
  ofType,
  one,
  parentOf,
  REGIONS,
  ROLES,
  regionOf,
  STACKS,
} from "./support/stacks.ts";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const SCHEDULE = "aws:scheduler/schedule:Schedule";
const QUEUE = "aws:sqs/queue:Queue";
const FUNCTIONS = {
  "enrichment-completer": {
    image: "metadata-enricher",
    command: "completer.handler",
    timeout: 55,
    reserved: 1,
  },
  "replacement-recorder": {
    image: "replacement-recorder",
    command: "index.handler",
    timeout: 60,
    reserved: 5,
  },
  "trade-census": { image: "trade-census", command: "index.handler", timeout: 900, reserved: 1 },
} as const;
for (const stack of STACKS)
  describe(`what looks after trades in stack ${stack}`, () => {
    let evaluation: Evaluation;
    before(async () => {
      evaluation = await evaluatedStack(stack);
    });

    for (const role of ROLES) {
      const region = REGIONS[role];
      const at = (service: string, resource: string) =>
        `arn:aws:${service}:${region}:000000000000:${resource}`;
      const expectAt = (type: string, name: string, parent: string) => {
        const resource = one(evaluation, type, name);
        expect(regionOf(evaluation, resource), `${name}'s region`).to.equal(region);
        expect(parentOf(evaluation, resource), `${name}'s parent`).to.equal(parent);
        return resource;
      };

      describe(`in ${region}`, () => {
        for (const [functionName, expected] of Object.entries(FUNCTIONS))
          it(`has ${functionName}, a few at a time, off the way of the trades`, () => {
            const name = `${role}-${functionName}`;
            const { inputs } = expectAt("aws:lambda/function:Function", `${name}-function`, name);
            expect(inputs).to.deep.include({
              name: `${functionName}-${stack}`,
              packageType: "Image",
              architectures: ["arm64"],
              imageConfig: { commands: [expected.command] },
              timeout: expected.timeout,
              reservedConcurrentExecutions: expected.reserved,
              publish: true,
            });
            const image = one(evaluation, "docker-build:index:Image", `images-${expected.image}`);
            expect(String(inputs.imageUri)).to.include(String(image.outputs.digest));
            const alias = expectAt("aws:lambda/alias:Alias", `${name}-alias`, name);
            expect(alias.inputs.name).to.equal("live");
            const definitions = ofType(evaluation, "aws:sfn/stateMachine:StateMachine");
            for (const { inputs: machine } of definitions)
              expect(String(machine.definition)).not.to.include(`${functionName}-${stack}`);
          });

        it("gives the functions time to end before Lambda ends them", () => {
          for (const [functionName, { timeout }] of Object.entries(FUNCTIONS)) {
            const own = one(evaluation, "aws:lambda/function:Function", `${role}-${functionName}-function`);
            const { variables } = own.inputs.environment as { variables: Record<string, string> };
            expect(Number(variables.HANDLER_DEADLINE_MILLISECONDS), functionName).to.equal(
              (timeout - 5) * 1000,
            );
          }
        });

        it("tells the census where the archive, its rule and its queues are, and how long a window is", () => {
          const own = one(evaluation, "aws:lambda/function:Function", `${role}-trade-census-function`);
          const { variables } = own.inputs.environment as { variables: Record<string, string> };
          const queueUrl = (name: string) => one(evaluation, QUEUE, name).outputs.url;
          expect(variables).to.include({
            TRADES_TABLE_NAME: `trades-${stack}`,
            OUTCOMES_TABLE_NAME: `trade-outcomes-${stack}`,
            EVENT_BUS_ARN: at("events", `event-bus/trading-event-bus-${stack}`),
            EVENT_ARCHIVE_ARN: at("events", `archive/trades-archive-${stack}`),
            CENSUS_RULE_ARN: at("events", `rule/trading-event-bus-${stack}/trades-census-${stack}`),
            CENSUS_QUEUE_URL: queueUrl(`${role}-routing-census-queue`),
            UNACCOUNTED_QUEUE_URL: queueUrl(`${role}-routing-census-unaccounted-queue`),
            CENSUS_MINUTES: "60",
          });
        });

        it("puts the completer's dead letters with the enricher's, which is one alarm and one redrive", () => {
          const completer = one(
            evaluation,
            "aws:lambda/function:Function",
            `${role}-enrichment-completer-function`,
          );
          const shared = one(evaluation, QUEUE, `${role}-metadata-enricher-dlq-queue`);
          expect(completer.inputs.deadLetterConfig).to.deep.equal({ targetArn: shared.outputs.arn });
          const queues = ofType(evaluation, QUEUE).map(({ name }) => name);
          expect(queues).not.to.include(`${role}-enrichment-completer-dlq-queue`);
          const told = (evaluation.outputs.regions as Record<string, Record<string, object>>)[region];
          expect(told?.deadLetterQueueUrls).to.have.keys(
            ...["trade-validator", "metadata-enricher", "compliance-recorder"],
            ...["replacement-recorder", "trade-census"],
          );
        });

        const schedules = [
          {
            purpose: "completer",
            functionName: "enrichment-completer",
            deadLetters: "metadata-enricher-dlq",
            rate: "rate(1 minute)",
            input: {},
            age: 60,
          },
          {
            purpose: "census",
            functionName: "trade-census",
            deadLetters: "trade-census-dlq",
            rate: "rate(60 minutes)",
            // Filled in by the Scheduler: the time that a run was due (Scheduler User Guide, "Adding context attributes").
            input: { scheduledTime: "<aws.scheduler.scheduled-time>" },
            age: 86_400,
          },
        ];
        for (const { purpose, functionName, deadLetters, rate, input, age } of schedules)
          it(`runs the live ${functionName} at a ${rate}, and dead-letters what it cannot hand over`, () => {
            const name = `${role}-maintenance-${purpose}`;
            const { inputs, dependencies } = expectAt(SCHEDULE, `${name}-schedule`, name);
            const invoker = expectAt("aws:iam/role:Role", `${role}-maintenance-role`, `${role}-maintenance`);
            expect(invoker.inputs.name).to.equal(`role-scheduling-${stack}-${region}`);
            expect(inputs).to.deep.include({
              name: `schedule-${functionName}-${stack}`,
              scheduleExpression: rate,
              flexibleTimeWindow: { mode: "OFF" },
            });
            expect(inputs.target).to.deep.equal({
              arn: at("lambda", `function:${functionName}-${stack}:live`),
              roleArn: invoker.outputs.arn,
              input: JSON.stringify(input),
              retryPolicy: { maximumEventAgeInSeconds: age, maximumRetryAttempts: 185 },
              deadLetterConfig: { arn: at("sqs", `${deadLetters}-${stack}`) },
            });
            const policy = one(evaluation, "aws:iam/rolePolicy:RolePolicy", `${role}-maintenance-policy`);
            expect(dependencies).to.include(policy.urn);
          });

        it("alarms when a trade waits for its enrichment, or when the completer says nothing", () => {
          const parent = `${role}-maintenance`;
          const { inputs } = expectAt(ALARM, `${parent}-pending-enrichment-alarm`, parent);
          const topic = one(evaluation, "aws:sns/topic:Topic", `${role}-alarms-topic`);
          expect(inputs).to.deep.include({
            name: `enrichment-pending-age-alarm-${stack}`,
            namespace: "TradingSystem",
            metricName: "PendingEnrichmentAge",
            dimensions: { service: "enrichment-completer", Environment: stack },
            statistic: "Maximum",
            comparisonOperator: "GreaterThanOrEqualToThreshold",
            threshold: 900_000,
            period: 300,
            evaluationPeriods: 1,
            treatMissingData: "missing",
            alarmActions: [topic.outputs.arn],
            insufficientDataActions: [topic.outputs.arn],
            okActions: [topic.outputs.arn],
          });
        });

        it("takes a census's replays, and nothing else, to its queue", () => {
          const name = `${role}-routing-census`;
          const { inputs: rule, outputs } = expectAt(
            "aws:cloudwatch/eventRule:EventRule",
            `${name}-rule`,
            name,
          );
          expect(rule).to.include({
            name: `trades-census-${stack}`,
            eventBusName: `trading-event-bus-${stack}`,
          });
          expect(jsonOf(rule.eventPattern)).to.deep.equal({
            source: ["trading.system1", "trading.system2", "trading.system3"],
            "detail-type": ["Trade Event"],
            region: [region],
            "replay-name": [{ prefix: "census-" }],
          });
          const queue = expectAt(QUEUE, `${name}-queue`, name);
          expect(queue.inputs).to.include({
            name: `trades-census-${stack}`,
            messageRetentionSeconds: 86_400,
          });
          const target = expectAt("aws:cloudwatch/eventTarget:EventTarget", `${name}-target`, name);
          expect(target.inputs.arn).to.equal(queue.outputs.arn);
          const deadLetters = one(evaluation, QUEUE, `${role}-routing-dlq-queue`);
          expect(target.inputs.deadLetterConfig).to.deep.equal({ arn: deadLetters.outputs.arn });
          // Shorter than a census waits for what is tried again.
          expect(target.inputs.retryPolicy).to.deep.equal({
            ...{ maximumRetryAttempts: 185, maximumEventAgeInSeconds: 60 },
          });
          const policy = expectAt("aws:sqs/queuePolicy:QueuePolicy", `${name}-policy`, name);
          expect(String(policy.inputs.policy)).to.include(String(outputs.arn));
        });

        it("keeps what a census finds without an outcome for two weeks, and alarms", () => {
          const name = `${role}-routing-census-unaccounted`;
          const { inputs } = expectAt(QUEUE, `${name}-queue`, name);
          expect(inputs).to.deep.include({
            name: `unaccounted-events-${stack}`,
            messageRetentionSeconds: 1_209_600,
          });
          const alarm = expectAt(ALARM, `${name}-alarm`, name);
          expect(alarm.inputs).to.deep.include({
            name: `unaccounted-events-alarm-${stack}`,
            dimensions: { QueueName: `unaccounted-events-${stack}` },
            threshold: 1,
          });
        });

        it("reads every change of the region's own rows, from the start and without passing any over", async () => {
          const name = `${role}-replacements`;
          const type = "aws:lambda/eventSourceMapping:EventSourceMapping";
          const { inputs } = expectAt(type, `${name}-changes`, name);
          // The replica's stream is known once its provider has made it: a preview knows where it will come from.
          const planned = await evaluatedStack(stack, { preview: true });
          const table =
            role === "primary"
              ? one(planned, "aws:dynamodb/table:Table", "tables-trades")
              : one(planned, "pulumi-nodejs:dynamic/trade-processing:TableReplica", "replication-trades");
          const { propertyDependencies } = one(planned, type, `${name}-changes`);
          expect(propertyDependencies.eventSourceArn).to.deep.equal([table.urn]);
          if (role === "primary") {
            const { outputs } = one(evaluation, "aws:dynamodb/table:Table", "tables-trades");
            expect(inputs.eventSourceArn).to.equal(outputs.streamArn);
          }
          expect(inputs).to.deep.include({
            functionName: at("lambda", `function:replacement-recorder-${stack}:live`),
            startingPosition: "TRIM_HORIZON",
            batchSize: 100,
            bisectBatchOnFunctionError: true,
            maximumRetryAttempts: -1,
            filterCriteria: { filters: [{ pattern: '{"eventName":["MODIFY"]}' }] },
          });
          expect(inputs).not.to.have.any.keys("maximumRecordAgeInSeconds", "destinationConfig");
        });

        it("alarms on changes that wait, long before the stream forgets them", () => {
          const { inputs } = expectAt(ALARM, `${role}-replacements-age-alarm`, `${role}-replacements`);
          expect(inputs).to.deep.include({
            name: `replacement-age-alarm-${stack}`,
            namespace: "AWS/Lambda",
            metricName: "IteratorAge",
            dimensions: {
              FunctionName: `replacement-recorder-${stack}`,
              Resource: `replacement-recorder-${stack}:live`,
            },
            statistic: "Maximum",
            threshold: 900_000,
            period: 300,
            evaluationPeriods: 1,
            treatMissingData: "notBreaching",
          });
        });

        it("alarms on the first trade that another region's write replaced by other content", () => {
          const { inputs } = expectAt(ALARM, `${role}-replacements-conflict-alarm`, `${role}-replacements`);
          expect(inputs).to.include({
            name: `replacement-conflict-alarm-${stack}`,
            threshold: 1,
            comparisonOperator: "GreaterThanOrEqualToThreshold",
          });
        });
      });
    }
  });

describe("the census's schedule", () => {
  const rates = async (census: object) =>
    ofType(await evaluateOffline("dev", { census: JSON.stringify(census) }), SCHEDULE)
      .filter(({ name }) => name.endsWith("-census-schedule"))
      .map(({ inputs }) => inputs.scheduleExpression);

  it("is as it is set, and the function is told the same", async () => {
    const evaluation = await evaluateOffline("dev", { census: '{"everyMinutes":15}' });
    for (const role of ROLES) {
      const schedule = one(evaluation, SCHEDULE, `${role}-maintenance-census-schedule`);
      expect(schedule.inputs.scheduleExpression).to.equal("rate(15 minutes)");
      const own = one(evaluation, "aws:lambda/function:Function", `${role}-trade-census-function`);
      expect(own.inputs.environment).to.have.nested.property("variables.CENSUS_MINUTES", "15");
    }
  });

  it("is left out for censuses on demand only, for which all else is there", async () => {
    expect(await rates({ everyMinutes: 0 })).to.deep.equal([]);
  });
});
