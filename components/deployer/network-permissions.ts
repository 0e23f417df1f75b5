import { actions, type PeopleContext } from "../people/context.ts";
import type { DeployerPermission } from "./permission.ts";

/** What making, changing and removing the networks takes. EC2 gives ids, so that only regions narrow it. */
export function networkPermissions({ inRegions }: PeopleContext): DeployerPermission[] {
  const row = (
    sid: string,
    rest: Pick<DeployerPermission, "purpose" | "deployment" | "further" | "reason">,
  ) => ({
    document: "deployer-network" as const,
    sid,
    resources: ["*"],
    conditions: inRegions,
    ...rest,
  });
  const reason = "the local cloud makes these without a call; changes, destroy";
  return [
    row("Networks", {
      purpose: "VPCs, subnets and routes; not needed with network.mode existing",
      deployment: [
        ...actions("ec2", "AssociateRouteTable", "CreateNatGateway", "CreateRoute", "CreateRouteTable"),
        ...actions("ec2", "CreateSubnet", "CreateVpc"),
      ],
      further: [
        ...actions("ec2", "ModifyVpcAttribute", "ModifySubnetAttribute", "DeleteVpc", "DeleteSubnet"),
        ...actions("ec2", "CreateInternetGateway", "AttachInternetGateway", "DetachInternetGateway"),
        ...actions(
          "ec2",
          "DeleteInternetGateway",
          "AllocateAddress",
          "DisassociateAddress",
          "ReleaseAddress",
        ),
        ...actions("ec2", "DeleteNatGateway", "DeleteRouteTable", "DeleteRoute", "ReplaceRoute"),
        ...actions("ec2", "DisassociateRouteTable", "ReplaceRouteTableAssociation"),
      ],
      reason,
    }),
    row("Endpoints", {
      purpose: "VPC endpoints",
      deployment: actions("ec2", "CreateVpcEndpoint"),
      further: actions("ec2", "ModifyVpcEndpoint", "DeleteVpcEndpoints"),
      reason: "changes, destroy",
    }),
    row("SecurityGroups", {
      purpose: "security groups and their rules",
      further: [
        ...actions("ec2", "CreateSecurityGroup", "DeleteSecurityGroup", "ModifySecurityGroupRules"),
        ...actions("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"),
        ...actions("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"),
        ...actions("ec2", "DetachNetworkInterface", "DeleteNetworkInterface"),
      ],
      reason: "the provider removes a function's interfaces that stay behind before it deletes their group",
    }),
    row("NetworkTags", {
      purpose: "tags of all of these",
      further: actions("ec2", "CreateTags", "DeleteTags"),
      reason: "default tags",
    }),
  ];
}
