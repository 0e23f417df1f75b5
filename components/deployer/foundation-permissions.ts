import { PRINCIPAL_SERVICES } from "../iam.ts";
import type { Principal } from "../naming.ts";
import { actions, type PeopleContext, viaServices } from "../people/context.ts";
import { resourcesOf, rolesOf } from "../people/resources.ts";
import type { DeployerPermission } from "./permission.ts";

const TAGS = "default tags; changes and destroy";

/** What making, changing and removing keys, roles, tables and image repositories takes. */
export function foundationPermissions(context: PeopleContext): DeployerPermission[] {
  const { inRegions, suffix } = context;
  const resources = resourcesOf(context);
  const row: Row = (sid, rest) => ({ document: "deployer-foundation", sid, ...rest });
  return [
    ...keyPermissions(context, row),
    row("Roles", {
      purpose: "the principals' roles",
      resources: resources.roles,
      deployment: actions("iam", "CreateRole", "PutRolePolicy"),
      further: [
        ...actions("iam", "DeleteRole", "DeleteRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole"),
        ...actions("iam", "TagRole", "UntagRole", "ListInstanceProfilesForRole"),
      ],
      reason: `${TAGS}; the provider looks for instance profiles before it deletes a role`,
    }),
    ...[...new Set(Object.values(PRINCIPAL_SERVICES))].map((service) => passRole(service, suffix, row)),
    ...["replication.dynamodb", "replication.ecr", "lambda"].map((service) =>
      serviceLinkedRole(service, row),
    ),
    row("Tables", {
      purpose: "tables and their replicas",
      resources: resources.tables,
      conditions: inRegions,
      deployment: [
        ...actions("dynamodb", "CreateTable", "CreateTableReplica", "UpdateTable"),
        ...actions("dynamodb", "UpdateContinuousBackups", "TagResource"),
      ],
      further: actions("dynamodb", "DeleteTable", "DeleteTableReplica", "UpdateTimeToLive", "UntagResource"),
      reason: "changes and destroy",
    }),
    row("ReplicaData", {
      purpose: "a replica is filled in its maker's name",
      resources: resources.replicatedTables.map((arn) => arn.replace(":*:", `:${context.replicaRegion}:`)),
      further: [
        ...actions("dynamodb", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem"),
        ...actions("dynamodb", "Query", "Scan", "UpdateItem"),
      ],
      reason:
        'asked for in the destination region (DynamoDB Developer Guide, "Using IAM with global tables")',
    }),
    row("Repository", {
      purpose: "the image repository, and pushing images",
      resources: resources.repository,
      conditions: inRegions,
      deployment: actions("ecr", "CreateRepository", "SetRepositoryPolicy"),
      further: [
        ...actions("ecr", "BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"),
        ...actions("ecr", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"),
        ...actions("ecr", "PutLifecyclePolicy", "DeleteLifecyclePolicy", "DeleteRepositoryPolicy"),
        ...actions("ecr", "BatchDeleteImage", "DeleteRepository", "PutImageScanningConfiguration"),
        ...actions("ecr", "PutImageTagMutability", "TagResource", "UntagResource"),
      ],
      reason: `docker-build pushes with the registry's protocol (ECR User Guide, "Pushing an image"); ${TAGS}`,
    }),
    row("Registry", {
      purpose: "the registry's replication configuration, where the stack owns it (ownsRegistryReplication)",
      resources: ["*"],
      conditions: inRegions,
      deployment: actions("ecr", "PutReplicationConfiguration"),
    }),
  ];
}

type Row = (sid: string, rest: Omit<DeployerPermission, "document" | "sid">) => DeployerPermission;

function keyPermissions(context: PeopleContext, row: Row): DeployerPermission[] {
  const { alias, keys } = resourcesOf(context);
  const services = viaServices(context, "dynamodb", "ecr", "lambda");
  return [
    row("NewKeys", {
      purpose: "a customer key a region: it has no ARN before it is made",
      resources: ["*"],
      conditions: context.inRegions,
      deployment: actions("kms", "CreateKey"),
    }),
    row("Keys", {
      purpose: "keys and their alias; keys have ids, so that only their own policies can tell them apart",
      resources: [...alias, ...keys],
      conditions: context.inRegions,
      deployment: actions("kms", "CreateAlias", "EnableKeyRotation"),
      further: [
        ...actions("kms", "UpdateAlias", "DeleteAlias", "DisableKeyRotation", "PutKeyPolicy"),
        ...actions("kms", "UpdateKeyDescription", "ScheduleKeyDeletion", "TagResource", "UntagResource"),
      ],
      reason: TAGS,
    }),
    row("KeysThroughServices", {
      purpose: "services use the key in the name of who makes a table, repository or function",
      resources: keys,
      conditions: { StringEquals: { "kms:ViaService": services } },
      deployment: actions("kms", "CreateGrant", "Encrypt"),
      further: actions("kms", "Decrypt", "GenerateDataKey*", "ReEncrypt*", "RetireGrant"),
      reason:
        'DynamoDB Developer Guide, "Authorizing use of your customer managed key"; ECR User Guide, "Encryption at rest"; ' +
        "Lambda decrypts the environment for who reads a function",
    }),
  ];
}

function passRole(service: string, suffix: string, row: Row): DeployerPermission {
  const principals = (Object.keys(PRINCIPAL_SERVICES) as Principal[]).filter(
    (principal) => PRINCIPAL_SERVICES[principal] === service,
  );
  const [name = ""] = service.split(".");
  return row(`PassRoleTo${name.charAt(0).toUpperCase()}${name.slice(1)}`, {
    purpose: `roles for ${service}, to it only`,
    resources: rolesOf(principals, suffix),
    conditions: { StringEquals: { "iam:PassedToService": service } },
    deployment: actions("iam", "PassRole"),
  });
}

const SERVICE_LINKED_ROLES: Readonly<Record<string, string>> = {
  "replication.dynamodb": "DynamoDBReplication",
  "replication.ecr": "ECRReplication",
  lambda: "Lambda",
};

function serviceLinkedRole(service: string, row: Row): DeployerPermission {
  const name = SERVICE_LINKED_ROLES[service];
  const principal = `${service}.amazonaws.com`;
  return row(`ServiceLinkedRole${name}`, {
    purpose: `AWSServiceRoleFor${name}, once in an account`,
    resources: [`arn:aws:iam::*:role/aws-service-role/${principal}/AWSServiceRoleFor${name}`],
    conditions: { StringEquals: { "iam:AWSServiceName": principal } },
    further: actions("iam", "CreateServiceLinkedRole"),
    reason: "the service makes it in the name of who uses it first; the local cloud has no such roles",
  });
}
