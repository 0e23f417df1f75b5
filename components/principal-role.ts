import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { identityPolicy, PRINCIPAL_SERVICES } from "./iam.ts";
import type { Principal } from "./naming.ts";
import { roleName } from "./naming.ts";
import { trustPolicy } from "./policy-document.ts";
import type { RegionContext } from "./region-context.ts";

export interface PrincipalRoleArgs {
  /** Row key of the IAM table, which gives the role its policy. */
  principal: Principal;
  context: RegionContext;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
}

/** The role of a principal, with exactly the permissions of the IAM table. */
export class PrincipalRole extends pulumi.ComponentResource {
  readonly role: aws.iam.Role;
  /** What uses the role waits for this, else its first calls are refused. */
  readonly policy: aws.iam.RolePolicy;

  constructor(name: string, args: PrincipalRoleArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:iam:PrincipalRole", name, {}, opts);
    const { principal, context, keyArn } = args;
    const { region, settings, arns, account } = context;
    this.role = new aws.iam.Role(
      `${name}-role`,
      {
        name: roleName(principal, settings.environmentSuffix, region),
        assumeRolePolicy: account.apply((known) =>
          JSON.stringify(trustPolicy(PRINCIPAL_SERVICES[principal], known)),
        ),
      },
      { parent: this },
    );
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        role: this.role.name,
        policy: pulumi
          .all([arns, keyArn])
          .apply(([known, key]) =>
            JSON.stringify(identityPolicy(principal, { region, arns: known, keyArn: key })),
          ),
      },
      { parent: this },
    );
    this.registerOutputs({ roleArn: this.role.arn });
  }
}
