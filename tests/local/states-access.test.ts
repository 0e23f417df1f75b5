import { expect } from "chai";
import type { Call, Json, Operation } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { REGION, ROLE, refusal, StatesBench, single } from "./states-support.ts";

const GROUP = "/aws/vendedlogs/states/x";
const LOGGING = {
  loggingConfiguration: {
    level: "ERROR",
    destinations: [
      { cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:${REGION}:000000000000:log-group:${GROUP}:*` } },
    ],
  },
};
const PASS = single({ Type: "Succeed" });

describe("What Step Functions does with a state machine's role, locally", () => {
  let calls: { call: Call; input: Json }[] = [];
  let denied = "";
  let chance = 0.5;
  let bench: StatesBench;

  const noting = (...names: string[]): Record<string, Operation> =>
    Object.fromEntries(
      names.map((name) => [
        name,
        (input: Json, call: Call) => {
          calls.push({ call, input });
          if (name === denied)
            throw new ServiceError("AccessDeniedException", `not authorized: ${name}`, 400);
          return name === "CreateLogDelivery" || name === "GetLogDelivery" ? { logDeliveryId: "d-1" } : {};
        },
      ]),
    );
  const operations = () => calls.map(({ call }) => call.operation);

  beforeEach(() => {
    calls = [];
    denied = "";
    chance = 0.5;
    bench = new StatesBench(
      {
        sts: noting("AssumeRole"),
        logs: noting(
          ...["DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy", "ListLogDeliveries"],
          ...["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"],
        ),
        xray: noting("GetSamplingRules", "GetSamplingTargets", "PutTraceSegments", "PutTelemetryRecords"),
      },
      { random: () => chance },
    );
  });
  afterEach(() => bench.cloud.close());

  it("takes the role as Step Functions, for the state machine, when that is made or changed", async () => {
    const stateMachineArn = await bench.create(PASS);
    await bench.call("UpdateStateMachine", { stateMachineArn, roleArn: `${ROLE}-2` });
    expect(operations()).to.deep.equal(["AssumeRole", "AssumeRole"]);
    expect(calls[0]?.call).to.include({ principal: "states.amazonaws.com", sourceArn: stateMachineArn });
    expect(calls.map(({ input }) => input.RoleArn)).to.deep.equal([ROLE, `${ROLE}-2`]);
  });

  it("makes no state machine whose role Step Functions may not take, and changes none", async () => {
    const text =
      "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the " +
      "provided role.";
    denied = "AssumeRole";
    const error = await refusal(bench.create(PASS));
    expect([error.code, error.message]).to.deep.equal(["AccessDeniedException", text]);
    expect((await bench.call("ListStateMachines", {})).stateMachines).to.deep.equal([]);
    denied = "";
    const stateMachineArn = await bench.create(PASS);
    denied = "AssumeRole";
    await refusal(bench.call("UpdateStateMachine", { stateMachineArn, roleArn: `${ROLE}-2` }));
    expect((await bench.call("DescribeStateMachine", { stateMachineArn })).roleArn).to.equal(ROLE);
  });

  // "Using CloudWatch Logs to log execution history", IAM policies for logging.
  it("sets up the delivery of logs as the role, and ends it with the state machine", async () => {
    const stateMachineArn = await bench.create(PASS, LOGGING);
    const logs = calls.filter(({ call }) => call.service === "logs");
    expect(new Set(logs.map(({ call }) => call.principal))).to.deep.equal(new Set([ROLE]));
    expect(new Set(logs.map(({ call }) => call.operation))).to.deep.equal(
      new Set([
        ...["DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy", "ListLogDeliveries"],
        ...["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery"],
      ]),
    );
    const policy = logs.find(({ call }) => call.operation === "PutResourcePolicy")?.input.policyDocument;
    expect(JSON.parse(String(policy)).Statement).to.deep.equal([
      {
        Sid: "AWSLogDeliveryWrite",
        Effect: "Allow",
        Principal: { Service: "delivery.logs.amazonaws.com" },
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`arn:aws:logs:${REGION}:000000000000:log-group:${GROUP}:log-stream:*`],
      },
    ]);
    calls = [];
    await bench.call("DeleteStateMachine", { stateMachineArn });
    expect(calls.map(({ call, input }) => [call.operation, input])).to.deep.equal([
      ["DeleteLogDelivery", { logDeliveryId: "d-1" }],
    ]);
  });

  for (const operation of [
    "CreateLogDelivery",
    "DescribeResourcePolicies",
    "PutResourcePolicy",
    "UpdateLogDelivery",
  ])
    it(`makes no state machine with logs if its role may not ${operation}`, async () => {
      denied = operation;
      const error = await refusal(bench.create(PASS, LOGGING));
      expect([error.code, error.message]).to.deep.equal([
        "AccessDeniedException",
        "The state machine IAM Role is not authorized to access the Log Destination",
      ]);
    });

  it("refuses a log level without exactly one destination", async () => {
    const error = await refusal(bench.create(PASS, { loggingConfiguration: { level: "ALL" } }));
    expect([error.code, error.message]).to.deep.equal([
      "InvalidLoggingConfiguration",
      "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    ]);
  });

  // X-Ray Developer Guide, "Configuring sampling rules": the first request of a second, and 5 % of the others.
  describe("with tracing", () => {
    const tracingConfiguration = { enabled: true };
    const count = (operation: string) => operations().filter((each) => each === operation).length;

    it("sends a segment for the first execution of a second and for those that chance takes", async () => {
      const arn = await bench.create(PASS, { tracingConfiguration });
      await bench.run(arn);
      await bench.run(arn);
      expect(count("PutTraceSegments")).to.equal(1);
      chance = 0.049;
      await bench.run(arn);
      expect(count("PutTraceSegments")).to.equal(2);
      chance = 0.051;
      await bench.run(arn);
      await bench.clock.advance(1_000);
      await bench.run(arn);
      expect([count("PutTraceSegments"), count("PutTelemetryRecords")]).to.deep.equal([3, 3]);
      const sent = calls.find(({ call }) => call.operation === "PutTraceSegments");
      expect(sent?.call.principal).to.equal(ROLE);
      expect(JSON.parse(String(sent?.input.TraceSegmentDocuments))).to.deep.include({
        name: "machine-1",
        start_time: 1_767_623_400,
      });
    });

    it("asks for sampling rules every five minutes and for targets every ten seconds, while executions start", async () => {
      const arn = await bench.create(PASS, { tracingConfiguration });
      for (let second = 0; second < 310; second += 1) {
        await bench.run(arn);
        bench.clock.skip(1_000);
      }
      expect([count("GetSamplingRules"), count("GetSamplingTargets")]).to.deep.equal([2, 31]);
    }).timeout(10_000);

    it("leaves executions alone when X-Ray denies it everything", async () => {
      const arn = await bench.create(PASS, { tracingConfiguration });
      for (denied of ["PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"]) {
        await bench.clock.advance(600_000);
        expect((await bench.run(arn)).status).to.equal("SUCCEEDED");
      }
    });

    it("sends nothing unless it is enabled", async () => {
      await bench.run(await bench.create(PASS));
      expect(operations()).to.deep.equal(["AssumeRole"]);
    });
  });
});
