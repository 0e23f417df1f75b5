import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PolicyDocument } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";
import type { RegionContext } from "../region-context.ts";
import { lifecyclePolicy } from "./lifecycle.ts";

export interface ImageRepositoryArgs {
  context: RegionContext;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
}

/** How to push to a region's registry. */
export interface RegistryLogin {
  address: pulumi.Output<string>;
  username: pulumi.Output<string>;
  password: pulumi.Output<string>;
}

/** The repository of the functions' images in a region. */
export class ImageRepository extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly login: RegistryLogin;

  constructor(name: string, args: ImageRepositoryArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:ImageRepository", name, {}, opts);
    const repository = new aws.ecr.Repository(
      `${name}-repository`,
      {
        name: args.context.names.repository,
        forceDelete: true,
        imageScanningConfiguration: { scanOnPush: true },
        // Functions are deployed by digest; a rebuild may move a tag.
        imageTagMutability: "MUTABLE",
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.keyArn }],
      },
      { parent: this },
    );
    new aws.ecr.LifecyclePolicy(
      `${name}-lifecycle`,
      { repository: repository.name, policy: JSON.stringify(lifecyclePolicy()) },
      { parent: this },
    );
    // Lambda would write such a policy itself, at the first function; three at once would race for it.
    const policy = new aws.ecr.RepositoryPolicy(
      `${name}-policy`,
      {
        repository: repository.name,
        policy: args.context.arns.apply(({ functions }) =>
          JSON.stringify(repositoryPolicy(Object.values(functions))),
        ),
      },
      { parent: this },
    );
    const token = aws.ecr.getAuthorizationTokenOutput({}, { parent: this });
    // Whoever uses the repository waits for its policy.
    this.url = pulumi.all([repository.repositoryUrl, policy.id]).apply(([url]) => url);
    this.login = {
      address: token.proxyEndpoint,
      username: token.userName,
      password: pulumi.secret(token.password),
    };
    this.registerOutputs({ url: this.url });
  }
}

/** Lets Lambda pull the images of these functions (Lambda Developer Guide, "Amazon ECR permissions"). */
function repositoryPolicy(functionArns: string[]): PolicyDocument {
  return policyDocument([
    {
      Sid: "LambdaPullsImages",
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Condition: { ArnLike: { "aws:SourceArn": functionArns.flatMap((arn) => [arn, `${arn}:*`]) } },
    },
  ]);
}
