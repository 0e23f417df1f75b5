import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, passed, regional, rows } from "./table.ts";

/** AWS Step Functions. */
function machine(input: Json, at: Place): string {
  return member(input, "stateMachineArn") || regional("states", at, `stateMachine:${member(input, "name")}`);
}

const execution = (input: Json) => member(input, "executionArn");

export const STATES_ACTIONS: ActionTable = {
  CreateStateMachine: (input, at) => [
    { action: "states:CreateStateMachine", resource: machine(input, at) },
    ...passed(input.roleArn, "states.amazonaws.com"),
  ],
  UpdateStateMachine: (input, at) => [
    { action: "states:UpdateStateMachine", resource: machine(input, at) },
    ...passed(input.roleArn, "states.amazonaws.com"),
  ],
  ...rows("states", machine, "DeleteStateMachine", "DescribeStateMachine", "ListExecutions"),
  ...rows("states", machine, "StartExecution", "StartSyncExecution", "ListStateMachineVersions"),
  ...rows("states", machine, "PublishStateMachineVersion", "ListStateMachineAliases"),
  ...rows("states", execution, "StopExecution", "DescribeExecution", "GetExecutionHistory"),
  ...rows("states", execution, "RedriveExecution", "DescribeStateMachineForExecution", "ListMapRuns"),
  ...rows("states", anything, "ListStateMachines", "ListActivities", "ValidateStateMachineDefinition"),
  ...rows("states", anything, "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"),
  ...rows("states", (input) => member(input, "resourceArn"), "TagResource", "UntagResource"),
  ...rows("states", (input) => member(input, "resourceArn"), "ListTagsForResource"),
};
