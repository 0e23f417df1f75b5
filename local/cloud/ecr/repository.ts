/** An image: what runs, and under which digest and tags it is known. */
export interface Image {
  /** `sha256:…`. */
  readonly digest: string;
  readonly tags: Set<string>;
  /** Folder that holds the image's content, never changed. */
  readonly directory: string;
  readonly command: readonly string[];
  /** It carries the Lambda Insights agent. */
  readonly hasInsights: boolean;
  /** Milliseconds since the epoch. */
  readonly pushedAt: number;
  readonly bytes: number;
}

export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly uri: string;
  readonly createdAt: number;
  tagMutability: string;
  scanOnPush: boolean;
  readonly encryption: Record<string, unknown>;
  readonly tags: Record<string, string>;
  lifecyclePolicy: string | undefined;
  /** JSON text: who else may use it. */
  policy: string | undefined;
  /** By digest. */
  readonly images: Map<string, Image>;
}

/** Which image is meant: by digest, by tag, or both. */
export interface ImageIdentifier {
  imageDigest?: string;
  imageTag?: string;
}

/** The image that an identifier names; undefined if there is none, or if digest and tag disagree. */
export function findImage(
  repository: Repository,
  { imageDigest, imageTag }: ImageIdentifier,
): Image | undefined {
  if (imageDigest !== undefined) {
    const image = repository.images.get(imageDigest);
    return imageTag === undefined || image?.tags.has(imageTag) ? image : undefined;
  }
  return [...repository.images.values()].find((image) => imageTag !== undefined && image.tags.has(imageTag));
}
