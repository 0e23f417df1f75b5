import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, optionalText, record, tagList, text } from "./resource-type.ts";

/** Amazon EventBridge. */
export const EVENT_TYPES: ResourceTypes = {
  "aws:cloudwatch/eventBus:EventBus": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "events", `event-bus/${name}`) } };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = { Name: text(inputs, "name"), Tags: tagList(inputs) };
      await call("events", "CreateEventBus", input, { region, principal: DEPLOYER });
    },
    autoname: "name",
  },
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": {
    describe: ({ inputs }) => ({ id: optionalText(inputs.eventBusName) ?? "default", outputs: {} }),
    inert: "permissions are not evaluated yet",
  },
  "aws:cloudwatch/eventRule:EventRule": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const bus = optionalText(request.inputs.eventBusName);
      const path = bus && bus !== "default" ? `${bus}/${name}` : name;
      return {
        id: bus && bus !== "default" ? path : name,
        outputs: { arn: arn(request, "events", `rule/${path}`) },
      };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = {
        Name: text(inputs, "name"),
        EventBusName: optionalText(inputs.eventBusName) ?? "default",
        EventPattern: text(inputs, "eventPattern"),
        State: optionalText(inputs.state) ?? "ENABLED",
        Description: optionalText(inputs.description) ?? "",
        Tags: tagList(inputs),
      };
      await call("events", "PutRule", input, { region, principal: DEPLOYER });
    },
    autoname: "name",
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    describe: ({ inputs, name }) => ({
      id: `${text(inputs, "rule")}-${optionalText(inputs.targetId) ?? name}`,
      outputs: {},
    }),
    create: async ({ inputs, region, name }, { call }) => {
      const retry = record(inputs.retryPolicy);
      const deadLetter = record(inputs.deadLetterConfig);
      const target = {
        Id: optionalText(inputs.targetId) ?? name,
        Arn: text(inputs, "arn"),
        ...(inputs.roleArn ? { RoleArn: inputs.roleArn } : {}),
        ...(inputs.inputPath ? { InputPath: inputs.inputPath } : {}),
        ...(inputs.input ? { Input: inputs.input } : {}),
        ...(inputs.inputTransformer ? { InputTransformer: inputs.inputTransformer } : {}),
        ...(deadLetter.arn ? { DeadLetterConfig: { Arn: deadLetter.arn } } : {}),
        ...(inputs.retryPolicy
          ? {
              RetryPolicy: {
                MaximumRetryAttempts: retry.maximumRetryAttempts,
                MaximumEventAgeInSeconds: retry.maximumEventAgeInSeconds,
              },
            }
          : {}),
      };
      const input = {
        Rule: text(inputs, "rule"),
        EventBusName: optionalText(inputs.eventBusName) ?? "default",
        Targets: [target],
      };
      const answer = await call("events", "PutTargets", input, { region, principal: DEPLOYER });
      if (Number(answer.FailedEntryCount) > 0)
        throw new Error(`PutTargets failed: ${JSON.stringify(answer.FailedEntries)}`);
    },
  },
  "aws:cloudwatch/eventArchive:EventArchive": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "events", `archive/${name}`) } };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = {
        ArchiveName: text(inputs, "name"),
        EventSourceArn: text(inputs, "eventSourceArn"),
        ...(inputs.eventPattern ? { EventPattern: inputs.eventPattern } : {}),
        ...(inputs.retentionDays ? { RetentionDays: inputs.retentionDays } : {}),
      };
      await call("events", "CreateArchive", input, { region, principal: DEPLOYER });
    },
    except: "it takes events, but cannot be replayed yet",
    autoname: "name",
  },
};
