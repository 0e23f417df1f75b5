import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Image, ImageIdentifier, Repository } from "./repository.ts";

/** A repository as DescribeRepositories shows it. */
export function showRepository(repository: Repository, account: string): Json {
  return {
    repositoryArn: repository.arn,
    registryId: account,
    repositoryName: repository.name,
    repositoryUri: repository.uri,
    createdAt: repository.createdAt / 1000,
    imageTagMutability: repository.tagMutability,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  };
}

/** An image as DescribeImages shows it. */
export function showImage(repository: Repository, image: Image, account: string): Json {
  return {
    registryId: account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(image.tags.size > 0 ? { imageTags: [...image.tags] } : {}),
    imageSizeInBytes: image.bytes,
    imagePushedAt: image.pushedAt / 1000,
  };
}

/** The error for an image that is not in a repository. */
export function noSuchImage(repository: Repository, wanted: ImageIdentifier): ServiceError {
  return new ServiceError(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${wanted.imageDigest ?? "null"}', imageTag:'${wanted.imageTag ?? "null"}'} ` +
      `does not exist within the repository with name '${repository.name}'`,
  );
}
