import { validPattern } from "../cloud/events/rules.ts";
import type { Properties } from "../program/wire.ts";
import { matching, oneOf, refused, whole } from "./checks.ts";
import { drift, taken } from "./drift.ts";
import { EVENT_ENDPOINT } from "./event-endpoints.ts";
import { busName, TARGET } from "./event-targets.ts";
import type { ExistingRequest, ProviderPorts, ResourceTypes } from "./resource-type.ts";
import {
  arn,
  deployer,
  given,
  optionalText,
  tagChanges,
  tagList,
  text,
  unlessGone,
} from "./resource-type.ts";

const BUS_SETTINGS = { description: "Description", kmsKeyIdentifier: "KmsKeyIdentifier" } as const;
const ARCHIVE_SETTINGS = {
  ...{ description: "Description", eventPattern: "EventPattern" },
  ...{ retentionDays: "RetentionDays", kmsKeyIdentifier: "KmsKeyIdentifier" },
} as const;

function ruleInput(inputs: Properties) {
  return {
    Name: text(inputs, "name"),
    EventBusName: busName(inputs),
    EventPattern: text(inputs, "eventPattern"),
    State: optionalText(inputs.state) ?? "ENABLED",
    Description: optionalText(inputs.description) ?? "",
    ...given(inputs, { roleArn: "RoleArn" }),
  };
}

/** Amazon EventBridge. */
export const EVENT_TYPES: ResourceTypes = {
  "aws:cloudwatch/eventBus:EventBus": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "events", `event-bus/${name}`) } };
    },
    check: (inputs) => refused(inputs, { name: matching(/^[.\-_A-Za-z0-9]{1,256}$/) }),
    create: async (request, { call }) => {
      const { inputs } = request;
      const input = { Name: text(inputs, "name"), Tags: tagList(inputs), ...given(inputs, BUS_SETTINGS) };
      await call("events", "CreateEventBus", input, deployer(request));
    },
    replacedBy: ["name", "eventSourceName"],
    update: async (request, { call }) => {
      const { id, inputs, outputs } = request;
      const input = { Name: id, Description: "", KmsKeyIdentifier: "", ...given(inputs, BUS_SETTINGS) };
      await call("events", "UpdateEventBus", input, deployer(request));
      await tag(request, String(outputs.arn), call);
    },
    delete: async (request, { call }) => {
      await unlessGone(call("events", "DeleteEventBus", { Name: request.id }, deployer(request)));
    },
    read: async (request, { call }) => {
      const { id, inputs } = request;
      const bus = await unlessGone(call("events", "DescribeEventBus", { Name: id }, deployer(request)));
      const { Description, KmsKeyIdentifier } = bus ?? {};
      return (
        bus && { inputs: drift(inputs, { description: Description, kmsKeyIdentifier: KmsKeyIdentifier }) }
      );
    },
    autoname: "name",
  },
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": {
    describe: ({ inputs }) => ({ id: busName(inputs), outputs: {} }),
    create: putBusPolicy,
    replacedBy: ["eventBusName"],
    update: putBusPolicy,
    delete: async (request, { call }) => {
      const input = { EventBusName: request.id, RemoveAllPermissions: true };
      await unlessGone(call("events", "RemovePermission", input, deployer(request)));
    },
    read: async (request, { call }) => {
      const bus = await unlessGone(
        call("events", "DescribeEventBus", { Name: request.id }, deployer(request)),
      );
      return bus?.Policy === undefined
        ? undefined
        : { inputs: drift(request.inputs, { policy: bus.Policy }) };
    },
  },
  "aws:cloudwatch/eventRule:EventRule": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const bus = busName(request.inputs);
      const path = bus === "default" ? name : `${bus}/${name}`;
      return { id: path, outputs: { arn: arn(request, "events", `rule/${path}`) } };
    },
    check: (inputs) =>
      refused(inputs, {
        name: matching(/^[.\-_A-Za-z0-9]{1,64}$/),
        eventPattern: (pattern) => validPattern(String(pattern)),
        state: oneOf(["ENABLED", "DISABLED"]),
      }),
    create: async (request, { call }) => {
      const input = { ...ruleInput(request.inputs), Tags: tagList(request.inputs) };
      await call("events", "PutRule", input, deployer(request));
    },
    replacedBy: ["name", "namePrefix", "eventBusName"],
    update: async (request, { call }) => {
      await call("events", "PutRule", ruleInput(request.inputs), deployer(request));
      await tag(request, String(request.outputs.arn), call);
    },
    delete: async (request, { call }) => {
      const { inputs } = request;
      const input = { Name: text(inputs, "name"), EventBusName: busName(inputs) };
      await unlessGone(call("events", "DeleteRule", input, deployer(request)));
    },
    read: async (request, { call }) => {
      const { inputs } = request;
      const input = { Name: text(inputs, "name"), EventBusName: busName(inputs) };
      const rule = await unlessGone(call("events", "DescribeRule", input, deployer(request)));
      return (
        rule && {
          inputs: drift(
            inputs,
            {
              ...{ eventPattern: rule.EventPattern, description: rule.Description },
              ...{ state: rule.State, roleArn: rule.RoleArn },
            },
            { state: "ENABLED" },
          ),
        }
      );
    },
    autoname: "name",
  },
  "aws:cloudwatch/eventEndpoint:EventEndpoint": EVENT_ENDPOINT,
  "aws:cloudwatch/eventTarget:EventTarget": TARGET,
  "aws:cloudwatch/eventArchive:EventArchive": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "events", `archive/${name}`) } };
    },
    check: (inputs) =>
      refused(inputs, {
        name: matching(/^[.\-_A-Za-z0-9]{1,48}$/),
        eventPattern: (pattern) => validPattern(String(pattern)),
        retentionDays: whole(0, Number.MAX_SAFE_INTEGER),
      }),
    create: async (request, { call }) => {
      const { inputs } = request;
      const input = { ArchiveName: text(inputs, "name"), EventSourceArn: text(inputs, "eventSourceArn") };
      await call(
        "events",
        "CreateArchive",
        { ...input, ...given(inputs, ARCHIVE_SETTINGS) },
        deployer(request),
      );
    },
    replacedBy: ["name", "eventSourceArn"],
    update: async (request, { call }) => {
      const input = { ArchiveName: request.id, RetentionDays: 0, ...given(request.inputs, ARCHIVE_SETTINGS) };
      await call("events", "UpdateArchive", input, deployer(request));
    },
    delete: async (request, { call }) => {
      await unlessGone(call("events", "DeleteArchive", { ArchiveName: request.id }, deployer(request)));
    },
    read: async (request, { call }) => {
      const { id, inputs } = request;
      const archive = await unlessGone(
        call("events", "DescribeArchive", { ArchiveName: id }, deployer(request)),
      );
      if (!archive) return undefined;
      const none = Object.fromEntries(Object.keys(ARCHIVE_SETTINGS).map((input) => [input, undefined]));
      const found = { ...taken(archive, ARCHIVE_SETTINGS), eventSourceArn: archive.EventSourceArn };
      return { inputs: drift(inputs, { ...none, ...found }, { retentionDays: 0 }) };
    },
    autoname: "name",
  },
};

async function putBusPolicy(
  request: Pick<ExistingRequest, "inputs" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const input = { EventBusName: busName(request.inputs), Policy: text(request.inputs, "policy") };
  await call("events", "PutPermission", input, deployer(request));
}

async function tag(
  request: { inputs: Properties; before: Properties; region: string },
  ResourceARN: string,
  call: ProviderPorts["call"],
): Promise<void> {
  const { put, gone } = tagChanges(request.before, request.inputs);
  if (Object.keys(put).length > 0)
    await call("events", "TagResource", { ResourceARN, Tags: tagList({ tags: put }) }, deployer(request));
  if (gone.length > 0)
    await call("events", "UntagResource", { ResourceARN, TagKeys: gone }, deployer(request));
}
