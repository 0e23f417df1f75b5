import { pathToFileURL } from "node:url";
import { Input } from "../input.ts";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { noSuchImage, showImage } from "./describe.ts";
import { findImage, type Image, type ImageIdentifier, type Repository } from "./repository.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const MAXIMUM_PAGE = 1000;
const DEFAULT_PAGE = 100;
/** Amazon ECR API Reference, BatchGetImage and BatchDeleteImage. */
const MAXIMUM_IDENTIFIERS = 100;

/** The operations on the images of a repository. */
export function imageOperations(
  account: string,
  find: (json: Json, call: Call) => Repository,
): Record<string, Operation> {
  const images = (json: Json, repository: Repository): Image[] => {
    const status = parameters(parameters(json).record("filter"))
      .only(["tagStatus"])
      .optionalText("tagStatus", { oneOf: ["TAGGED", "UNTAGGED", "ANY"] });
    const isWanted = ({ tags }: Image): boolean =>
      status === undefined || status === "ANY" || tags.size > 0 === (status === "TAGGED");
    return [...repository.images.values()].filter(isWanted);
  };

  return {
    DescribeImages(json, call) {
      parameters(json).only([
        "registryId",
        "repositoryName",
        "imageIds",
        "filter",
        "maxResults",
        "nextToken",
      ]);
      const repository = find(json, call);
      const wanted = identifiers(json).map((identifier) => {
        const image = findImage(repository, identifier);
        if (!image) throw noSuchImage(repository, identifier);
        return image;
      });
      const { shown, token } = page(json, wanted.length > 0 ? wanted : images(json, repository));
      return { imageDetails: shown.map((image) => showImage(repository, image, account)), ...token };
    },
    ListImages(json, call) {
      parameters(json).only(["registryId", "repositoryName", "filter", "maxResults", "nextToken"]);
      const all = images(json, find(json, call)).flatMap(({ digest, tags }) =>
        tags.size > 0
          ? [...tags].map((imageTag) => ({ imageDigest: digest, imageTag }))
          : [{ imageDigest: digest }],
      );
      const { shown, token } = page(json, all);
      return { imageIds: shown, ...token };
    },
    BatchGetImage(json, call) {
      const input = parameters(json).only(["registryId", "repositoryName", "imageIds", "acceptedMediaTypes"]);
      const accepted = input.texts("acceptedMediaTypes");
      if (accepted.length > 0 && !accepted.includes(MANIFEST_TYPE))
        throw input.refuse("acceptedMediaTypes", accepted, `The local cloud has only ${MANIFEST_TYPE}`);
      const repository = find(json, call);
      const { found, failures } = search(json, repository);
      return {
        images: found.map(({ identifier, image }) => ({
          registryId: account,
          repositoryName: repository.name,
          imageId: { ...identifier, imageDigest: image.digest },
          imageManifest: manifestOf(image),
          imageManifestMediaType: MANIFEST_TYPE,
        })),
        failures,
      };
    },
    BatchDeleteImage(json, call) {
      parameters(json).only(["registryId", "repositoryName", "imageIds"]);
      const repository = find(json, call);
      const { found, failures } = search(json, repository);
      for (const { identifier, image } of found) {
        // A tag alone only loses the tag, unless it was the image's last.
        if (identifier.imageDigest === undefined && identifier.imageTag)
          image.tags.delete(identifier.imageTag);
        if (identifier.imageDigest !== undefined || image.tags.size === 0)
          repository.images.delete(image.digest);
      }
      const imageIds = found.map(({ identifier, image }) => ({ ...identifier, imageDigest: image.digest }));
      return { imageIds, failures };
    },
    GetDownloadUrlForLayer(json, call) {
      const input = parameters(json).only(["registryId", "repositoryName", "layerDigest"]);
      const layerDigest = input.text("layerDigest");
      const image = find(json, call).images.get(layerDigest);
      if (!image)
        throw new ServiceError(
          "LayersNotFoundException",
          `The layer with digest '${layerDigest}' does not exist in the registry with id '${account}'`,
        );
      return { downloadUrl: pathToFileURL(image.directory).href, layerDigest };
    },
    DescribeImageReplicationStatus(json, call) {
      const { repository, identifier, image } = single(json, call);
      return {
        repositoryName: repository.name,
        imageId: { ...identifier, imageDigest: image.digest },
        // Images are pushed to both regions' repositories; none is replicated.
        replicationStatuses: [],
      };
    },
    DescribeImageScanFindings(json, call) {
      const { repository, identifier, image } = single(json, call);
      throw new ServiceError(
        "ScanNotFoundException",
        `Image scan does not exist for the image with '{imageDigest:'${image.digest}', imageTag:'${identifier.imageTag ?? "null"}'}' ` +
          `in the repository with name '${repository.name}' in the registry with id '${account}': the local cloud scans nothing`,
      );
    },
  };

  function single(json: Json, call: Call) {
    const input = parameters(json).only([
      "registryId",
      "repositoryName",
      "imageId",
      "maxResults",
      "nextToken",
    ]);
    const repository = find(json, call);
    const identifier = identifierOf(input.record("imageId"));
    const image = findImage(repository, identifier);
    if (!image) throw noSuchImage(repository, identifier);
    return { repository, identifier, image };
  }
}

/** The images that a request names, and what the response says about those that are not there. */
function search(json: Json, repository: Repository) {
  const wanted = identifiers(json);
  if (wanted.length === 0 || wanted.length > MAXIMUM_IDENTIFIERS)
    throw parameters(json).refuse(
      "imageIds",
      wanted,
      `Member must have length from 1 to ${MAXIMUM_IDENTIFIERS}`,
    );
  const found: { identifier: ImageIdentifier; image: Image }[] = [];
  const failures: Json[] = [];
  for (const identifier of wanted) {
    const image = findImage(repository, identifier);
    if (image) found.push({ identifier, image });
    else
      failures.push({
        imageId: identifier,
        failureCode: "ImageNotFound",
        failureReason: "Requested image not found",
      });
  }
  return { found, failures };
}

/** What there is of a manifest: an image here is a folder, which stands for configuration and only layer. */
function manifestOf({ digest, bytes, command }: Image): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: bytes },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: bytes }],
    annotations: { command: command.join(" ") },
  });
}

function page<T>(json: Json, all: readonly T[]): { shown: T[]; token: Json } {
  const input = parameters(json);
  const limit = input.optionalInteger("maxResults", { minimum: 1, maximum: MAXIMUM_PAGE }) ?? DEFAULT_PAGE;
  const start = Number(input.optionalText("nextToken", { pattern: /^\d+$/ }) ?? 0);
  const end = start + limit;
  return { shown: all.slice(start, end), token: all.length > end ? { nextToken: String(end) } : {} };
}

/** The images that a request names. */
function identifiers(json: Json): ImageIdentifier[] {
  return parameters(json).records("imageIds").map(identifierOf);
}

function identifierOf(record: Json): ImageIdentifier {
  const input = parameters(record).only(["imageDigest", "imageTag"]);
  const imageDigest = input.optionalText("imageDigest");
  const imageTag = input.optionalText("imageTag");
  return { ...(imageDigest ? { imageDigest } : {}), ...(imageTag ? { imageTag } : {}) };
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterException");
}
