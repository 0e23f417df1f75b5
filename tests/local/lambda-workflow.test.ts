import { expect } from "chai";
import { createEvents } from "../../local/cloud/events/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createStates } from "../../local/cloud/states/service.ts";
import { LambdaBench, REGION, until } from "./lambda-support.ts";

const ROLE = "arn:aws:iam::000000000000:role/workflow";

describe("Events, workflow and functions together, locally", function () {
  this.timeout(15_000);

  it("carry an event to a function's process, and a crash of it to the Catch that names it", async () => {
    const bench = new LambdaBench();
    const { metrics } = bench;
    const states = bench.cloud.add((surroundings) =>
      createStates(surroundings, { metrics, log: () => undefined }),
    );
    const events = bench.cloud.add((surroundings) => createEvents(surroundings, { metrics }));
    const call = (service: string, operation: string, input: Json) =>
      bench.cloud.call({ service, operation, region: REGION, principal: "tester" }, input);
    try {
      await bench.create(
        "decide",
        "export const handler = async ({ detail }) => { if (detail.crash) process.exit(1); return detail; };",
      );
      const definition = {
        StartAt: "Decide",
        States: {
          Decide: {
            ...{ Type: "Task", Resource: "arn:aws:states:::lambda:invoke" },
            Parameters: { FunctionName: "decide", "Payload.$": "$" },
            ResultSelector: { "detail.$": "$.Payload" },
            Catch: [{ ErrorEquals: ["Runtime.ExitError"], Next: "Crashed" }],
            End: true,
          },
          Crashed: { Type: "Pass", Result: { crashed: true }, End: true },
        },
      };
      const { stateMachineArn } = await call("states", "CreateStateMachine", {
        ...{ name: "trades", roleArn: ROLE, definition: JSON.stringify(definition) },
      });
      await call("events", "PutRule", { Name: "rule", EventPattern: '{"source":["s"]}' });
      const Targets = [{ Id: "t", Arn: stateMachineArn, RoleArn: ROLE }];
      await call("events", "PutTargets", { Rule: "rule", Targets });
      for (const crash of [false, true])
        await call("events", "PutEvents", {
          Entries: [{ Source: "s", DetailType: "t", Detail: JSON.stringify({ crash }) }],
        });
      await until(() => metrics.sum("ExecutionsSucceeded") === 2);
      expect(events.pendingDeliveries() + states.openExecutions() + bench.lambda.openInvocations()).to.equal(
        0,
      );
      const { executions } = await call("states", "ListExecutions", { stateMachineArn });
      const outputs = [];
      for (const { executionArn } of executions as Json[])
        outputs.push((await call("states", "DescribeExecution", { executionArn })).output);
      expect(outputs).to.have.members(['{"detail":{"crash":false}}', '{"crashed":true}']);
    } finally {
      await bench.close();
    }
  });
});
