import { checkPolicy } from "../cloud/iam/policy.ts";
import { isJson } from "../cloud/input.ts";
import { matching, oneOf, refused } from "./checks.ts";
import { drift } from "./drift.ts";
import { IMAGE } from "./images.ts";
import type { ExistingRequest, ProviderPorts, ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, list, record, tagChanges, tagList, text, unlessGone } from "./resource-type.ts";

/** Replaces all of the registry's replication rules. */
async function putReplication(
  request: Pick<ExistingRequest, "inputs" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const { rules } = record(request.inputs.replicationConfiguration);
  const input = { replicationConfiguration: { rules: list(rules) } };
  await call("ecr", "PutReplicationConfiguration", input, deployer(request));
}

async function putRepositoryPolicy(
  request: Pick<ExistingRequest, "inputs" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const { inputs } = request;
  const input = { repositoryName: text(inputs, "repository"), policyText: text(inputs, "policy") };
  await call("ecr", "SetRepositoryPolicy", input, deployer(request));
}

const REPOSITORY: ResourceType = {
  describe: (request) => {
    const name = text(request.inputs, "name");
    return {
      id: name,
      outputs: {
        arn: arn(request, "ecr", `repository/${name}`),
        registryId: request.account,
        repositoryUrl: `${request.account}.dkr.ecr.${request.region}.amazonaws.com/${name}`,
      },
    };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^(?=.{2,256}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
      imageTagMutability: oneOf(["MUTABLE", "IMMUTABLE"]),
    }),
  create: async (request, { call }) => {
    const { inputs } = request;
    const [encryption] = list(inputs.encryptionConfigurations).map(record);
    const input = {
      repositoryName: text(inputs, "name"),
      tags: tagList(inputs),
      imageTagMutability: inputs.imageTagMutability,
      imageScanningConfiguration: inputs.imageScanningConfiguration,
      ...(encryption
        ? {
            encryptionConfiguration: {
              encryptionType: encryption.encryptionType ?? "AES256",
              ...(encryption.kmsKey ? { kmsKey: encryption.kmsKey } : {}),
            },
          }
        : {}),
    };
    await call("ecr", "CreateRepository", input, deployer(request));
  },
  replacedBy: ["name", "encryptionConfigurations"],
  update: async (request, { call }) => {
    const { id: repositoryName, inputs, changed, outputs } = request;
    const from = deployer(request);
    const imageTagMutability = inputs.imageTagMutability ?? "MUTABLE";
    if (changed.includes("imageTagMutability"))
      await call("ecr", "PutImageTagMutability", { repositoryName, imageTagMutability }, from);
    const scanOnPush = record(inputs.imageScanningConfiguration).scanOnPush === true;
    if (changed.includes("imageScanningConfiguration")) {
      const input = { repositoryName, imageScanningConfiguration: { scanOnPush } };
      await call("ecr", "PutImageScanningConfiguration", input, from);
    }
    const { put, gone } = tagChanges(request.before, inputs);
    const resourceArn = String(outputs.arn);
    const tags = tagList({ tags: put });
    if (tags.length > 0) await call("ecr", "TagResource", { resourceArn, tags }, from);
    if (gone.length > 0) await call("ecr", "UntagResource", { resourceArn, tagKeys: gone }, from);
  },
  delete: async (request, { call }) => {
    const input = { repositoryName: request.id, force: request.inputs.forceDelete === true };
    await unlessGone(call("ecr", "DeleteRepository", input, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const input = { repositoryNames: [id] };
    const answer = await unlessGone(call("ecr", "DescribeRepositories", input, deployer(request)));
    const [found] = Array.isArray(answer?.repositories) ? answer.repositories.filter(isJson) : [];
    const { imageTagMutability, imageScanningConfiguration } = found ?? {};
    const defaults = { imageTagMutability: "MUTABLE", imageScanningConfiguration: { scanOnPush: false } };
    return found && { inputs: drift(inputs, { imageTagMutability, imageScanningConfiguration }, defaults) };
  },
  autoname: "name",
};

/** Amazon ECR, and the images that docker-build pushes to it. */
export const REGISTRY_TYPES: ResourceTypes = {
  "aws:ecr/repository:Repository": REPOSITORY,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    describe: ({ inputs, account }) => ({ id: text(inputs, "repository"), outputs: { registryId: account } }),
    check: (inputs) => refused(inputs, { policy: (policy) => JSON.parse(String(policy)) }),
    replacedBy: ["repository"],
    inert: "images are kept for as long as the local cloud runs",
  },
  "aws:ecr/repositoryPolicy:RepositoryPolicy": {
    describe: ({ inputs, account }) => ({ id: text(inputs, "repository"), outputs: { registryId: account } }),
    check: (inputs) => refused(inputs, { policy: (policy) => checkPolicy(policy, "resource") }),
    create: putRepositoryPolicy,
    replacedBy: ["repository"],
    update: putRepositoryPolicy,
    delete: async (request, { call }) => {
      const input = { repositoryName: request.id };
      await unlessGone(call("ecr", "DeleteRepositoryPolicy", input, deployer(request)));
    },
    read: async (request, { call }) => {
      const input = { repositoryName: request.id };
      const found = await unlessGone(call("ecr", "GetRepositoryPolicy", input, deployer(request)));
      return found && { inputs: drift(request.inputs, { policy: found.policyText }) };
    },
  },
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": {
    describe: ({ account }) => ({ id: account, outputs: { registryId: account } }),
    create: putReplication,
    update: putReplication,
    delete: async (request, { call }) => {
      const none = { replicationConfiguration: { rules: [] } };
      await call("ecr", "PutReplicationConfiguration", none, deployer(request));
    },
    read: async (request, { call }) => {
      const { replicationConfiguration: now } = await call("ecr", "DescribeRegistry", {}, deployer(request));
      const isThere = isJson(now) && Array.isArray(now.rules) && now.rules.length > 0;
      return isThere ? { inputs: drift(request.inputs, { replicationConfiguration: now }) } : undefined;
    },
    except: "images are not copied; they are pushed to both regions' repositories",
  },
  "docker-build:index:Image": IMAGE,
};
