import { expect } from "chai";
import {
  HANDLER_DEADLINE_MILLISECONDS,
  LAMBDA_TASK_TIMEOUT_SECONDS,
  LONGEST_WORKFLOW_SECONDS,
} from "../../components/standards.ts";
import { workflowDefinition } from "../../components/workflow/definition.ts";
import type { Machine, TaskState } from "../../components/workflow/language.ts";
import { TARGETS } from "./support/executions.ts";

function tasksOf(machine: Machine): [string, TaskState][] {
  return Object.entries(machine.States).flatMap(([name, state]): [string, TaskState][] => {
    if (state.Type === "Parallel") return state.Branches.flatMap(tasksOf);
    return state.Type === "Task" ? [[name, state]] : [];
  });
}
const tasks = tasksOf(workflowDefinition(TARGETS));
const using = (resource: string) => tasks.filter(([, task]) => task.Resource.endsWith(resource));

describe("the workflow's figures", () => {
  it("try a function again three times from 2 s on, and five times while it is throttled", () => {
    for (const [name, task] of using("lambda:invoke"))
      expect(task.Retry, name).to.deep.equal([
        {
          // As Step Functions names them, spelt out: a name that is missing here is missing there.
          ErrorEquals: [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.Unknown",
            "Sandbox.Timedout",
            "Runtime.ExitError",
            "States.Timeout",
            "RetryableServiceError",
          ],
          IntervalSeconds: 2,
          BackoffRate: 2,
          MaxAttempts: 3,
          JitterStrategy: "FULL",
        },
        {
          ErrorEquals: ["Lambda.TooManyRequestsException"],
          IntervalSeconds: 1,
          BackoffRate: 2,
          MaxDelaySeconds: 8,
          MaxAttempts: 5,
          JitterStrategy: "FULL",
        },
      ]);
  });

  it("leave a handler half a second and more to give up in before its task's time limit", () => {
    for (const [name, task] of using("lambda:invoke")) {
      expect(task.TimeoutSeconds, name).to.equal(LAMBDA_TASK_TIMEOUT_SECONDS);
      expect(task.TimeoutSeconds * 1000 - HANDLER_DEADLINE_MILLISECONDS, name).to.be.at.least(500);
    }
    expect(LONGEST_WORKFLOW_SECONDS).to.be.below(300);
  });

  it("append an attempt's outcome once, and never change one", () => {
    expect(using("dynamodb:putItem")).to.have.length(
      tasks.length - using("lambda:invoke").length - using("sqs:sendMessage").length,
    );
    for (const [name, task] of using("dynamodb:putItem"))
      expect(task.Parameters, name).to.include({
        TableName: TARGETS.outcomesTable,
        ConditionExpression: "attribute_not_exists(event)",
      });
  });
});
