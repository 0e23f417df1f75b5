import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import { KEY_DELETION_DAYS } from "../standards.ts";
import { keyPolicy } from "./key-policy.ts";

/** The customer key of a region, rotated every year. */
export class CustomerKey extends pulumi.ComponentResource {
  readonly keyArn: pulumi.Output<string>;

  constructor(name: string, args: { context: RegionContext }, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:CustomerKey", name, {}, opts);
    const { region, names, account, arns } = args.context;
    const key = new aws.kms.Key(
      `${name}-key`,
      {
        description: `Trade processing data in ${region}`,
        enableKeyRotation: true,
        deletionWindowInDays: KEY_DELETION_DAYS,
        policy: pulumi
          .all([account, arns])
          .apply(([id, known]) => JSON.stringify(keyPolicy({ account: id, region, arns: known }))),
      },
      { parent: this },
    );
    new aws.kms.Alias(`${name}-alias`, { name: names.keyAlias, targetKeyId: key.keyId }, { parent: this });
    this.keyArn = key.arn;
    this.registerOutputs({ keyArn: this.keyArn });
  }
}
