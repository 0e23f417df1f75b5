import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import type { ImageName } from "../../functions/contract.ts";
import { IMAGE_NAMES } from "../../functions/contract.ts";
import type { ImageRepository } from "../storage/image-repository.ts";
import { imageTag } from "../storage/lifecycle.ts";
import type { Bundles } from "./bundles.ts";
import { contentHash } from "./content-hash.ts";

/** The one Dockerfile of all functions, from the project's folder. */
export const DOCKERFILE = "functions/Dockerfile";

/** Where the build writes: an image whose files and layers carry no time of the build. */
const REPRODUCIBLE_EXPORT = "type=image,push=true,rewrite-timestamp=true";

export interface FunctionImagesArgs {
  bundles: Bundles;
  /** Every repository that takes each image. */
  repositories: readonly ImageRepository[];
}

export type ImageDigests = Readonly<Record<ImageName, pulumi.Output<string>>>;

/**
 * The functions' images: each built once, for arm64, without emulation (the Dockerfile's last stage only copies),
 * and pushed once with a tag in every region's repository. Functions are deployed by digest.
 */
export class FunctionImages extends pulumi.ComponentResource {
  readonly digests: ImageDigests;

  constructor(name: string, args: FunctionImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("trade-processing:functions:FunctionImages", name, {}, opts);
    const { bundles, repositories } = args;
    const digests = IMAGE_NAMES.map((imageName) => {
      const directory = bundles[imageName];
      const tag = imageTag(imageName, contentHash(directory, DOCKERFILE));
      const image = new dockerBuild.Image(
        `${name}-${imageName}`,
        {
          context: { location: directory },
          dockerfile: { location: DOCKERFILE },
          platforms: ["linux/arm64"],
          buildArgs: { SOURCE_DATE_EPOCH: "0" },
          tags: repositories.map((repository) => pulumi.interpolate`${repository.url}:${tag}`),
          registries: repositories.map((repository) => repository.login),
          exports: [{ raw: REPRODUCIBLE_EXPORT }],
          push: false,
          buildOnPreview: false,
        },
        { parent: this },
      );
      return [imageName, image.digest] as const;
    });
    this.digests = Object.fromEntries(digests) as Record<ImageName, pulumi.Output<string>>;
    this.registerOutputs({ digests: this.digests });
  }
}
