import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, list, optionalText, record, text, texts } from "./resource-type.ts";

/** AWS Lambda and Step Functions. */
export const COMPUTE_TYPES: ResourceTypes = {
  "aws:lambda/function:Function": {
    describe: (request) => {
      const functionArn = arn(request, "lambda", `function:${text(request.inputs, "name")}`);
      return {
        id: text(request.inputs, "name"),
        outputs: {
          arn: functionArn,
          version: request.inputs.publish === true ? "1" : "$LATEST",
          qualifiedArn: `${functionArn}:${request.inputs.publish === true ? "1" : "$LATEST"}`,
          invokeArn: arn(
            request,
            "apigateway",
            `lambda:path/2015-03-31/functions/${functionArn}/invocations`,
          ),
        },
      };
    },
    create: async ({ inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const FunctionName = text(inputs, "name");
      const logging = record(inputs.loggingConfig);
      const deadLetter = record(inputs.deadLetterConfig);
      const vpc = record(inputs.vpcConfig);
      const input = {
        FunctionName,
        PackageType: text(inputs, "packageType"),
        Code: { ImageUri: text(inputs, "imageUri") },
        ImageConfig: { Command: texts(record(inputs.imageConfig).commands) },
        Role: text(inputs, "role"),
        Timeout: inputs.timeout ?? 3,
        MemorySize: inputs.memorySize ?? 128,
        Architectures: texts(inputs.architectures),
        Environment: { Variables: record(record(inputs.environment).variables) },
        ...(deadLetter.targetArn ? { DeadLetterConfig: { TargetArn: deadLetter.targetArn } } : {}),
        TracingConfig: { Mode: optionalText(record(inputs.tracingConfig).mode) ?? "PassThrough" },
        VpcConfig: { SubnetIds: texts(vpc.subnetIds), SecurityGroupIds: texts(vpc.securityGroupIds) },
        LoggingConfig: {
          LogFormat: optionalText(logging.logFormat) ?? "Text",
          LogGroup: optionalText(logging.logGroup) ?? `/aws/lambda/${FunctionName}`,
          ...(logging.applicationLogLevel ? { ApplicationLogLevel: logging.applicationLogLevel } : {}),
          ...(logging.systemLogLevel ? { SystemLogLevel: logging.systemLogLevel } : {}),
        },
        Tags: record(inputs.tags),
        Publish: inputs.publish === true,
      };
      await call("lambda", "CreateFunction", input, from);
      const reserved = inputs.reservedConcurrentExecutions;
      if (typeof reserved === "number" && reserved >= 0)
        await call(
          "lambda",
          "PutFunctionConcurrency",
          { FunctionName, ReservedConcurrentExecutions: reserved },
          from,
        );
    },
    autoname: "name",
  },
  "aws:lambda/alias:Alias": {
    describe: (request) => {
      const functionName = text(request.inputs, "functionName").split(":function:").pop() ?? "";
      const aliasArn = arn(request, "lambda", `function:${functionName}:${text(request.inputs, "name")}`);
      return { id: aliasArn, outputs: { arn: aliasArn } };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = {
        FunctionName: text(inputs, "functionName"),
        Name: text(inputs, "name"),
        FunctionVersion: text(inputs, "functionVersion"),
      };
      await call("lambda", "CreateAlias", input, { region, principal: DEPLOYER });
    },
    autoname: "name",
  },
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {
    describe: ({ inputs }) => ({
      id: `${text(inputs, "functionName")},${text(inputs, "qualifier")}`,
      outputs: {},
    }),
    inert: "environments are started when they are needed; none is started ahead",
  },
  "aws:sfn/stateMachine:StateMachine": {
    describe: (request) => {
      const machineArn = arn(request, "states", `stateMachine:${text(request.inputs, "name")}`);
      return { id: machineArn, outputs: { arn: machineArn, status: "ACTIVE" } };
    },
    create: async ({ inputs, region }, { call }) => {
      const logging = record(inputs.loggingConfiguration);
      const input = {
        name: text(inputs, "name"),
        definition: text(inputs, "definition"),
        roleArn: text(inputs, "roleArn"),
        type: optionalText(inputs.type) ?? "STANDARD",
        ...(inputs.loggingConfiguration
          ? {
              loggingConfiguration: {
                level: logging.level ?? "OFF",
                includeExecutionData: logging.includeExecutionData ?? false,
                destinations: logging.logDestination
                  ? [{ cloudWatchLogsLogGroup: { logGroupArn: logging.logDestination } }]
                  : [],
              },
            }
          : {}),
        tracingConfiguration: { enabled: record(inputs.tracingConfiguration).enabled === true },
        tags: list([]),
      };
      await call("states", "CreateStateMachine", input, { region, principal: DEPLOYER });
    },
    autoname: "name",
  },
};
