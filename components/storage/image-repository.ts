import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
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
    const token = aws.ecr.getAuthorizationTokenOutput({}, { parent: this });
    this.url = repository.repositoryUrl;
    this.login = {
      address: token.proxyEndpoint,
      username: token.userName,
      password: pulumi.secret(token.password),
    };
    this.registerOutputs({ url: this.url });
  }
}
