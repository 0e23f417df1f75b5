import type { CheckedResource, ResourceRule } from "./rule.ts";

/** Types whose destruction fails while they hold something, and the input that lets it succeed. */
export const FORCED_DELETION: Readonly<Record<string, string>> = {
  "aws:athena/workgroup:Workgroup": "forceDestroy",
  "aws:backup/vault:Vault": "forceDestroy",
  "aws:ecr/repository:Repository": "forceDelete",
  "aws:ecrpublic/repository:Repository": "forceDestroy",
  "aws:iam/user:User": "forceDestroy",
  "aws:route53/zone:Zone": "forceDestroy",
  "aws:s3/bucket:Bucket": "forceDestroy",
  "aws:s3/bucketV2:BucketV2": "forceDestroy",
  "aws:s3/directoryBucket:DirectoryBucket": "forceDestroy",
};

/** Types with such an input that do not need it, and why. */
export const NO_FORCED_DELETION: Readonly<Record<string, string>> = {
  "aws:cloudwatch/eventRule:EventRule": "it is for rules that AWS services manage",
  "aws:cloudwatch/eventTarget:EventTarget": "it is for targets of rules that AWS services manage",
};

/** Inputs, of whatever type, that keep a resource from being destroyed or leave it behind. */
const RETAINING_INPUTS = [
  "deletionProtection",
  "deletionProtectionEnabled",
  "disableApiTermination",
  "enableDeletionProtection",
  "preventDestroy",
  "retainOnDelete",
  "skipDestroy",
];

export const destroyable: ResourceRule = {
  name: "destroyable",
  description:
    "Every resource can be destroyed and is: nothing is retained, protected or kept by its content",
  severity: "high",
  remediation:
    "Remove protect, retainOnDelete and deletion protection; set forceDelete or forceDestroy to true",
  problems: messagesFor,
};

function messagesFor({ type, properties, protect, retainOnDelete }: CheckedResource): string[] {
  const forced = FORCED_DELETION[type];
  return [
    ...(protect ? ["protect: got true; must be absent or false"] : []),
    ...(retainOnDelete === true ? ["retainOnDelete: got true; must be absent or false"] : []),
    ...(forced !== undefined && properties[forced] !== true
      ? [`${forced}: got ${String(properties[forced])}; must be true`]
      : []),
    ...RETAINING_INPUTS.filter((input) => properties[input] === true).map(
      (input) => `${input}: got true; must be absent or false`,
    ),
  ];
}
