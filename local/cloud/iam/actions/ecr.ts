import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, regional, rows, texts } from "./table.ts";

/** Amazon Elastic Container Registry. */
const repository = (input: Json, at: Place) =>
  regional("ecr", at, `repository/${member(input, "repositoryName")}`);

export const ECR_ACTIONS: ActionTable = {
  ...rows("ecr", repository, "CreateRepository", "DeleteRepository", "DescribeImages", "ListImages"),
  ...rows("ecr", repository, "BatchGetImage", "BatchDeleteImage", "GetDownloadUrlForLayer"),
  ...rows("ecr", repository, "BatchCheckLayerAvailability", "PutImage", "InitiateLayerUpload"),
  ...rows("ecr", repository, "UploadLayerPart", "CompleteLayerUpload", "DescribeImageReplicationStatus"),
  ...rows("ecr", repository, "SetRepositoryPolicy", "GetRepositoryPolicy", "DeleteRepositoryPolicy"),
  ...rows("ecr", repository, "PutLifecyclePolicy", "GetLifecyclePolicy", "DeleteLifecyclePolicy"),
  ...rows("ecr", repository, "StartLifecyclePolicyPreview", "GetLifecyclePolicyPreview"),
  ...rows("ecr", repository, "PutImageTagMutability", "PutImageScanningConfiguration"),
  ...rows("ecr", repository, "StartImageScan", "DescribeImageScanFindings"),
  DescribeRepositories: (input, at) => {
    const names = texts(input.repositoryNames);
    return (names.length === 0 ? ["*"] : names).map((repositoryName) => ({
      action: "ecr:DescribeRepositories",
      resource: repository({ repositoryName }, at),
    }));
  },
  ...rows("ecr", (input) => member(input, "resourceArn"), "TagResource", "UntagResource"),
  ...rows("ecr", (input) => member(input, "resourceArn"), "ListTagsForResource"),
  ...rows("ecr", anything, "GetAuthorizationToken", "DescribeRegistry", "PutReplicationConfiguration"),
};
