import { Input, tagList } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { keepDirectory } from "./content.ts";
import { showRepository } from "./describe.ts";
import { imageOperations } from "./images.ts";
import { policyOperations } from "./policies.ts";
import { registryOperations } from "./registry.ts";
import { findImage, type ImageIdentifier, type Repository } from "./repository.ts";

/** What is pushed: a folder and the command that runs in it. */
export interface PushedImage {
  region: string;
  repositoryName: string;
  tags: readonly string[];
  /** `sha256:` and 64 hexadecimal digits. */
  digest: string;
  /** Folder whose content becomes the image; it is copied. */
  directory: string;
  command: readonly string[];
  /** It carries the Lambda Insights agent. */
  hasInsights?: boolean;
}

/** What an image runs. */
export interface ResolvedImage {
  directory: string;
  command: readonly string[];
  hasInsights: boolean;
}

/** ECR: repositories, and images that are folders on this machine. */
export interface EcrService extends Service {
  /** Adds an image; one that is already there only gets the tags. Gives its URI by digest. */
  pushImage(image: PushedImage): Promise<string>;
  /**
   * The content of `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@<digest>` or `:<tag>`. Throws
   * InvalidParameterValueException as Lambda does for an image that is not there.
   */
  resolveImage(imageUri: string): ResolvedImage;
}

const REPOSITORY_NAME = {
  minimum: 2,
  maximum: 256,
  pattern: /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
};
/** Amazon ECR API Reference, GetAuthorizationToken: 12 hours. Nothing here asks for the token. */
const TOKEN_MILLISECONDS = 43_200_000;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IMAGE_URI =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@:]+)(?:@(sha256:[0-9a-f]{64})|:([^@:]+))?$/;

/** `stateDirectory` is the folder that images are kept in; it is made when needed. */
export function createEcr(surroundings: Surroundings, stateDirectory: string): EcrService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Repository>());

  const find = (name: string, region: string): Repository => {
    const repository = regions.of(region).get(name);
    if (!repository)
      throw new ServiceError(
        "RepositoryNotFoundException",
        `The repository with name '${name}' does not exist in the registry with id '${account}'`,
      );
    return repository;
  };
  const named = (json: Json, call: Call): Repository =>
    find(parameters(json).text("repositoryName", REPOSITORY_NAME), call.region);
  const tagged = (json: Json, call: Call): Repository =>
    find(parameters(json).text("resourceArn").split(":repository/")[1] ?? "", call.region);

  const byArn = (arn: string): Repository | undefined =>
    regions.of(arn.split(":")[3] ?? "").get(arn.split(":repository/")[1] ?? "");

  return {
    name: "ecr",
    resourcePolicy: (arn) => byArn(arn)?.policy,
    encryptionKey: (arn) => {
      const key = byArn(arn)?.encryption.kmsKey;
      return typeof key === "string" ? key : undefined;
    },
    async pushImage(image) {
      const repository = find(image.repositoryName, image.region);
      if (!DIGEST.test(image.digest))
        throw new ServiceError(
          "InvalidParameterException",
          `digest is "${image.digest}"; it must match ${DIGEST.source}`,
        );
      for (const tag of image.tags) {
        const holder = findImage(repository, { imageTag: tag });
        if (!TAG.test(tag))
          throw new ServiceError("InvalidParameterException", `tag is "${tag}"; it must match ${TAG.source}`);
        if (holder && holder.digest !== image.digest && repository.tagMutability === "IMMUTABLE")
          throw new ServiceError(
            "ImageTagAlreadyExistsException",
            `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be ` +
              "overwritten because the repository is immutable.",
          );
      }
      let stored = repository.images.get(image.digest);
      if (!stored) {
        const kept = await keepDirectory(image.directory, stateDirectory, image.digest);
        stored = {
          ...kept,
          digest: image.digest,
          tags: new Set(),
          command: [...image.command],
          hasInsights: image.hasInsights === true,
          pushedAt: clock.now(),
        };
        repository.images.set(image.digest, stored);
      }
      for (const other of repository.images.values()) for (const tag of image.tags) other.tags.delete(tag);
      for (const tag of image.tags) stored.tags.add(tag);
      return `${repository.uri}@${image.digest}`;
    },
    resolveImage(imageUri) {
      const [, owner, region = "", name = "", imageDigest, imageTag] = IMAGE_URI.exec(imageUri) ?? [];
      const repository = owner === account ? regions.of(region).get(name) : undefined;
      const wanted: ImageIdentifier = imageDigest ? { imageDigest } : { imageTag: imageTag ?? "latest" };
      const image = repository && findImage(repository, wanted);
      if (!image)
        throw new ServiceError(
          "InvalidParameterValueException",
          `Source image ${imageUri} does not exist. Provide a valid source image.`,
        );
      return { directory: image.directory, command: image.command, hasInsights: image.hasInsights };
    },
    operations: {
      ...policyOperations(named, account),
      ...registryOperations(account),
      CreateRepository(json, call) {
        const input = parameters(json);
        const name = input.text("repositoryName", REPOSITORY_NAME);
        const repositories = regions.of(call.region);
        if (repositories.has(name))
          throw new ServiceError(
            "RepositoryAlreadyExistsException",
            `The repository with name '${name}' already exists in the registry with id '${account}'`,
          );
        const repository: Repository = {
          name,
          arn: `arn:aws:ecr:${call.region}:${account}:repository/${name}`,
          uri: `${account}.dkr.ecr.${call.region}.amazonaws.com/${name}`,
          createdAt: clock.now(),
          tagMutability:
            input.optionalText("imageTagMutability", { oneOf: ["MUTABLE", "IMMUTABLE"] }) ?? "MUTABLE",
          scanOnPush: parameters(input.record("imageScanningConfiguration")).flag("scanOnPush"),
          encryption: input.has("encryptionConfiguration")
            ? input.record("encryptionConfiguration")
            : { encryptionType: "AES256" },
          tags: input.tags("tags"),
          lifecyclePolicy: undefined,
          policy: undefined,
          images: new Map(),
        };
        repositories.set(name, repository);
        return { repository: showRepository(repository, account) };
      },
      DeleteRepository(json, call) {
        const repository = named(json, call);
        if (repository.images.size > 0 && !parameters(json).flag("force"))
          throw new ServiceError(
            "RepositoryNotEmptyException",
            `The repository with name '${repository.name}' in registry with id '${account}' cannot be deleted ` +
              "because it still contains images",
          );
        regions.of(call.region).delete(repository.name);
        return { repository: showRepository(repository, account) };
      },
      DescribeRepositories(json, call) {
        const names = parameters(json).texts("repositoryNames");
        const found =
          names.length > 0
            ? names.map((name) => find(name, call.region))
            : [...regions.of(call.region).values()];
        return { repositories: found.map((repository) => showRepository(repository, account)) };
      },
      ...imageOperations(account, named),
      GetAuthorizationToken(json, call) {
        parameters(json).only(["registryIds"]);
        const password = Buffer.from(JSON.stringify({ principal: call.principal, region: call.region }));
        return {
          authorizationData: [
            {
              authorizationToken: Buffer.from(`AWS:${password.toString("base64")}`).toString("base64"),
              expiresAt: (clock.now() + TOKEN_MILLISECONDS) / 1000,
              proxyEndpoint: `https://${account}.dkr.ecr.${call.region}.amazonaws.com`,
            },
          ],
        };
      },
      PutImageTagMutability(json, call) {
        const repository = named(json, call);
        const input = parameters(json).only(["registryId", "repositoryName", "imageTagMutability"]);
        repository.tagMutability = input.text("imageTagMutability", { oneOf: ["MUTABLE", "IMMUTABLE"] });
        return {
          ...{ registryId: account, repositoryName: repository.name },
          imageTagMutability: repository.tagMutability,
        };
      },
      PutImageScanningConfiguration(json, call) {
        const repository = named(json, call);
        const input = parameters(json).only(["registryId", "repositoryName", "imageScanningConfiguration"]);
        const { scanOnPush } = repository;
        const given = parameters(input.record("imageScanningConfiguration")).only(["scanOnPush"]);
        repository.scanOnPush = given.has("scanOnPush") ? given.flag("scanOnPush") : scanOnPush;
        return {
          ...{ registryId: account, repositoryName: repository.name },
          imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
        };
      },
      PutLifecyclePolicy(json, call) {
        const repository = named(json, call);
        repository.lifecyclePolicy = parameters(json).text("lifecyclePolicyText", {
          minimum: 100,
          maximum: 30_720,
        });
        return {
          registryId: account,
          repositoryName: repository.name,
          lifecyclePolicyText: repository.lifecyclePolicy,
        };
      },
      GetLifecyclePolicy(json, call) {
        const { name, lifecyclePolicy } = named(json, call);
        if (lifecyclePolicy === undefined)
          throw new ServiceError(
            "LifecyclePolicyNotFoundException",
            `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
          );
        return { registryId: account, repositoryName: name, lifecyclePolicyText: lifecyclePolicy };
      },
      DeleteLifecyclePolicy(json, call) {
        named(json, call).lifecyclePolicy = undefined;
      },
      ListTagsForResource: (json, call) => ({ tags: tagList(tagged(json, call).tags) }),
      TagResource(json, call) {
        Object.assign(tagged(json, call).tags, parameters(json).tags("tags"));
      },
      UntagResource(json, call) {
        const { tags } = tagged(json, call);
        for (const key of parameters(json).texts("tagKeys")) delete tags[key];
      },
    },
  };
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterException");
}
