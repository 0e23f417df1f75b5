import { settingsFrom } from "../cloud/lambda/settings.ts";
import type { Properties, Value } from "../program/wire.ts";
import { matching, oneOf, refused, whole } from "./checks.ts";
import { drift, sameSet, taken } from "./drift.ts";
import type { ExistingRequest, ProviderPorts, ResourceType } from "./resource-type.ts";
import {
  arn,
  deployer,
  given,
  optionalText,
  record,
  tagChanges,
  text,
  texts,
  unlessGone,
} from "./resource-type.ts";

const LOGGING_MEMBERS = {
  ...{ logFormat: "LogFormat", logGroup: "LogGroup" },
  ...{ applicationLogLevel: "ApplicationLogLevel", systemLogLevel: "SystemLogLevel" },
} as const;
const PLACE_MEMBERS = { subnetIds: "SubnetIds", securityGroupIds: "SecurityGroupIds" } as const;
const PLAIN_MEMBERS = {
  ...{ description: "Description", kmsKeyArn: "KMSKeyArn", memorySize: "MemorySize" },
  ...{ role: "Role", timeout: "Timeout" },
} as const;

/** Inputs by what changes them: a change of either makes a new version of a function that publishes. */
const CONFIGURATION = [
  ...Object.keys(PLAIN_MEMBERS),
  ...["deadLetterConfig", "environment", "ephemeralStorage", "imageConfig", "loggingConfig"],
  ...["tracingConfig", "vpcConfig"],
];
const CODE = ["architectures", "imageUri"];

/** What CreateFunction and UpdateFunctionConfiguration both take; what is left out has Lambda's default. */
function configuration(inputs: Properties): Properties {
  const name = text(inputs, "name");
  return {
    ...{ Description: "", MemorySize: 128, Timeout: 3, ...given(inputs, PLAIN_MEMBERS) },
    ...(inputs.imageConfig ? { ImageConfig: { Command: texts(record(inputs.imageConfig).commands) } } : {}),
    Environment: { Variables: record(record(inputs.environment).variables) },
    DeadLetterConfig: { TargetArn: record(inputs.deadLetterConfig).targetArn ?? "" },
    TracingConfig: { Mode: optionalText(record(inputs.tracingConfig).mode) ?? "PassThrough" },
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [], ...given(record(inputs.vpcConfig), PLACE_MEMBERS) },
    LoggingConfig: {
      ...{ LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
      ...given(record(inputs.loggingConfig), LOGGING_MEMBERS),
    },
    ...(inputs.ephemeralStorage
      ? { EphemeralStorage: { Size: record(inputs.ephemeralStorage).size ?? 512 } }
      : {}),
  };
}

function architectures(inputs: Properties): Properties {
  const given = texts(inputs.architectures);
  return given.length > 0 ? { Architectures: given } : {};
}

/** Reserves as much concurrency as is asked for; -1 and nothing at all reserve none. */
async function reserve(
  request: Pick<ExistingRequest, "inputs" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const FunctionName = text(request.inputs, "name");
  const ReservedConcurrentExecutions = Number(request.inputs.reservedConcurrentExecutions ?? -1);
  if (ReservedConcurrentExecutions >= 0)
    await call(
      "lambda",
      "PutFunctionConcurrency",
      { FunctionName, ReservedConcurrentExecutions },
      deployer(request),
    );
  else await call("lambda", "DeleteFunctionConcurrency", { FunctionName }, deployer(request));
}

/** What Lambda says to one setting, all others being good. */
function validated(member: string, of: (value: Value) => Value = (value) => value) {
  const good = { Role: "arn:aws:iam::000000000000:role/any" };
  const image = { uri: "", resolved: { directory: "", command: ["index.handler"] } };
  return (value: Value) => settingsFrom({ ...good, [member]: of(value) }, undefined, image, 0);
}

/** A function from a container image. */
export const FUNCTION: ResourceType = {
  describe: (request) => {
    const functionArn = arn(request, "lambda", `function:${text(request.inputs, "name")}`);
    const version = request.inputs.publish === true ? "1" : "$LATEST";
    return {
      id: text(request.inputs, "name"),
      outputs: {
        ...{ arn: functionArn, version, qualifiedArn: `${functionArn}:${version}` },
        invokeArn: arn(request, "apigateway", `lambda:path/2015-03-31/functions/${functionArn}/invocations`),
      },
    };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^[\w-]{1,64}$/),
      packageType: oneOf(["Image"]),
      memorySize: validated("MemorySize"),
      timeout: validated("Timeout"),
      role: validated("Role"),
      environment: validated("Environment", (value) => ({ Variables: record(value).variables ?? {} })),
      deadLetterConfig: validated("DeadLetterConfig", (value) => ({
        TargetArn: record(value).targetArn ?? "",
      })),
      reservedConcurrentExecutions: whole(-1, Number.MAX_SAFE_INTEGER),
    }),
  create: async (request, ports) => {
    const { inputs } = request;
    const input = {
      ...{ FunctionName: text(inputs, "name"), PackageType: text(inputs, "packageType") },
      ...{ Code: { ImageUri: text(inputs, "imageUri") }, ...architectures(inputs), ...configuration(inputs) },
      ...{ Tags: record(inputs.tags), Publish: inputs.publish === true },
    };
    await ports.call("lambda", "CreateFunction", input, deployer(request));
    if (Number(inputs.reservedConcurrentExecutions ?? -1) >= 0) await reserve(request, ports);
  },
  replacedBy: ["name", "packageType"],
  recomputed: (changed, { publish }) =>
    publish === true && changed.some((input) => ["publish", ...CONFIGURATION, ...CODE].includes(input))
      ? ["version", "qualifiedArn"]
      : [],
  update: async (request, ports) => {
    const { inputs, changed, id: FunctionName, outputs } = request;
    const { call } = ports;
    const from = deployer(request);
    const isChanged = (of: readonly string[]) => changed.some((input) => of.includes(input));
    const { put, gone } = tagChanges(request.before, inputs);
    const Resource = String(outputs.arn);
    if (Object.keys(put).length > 0) await call("lambda", "TagResource", { Resource, Tags: put }, from);
    if (gone.length > 0) await call("lambda", "UntagResource", { Resource, TagKeys: gone }, from);
    if (isChanged(CONFIGURATION)) {
      const input = { FunctionName, KMSKeyArn: "", ...configuration(inputs) };
      await call("lambda", "UpdateFunctionConfiguration", input, from);
    }
    if (isChanged(CODE)) {
      const input = { FunctionName, ImageUri: text(inputs, "imageUri"), ...architectures(inputs) };
      await call("lambda", "UpdateFunctionCode", input, from);
    }
    if (isChanged(["reservedConcurrentExecutions"])) await reserve(request, ports);
    if (inputs.publish !== true || !isChanged(["publish", ...CONFIGURATION, ...CODE])) return;
    const { Version, FunctionArn } = await call("lambda", "PublishVersion", { FunctionName }, from);
    return { version: String(Version), qualifiedArn: String(FunctionArn) };
  },
  delete: async (request, { call }) => {
    const { id: FunctionName, inputs } = request;
    if (inputs.skipDestroy === true) return;
    const from = deployer(request);
    const SecurityGroupIds = texts(inputs.replacementSecurityGroupIds);
    const VpcConfig = { SubnetIds: texts(record(inputs.vpcConfig).subnetIds), SecurityGroupIds };
    if (inputs.replaceSecurityGroupsOnDestroy === true && SecurityGroupIds.length > 0)
      await unlessGone(call("lambda", "UpdateFunctionConfiguration", { FunctionName, VpcConfig }, from));
    await unlessGone(call("lambda", "DeleteFunction", { FunctionName }, from));
  },
  read: async (request, { call }) => {
    const { id: FunctionName, inputs } = request;
    const found = await unlessGone(call("lambda", "GetFunction", { FunctionName }, deployer(request)));
    if (!found) return undefined;
    const now = record(found.Configuration as Value);
    const place = taken(now.VpcConfig, PLACE_MEMBERS);
    const stated = record(inputs.vpcConfig);
    const { ImageConfig } = record(now.ImageConfigResponse);
    return {
      inputs: drift(
        inputs,
        {
          ...Object.fromEntries(Object.keys(PLAIN_MEMBERS).map((input) => [input, undefined])),
          ...taken(now, PLAIN_MEMBERS),
          imageUri: record(found.Code as Value).ImageUri,
          architectures: now.Architectures,
          environment: taken(now.Environment, { variables: "Variables" }),
          deadLetterConfig: taken(now.DeadLetterConfig, { targetArn: "TargetArn" }),
          tracingConfig: taken(now.TracingConfig, { mode: "Mode" }),
          ephemeralStorage: taken(now.EphemeralStorage, { size: "Size" }),
          loggingConfig: taken(now.LoggingConfig, LOGGING_MEMBERS),
          vpcConfig: {
            subnetIds: sameSet(stated.subnetIds, place.subnetIds),
            securityGroupIds: sameSet(stated.securityGroupIds, place.securityGroupIds),
          },
          // Without one, the command that is shown is the image's own.
          ...(inputs.imageConfig ? { imageConfig: taken(ImageConfig, { commands: "Command" }) } : {}),
          reservedConcurrentExecutions: record(found.Concurrency as Value).ReservedConcurrentExecutions,
        },
        {
          ...{ memorySize: 128, timeout: 3, architectures: ["x86_64"], ephemeralStorage: { size: 512 } },
          ...{ tracingConfig: { mode: "PassThrough" }, reservedConcurrentExecutions: -1 },
          ...{ environment: {}, deadLetterConfig: {}, vpcConfig: {} },
          loggingConfig: { logFormat: "Text", logGroup: `/aws/lambda/${FunctionName}` },
        },
      ),
    };
  },
  autoname: "name",
};
