import { checkPolicy } from "../cloud/iam/policy.ts";
import { isJson } from "../cloud/input.ts";
import { RETENTION_DAYS } from "../cloud/logs/service.ts";
import type { Properties } from "../program/wire.ts";
import { ALARM } from "./alarms.ts";
import { matching, oneOf, refused } from "./checks.ts";
import { drift } from "./drift.ts";
import { HEALTH_CHECK } from "./health-checks.ts";
import type { ProviderPorts, ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, given, record, tagChanges, text, unlessGone } from "./resource-type.ts";

interface Of {
  readonly inputs: Properties;
  readonly region: string;
}

/** Sets a group's retention; 0 and nothing at all keep its lines for ever, as the provider has it. */
async function setRetention(request: Of, { call }: ProviderPorts): Promise<void> {
  const logGroupName = text(request.inputs, "name");
  const retentionInDays = Number(request.inputs.retentionInDays ?? 0);
  if (retentionInDays > 0)
    await call("logs", "PutRetentionPolicy", { logGroupName, retentionInDays }, deployer(request));
  else await call("logs", "DeleteRetentionPolicy", { logGroupName }, deployer(request));
}

async function putResourcePolicy(request: Of, { call }: ProviderPorts): Promise<void> {
  const { policyName, policyDocument } = request.inputs;
  await call("logs", "PutResourcePolicy", { policyName, policyDocument }, deployer(request));
}

const LOG_GROUP: ResourceType = {
  describe: (request) => {
    const name = text(request.inputs, "name");
    return { id: name, outputs: { arn: arn(request, "logs", `log-group:${name}`) } };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^[.\-_/#A-Za-z0-9]{1,512}$/),
      retentionInDays: (days) => oneOf([0, ...RETENTION_DAYS])(Number(days)),
    }),
  create: async (request, ports) => {
    const { inputs } = request;
    const tags = record(inputs.tags);
    const input = { logGroupName: text(inputs, "name"), tags, ...given(inputs, { kmsKeyId: "kmsKeyId" }) };
    await ports.call("logs", "CreateLogGroup", input, deployer(request));
    if (inputs.retentionInDays !== undefined) await setRetention(request, ports);
  },
  replacedBy: ["name", "namePrefix", "logGroupClass"],
  update: async (request, ports) => {
    const { inputs, changed, outputs } = request;
    const from = deployer(request);
    const logGroupName = request.id;
    if (changed.includes("retentionInDays")) await setRetention(request, ports);
    if (changed.includes("kmsKeyId"))
      if (inputs.kmsKeyId)
        await ports.call("logs", "AssociateKmsKey", { logGroupName, kmsKeyId: inputs.kmsKeyId }, from);
      else await ports.call("logs", "DisassociateKmsKey", { logGroupName }, from);
    const resourceArn = String(outputs.arn);
    const { put, gone } = tagChanges(request.before, inputs);
    if (Object.keys(put).length > 0)
      await ports.call("logs", "TagResource", { resourceArn, tags: put }, from);
    if (gone.length > 0) await ports.call("logs", "UntagResource", { resourceArn, tagKeys: gone }, from);
  },
  delete: async (request, { call }) => {
    if (request.inputs.skipDestroy === true) return;
    await unlessGone(call("logs", "DeleteLogGroup", { logGroupName: request.id }, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const answer = await call("logs", "DescribeLogGroups", { logGroupNamePrefix: id }, deployer(request));
    const groups = Array.isArray(answer.logGroups) ? answer.logGroups.filter(isJson) : [];
    const found = groups.find(({ logGroupName }) => logGroupName === id);
    if (!found) return undefined;
    const { retentionInDays, kmsKeyId } = found;
    return { inputs: drift(inputs, { retentionInDays, kmsKeyId }, { retentionInDays: 0 }) };
  },
  autoname: "name",
};

/** Amazon CloudWatch metrics and logs. */
export const MONITORING_TYPES: ResourceTypes = {
  "aws:cloudwatch/logGroup:LogGroup": LOG_GROUP,
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "policyName"), outputs: {} }),
    check: (inputs) => refused(inputs, { policyDocument: (document) => checkPolicy(document, "resource") }),
    create: putResourcePolicy,
    replacedBy: ["policyName"],
    update: putResourcePolicy,
    delete: async (request, { call }) => {
      await unlessGone(call("logs", "DeleteResourcePolicy", { policyName: request.id }, deployer(request)));
    },
    read: async (request, { call }) => {
      const answer = await call("logs", "DescribeResourcePolicies", {}, deployer(request));
      const policies = Array.isArray(answer.resourcePolicies) ? answer.resourcePolicies.filter(isJson) : [];
      const found = policies.find(({ policyName }) => policyName === request.id);
      return found && { inputs: drift(request.inputs, { policyDocument: found.policyDocument }) };
    },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": ALARM,
  "aws:route53/healthCheck:HealthCheck": HEALTH_CHECK,
};
