import { createHash } from "node:crypto";
import { readSettings, sourceKind } from "../cloud/lambda/mappings/settings.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isKnown, notCarriedOut, refused } from "./checks.ts";
import { drift, taken } from "./drift.ts";
import {
  BATCH_SIZES,
  changedMembers,
  DEFAULTS,
  FIXED,
  members,
  PLAIN,
  STRUCTURES,
} from "./event-source-settings.ts";
import type { ResourceType } from "./resource-type.ts";
import {
  arn,
  deployer,
  given,
  list,
  optionalText,
  record,
  text,
  texts,
  unlessGone,
} from "./resource-type.ts";

/** Inputs of other kinds of sources, and of what this Lambda does not do. */
const NOT_CARRIED_OUT = [
  ...["amazonManagedKafkaEventSourceConfig", "documentDbEventSourceConfig", "kmsKeyArn", "metricsConfig"],
  ...["provisionedPollerConfig", "queues", "selfManagedEventSource", "selfManagedKafkaEventSourceConfig"],
  ...["sourceAccessConfigurations", "startingPositionTimestamp", "tags", "topics", "tumblingWindowInSeconds"],
];

const OUTPUTS = {
  ...{ arn: "EventSourceMappingArn", functionArn: "FunctionArn", uuid: "UUID", state: "State" },
  ...{ lastProcessingResult: "LastProcessingResult", stateTransitionReason: "StateTransitionReason" },
} as const;

/** What Lambda says to one setting, all others being good: of a queue's, or else of a stream's. */
function validated(input: string) {
  return (value: Value) => {
    const asked = members({ [input]: value });
    if (input === "scalingConfig") readSettings(asked, "queue");
    else readSettings({ ...asked, StartingPosition: "LATEST" }, "stream");
  };
}

/** Members that only the other kind of source has, or that do not go together; with all that is known. */
function checkTogether(inputs: Properties): { property: string; reason: string }[] {
  const settings = { ...members(inputs), ...given(inputs, FIXED) };
  if (!isKnown(settings) || typeof inputs.eventSourceArn !== "string") return [];
  return refused(inputs, {
    eventSourceArn: (source) => readSettings(settings, sourceKind(source)),
  });
}

/** A function as one that is stated, which may be a name, a partial or a whole ARN. */
function functionAsStated(stated: Value | undefined, found: unknown): unknown {
  const part = (name: string) => name.split(":function:").pop() ?? "";
  const isSame = typeof stated === "string" && typeof found === "string" && part(stated) === part(found);
  return isSame ? stated : found;
}

function foundInputs(inputs: Properties, found: Properties): Properties {
  const { destination } = taken(record(found.DestinationConfig).OnFailure, { destination: "Destination" });
  const now: Readonly<Record<string, unknown>> = {
    ...taken(found, { ...PLAIN, ...FIXED }),
    functionName: functionAsStated(inputs.functionName, found.FunctionArn),
    functionResponseTypes: texts(found.FunctionResponseTypes),
    enabled: !["Disabled", "Disabling"].includes(String(found.State)),
    filterCriteria: {
      filters: list(record(found.FilterCriteria).Filters).map((each) => taken(each, { pattern: "Pattern" })),
    },
    destinationConfig: destination === undefined ? {} : { onFailure: { destinationArn: destination } },
    scalingConfig: taken(found.ScalingConfig, { maximumConcurrency: "MaximumConcurrency" }),
  };
  const batchSize = BATCH_SIZES[sourceKind(found.EventSourceArn)];
  return drift(inputs, now, { ...DEFAULTS, batchSize });
}

function outputsOf(found: Properties): Properties {
  return {
    ...taken(found, OUTPUTS),
    lastModified: new Date(Number(found.LastModified) * 1_000).toISOString(),
  };
}

/** A function that reads a queue or a table's stream. */
export const EVENT_SOURCE_MAPPING: ResourceType = {
  describe: (request) => {
    const uuid = createHash("sha256")
      .update(request.urn)
      .digest("hex")
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
    const functionName = optionalText(request.inputs.functionName) ?? "";
    const functionArn = arn(request, "lambda", `function:${functionName.split(":function:").pop() ?? ""}`);
    const mappingArn = arn(request, "lambda", `event-source-mapping:${uuid}`);
    const outputs = { arn: mappingArn, functionArn, uuid, state: "Creating", lastModified: "" };
    return { id: uuid, outputs: { ...outputs, lastProcessingResult: "", stateTransitionReason: "" } };
  },
  check: (inputs) => {
    const failures = refused(inputs, {
      eventSourceArn: sourceKind,
      ...Object.fromEntries(
        [...Object.keys(PLAIN), ...Object.keys(STRUCTURES)]
          .filter((input) => input !== "enabled")
          .map((input) => [input, validated(input)]),
      ),
      startingPosition: (value) => readSettings({ StartingPosition: value }, "stream"),
      ...Object.fromEntries(NOT_CARRIED_OUT.map((input) => [input, notCarriedOut])),
    });
    return failures.length > 0 ? failures : checkTogether(inputs);
  },
  // The service makes the id.
  create: async (request, { call }, described) => {
    const { inputs } = request;
    const FunctionName = text(inputs, "functionName");
    const input = { FunctionName, ...given(inputs, FIXED), ...members(inputs) };
    const made = await call("lambda", "CreateEventSourceMapping", input, deployer(request));
    described.id = String(made.UUID);
    Object.assign(described.outputs, outputsOf(made as Properties));
  },
  replacedBy: [
    ...["eventSourceArn", "startingPosition", "startingPositionTimestamp", "queues"],
    ...["selfManagedEventSource", "selfManagedKafkaEventSourceConfig", "amazonManagedKafkaEventSourceConfig"],
  ],
  recomputed: () => ["functionArn", "state", "lastModified", "lastProcessingResult", "stateTransitionReason"],
  update: async (request, { call }) => {
    const { id: UUID, inputs, changed } = request;
    const FunctionName = text(inputs, "functionName");
    const input = { UUID, FunctionName, ...changedMembers(inputs, changed) };
    return outputsOf(
      (await call("lambda", "UpdateEventSourceMapping", input, deployer(request))) as Properties,
    );
  },
  delete: async (request, { call }) => {
    const input = { UUID: request.id };
    await unlessGone(call("lambda", "DeleteEventSourceMapping", input, deployer(request)));
  },
  read: async (request, { call }) => {
    const input = { UUID: request.id };
    const answer = await unlessGone(call("lambda", "GetEventSourceMapping", input, deployer(request)));
    const found = answer as Properties | undefined;
    if (!found || found.State === "Deleting") return undefined;
    return { inputs: foundInputs(request.inputs, found), outputs: outputsOf(found) };
  },
};
