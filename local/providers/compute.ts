import { compile } from "../cloud/states/compile.ts";
import type { Properties, Value } from "../program/wire.ts";
import { ALIAS, PROVISIONED } from "./aliases.ts";
import { matching, oneOf, refused } from "./checks.ts";
import { drift } from "./drift.ts";
import { EVENT_SOURCE_MAPPING } from "./event-source-mappings.ts";
import { FUNCTION } from "./functions.ts";
import type { ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, list, optionalText, record, tagChanges, text, unlessGone } from "./resource-type.ts";

const NO_LOGGING = { level: "OFF", includeExecutionData: false };

/** What CreateStateMachine and UpdateStateMachine both take. */
function settings(inputs: Properties): Properties {
  const logging = { ...NO_LOGGING, ...record(inputs.loggingConfiguration) } as Properties;
  const { logDestination, ...loggingConfiguration } = logging;
  return {
    ...{ definition: text(inputs, "definition"), roleArn: text(inputs, "roleArn") },
    loggingConfiguration: {
      ...loggingConfiguration,
      destinations: logDestination ? [{ cloudWatchLogsLogGroup: { logGroupArn: logDestination } }] : [],
    },
    tracingConfiguration: { enabled: record(inputs.tracingConfiguration).enabled === true },
  };
}

function tagsOf(tags: Properties): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value: String(value) }));
}

const STATE_MACHINE: ResourceType = {
  describe: (request) => {
    const machineArn = arn(request, "states", `stateMachine:${text(request.inputs, "name")}`);
    return { id: machineArn, outputs: { arn: machineArn, status: "ACTIVE" } };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^[\w-]{1,80}$/),
      type: oneOf(["STANDARD", "EXPRESS"]),
      definition: (definition) => compile(String(definition)),
      loggingConfiguration: (logging) =>
        oneOf(["ALL", "ERROR", "FATAL", "OFF"])(record(logging).level ?? NO_LOGGING.level),
    }),
  create: async (request, { call }) => {
    const { inputs } = request;
    const input = {
      ...{ name: text(inputs, "name"), type: optionalText(inputs.type) ?? "STANDARD" },
      ...{ ...settings(inputs), tags: tagsOf(record(inputs.tags)) },
    };
    await call("states", "CreateStateMachine", input, deployer(request));
  },
  replacedBy: ["name", "namePrefix", "type"],
  update: async (request, { call }) => {
    const { id, inputs, changed } = request;
    const from = deployer(request);
    if (changed.some((input) => input !== "tags"))
      await call("states", "UpdateStateMachine", { stateMachineArn: id, ...settings(inputs) }, from);
    const { put, gone } = tagChanges(request.before, inputs);
    if (Object.keys(put).length > 0)
      await call("states", "TagResource", { resourceArn: id, tags: tagsOf(put) }, from);
    if (gone.length > 0) await call("states", "UntagResource", { resourceArn: id, tagKeys: gone }, from);
  },
  delete: async (request, { call }) => {
    await unlessGone(
      call("states", "DeleteStateMachine", { stateMachineArn: request.id }, deployer(request)),
    );
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const of = { stateMachineArn: id };
    const found = await unlessGone(call("states", "DescribeStateMachine", of, deployer(request)));
    if (!found) return undefined;
    const { destinations, ...logging } = record(found.loggingConfiguration as Value);
    const [destination] = list(destinations).map(record);
    const logDestination = record(destination?.cloudWatchLogsLogGroup).logGroupArn ?? null;
    return {
      inputs: drift(
        inputs,
        {
          ...{ definition: found.definition, roleArn: found.roleArn },
          loggingConfiguration: { ...logging, logDestination },
          tracingConfiguration: found.tracingConfiguration,
        },
        { loggingConfiguration: NO_LOGGING, tracingConfiguration: { enabled: false } },
      ),
      outputs: { status: String(found.status) },
    };
  },
  autoname: "name",
};

/** AWS Lambda and Step Functions. */
export const COMPUTE_TYPES: ResourceTypes = {
  "aws:lambda/function:Function": FUNCTION,
  "aws:lambda/alias:Alias": ALIAS,
  "aws:lambda/eventSourceMapping:EventSourceMapping": EVENT_SOURCE_MAPPING,
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": PROVISIONED,
  "aws:sfn/stateMachine:StateMachine": STATE_MACHINE,
};
