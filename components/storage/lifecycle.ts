import type { ImageName } from "../../functions/contract.ts";
import { IMAGE_NAMES } from "../../functions/contract.ts";
import { IMAGES_KEPT } from "../standards.ts";

/** Tag of a function's image: its name, then what it was built from. */
export function imageTag(name: ImageName, contentHash: string): string {
  return `${name}-${contentHash}`;
}

/**
 * Keeps the last images of each function. One rule a function, by tag: a rule over all images would let one
 * function's builds push out the image that another still runs.
 */
export function lifecyclePolicy() {
  return {
    rules: IMAGE_NAMES.map((name, index) => ({
      rulePriority: index + 1,
      description: `Keep the last ${IMAGES_KEPT} images of ${name}`,
      selection: {
        tagStatus: "tagged",
        tagPatternList: [imageTag(name, "*")],
        countType: "imageCountMoreThan",
        countNumber: IMAGES_KEPT,
      },
      action: { type: "expire" },
    })),
  };
}
