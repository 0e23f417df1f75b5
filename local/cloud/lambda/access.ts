import { randomBytes } from "node:crypto";
import type { Caller, Json, Origin } from "../service.ts";
import { ServiceError } from "../service.ts";
import { act } from "./acting.ts";
import type { FunctionSettings } from "./settings.ts";

/** A function as other services see it. */
export interface Subject {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
}

/** Lambda in its own name, for a function. */
function asLambda({ arn, region }: Subject): Origin {
  return { region, principal: "lambda.amazonaws.com", sourceArn: arn };
}

/** Refuses a role whose trust policy does not let Lambda have it. */
export async function checkRole(call: Caller, subject: Subject, role: string): Promise<void> {
  const input = { RoleArn: role, RoleSessionName: subject.name };
  await act(call, "sts", "AssumeRole", input, asLambda(subject), () =>
    invalid("The role defined for the function cannot be assumed by Lambda."),
  );
}

/** Refuses an image that its repository does not let Lambda read ("Amazon ECR permissions" for container images). */
export async function checkImage(call: Caller, subject: Subject, imageUri: string): Promise<void> {
  const [, repositoryName, imageDigest, imageTag] =
    /^[^/]+\.amazonaws\.com\/([^@:]+)(?:@(sha256:[0-9a-f]{64})|:([^@:]+))?$/.exec(imageUri) ?? [];
  if (repositoryName === undefined) return;
  const refused = () =>
    new ServiceError(
      "AccessDeniedException",
      "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
      403,
    );
  const imageIds = [imageDigest ? { imageDigest } : { imageTag: imageTag ?? "latest" }];
  const from = asLambda(subject);
  const found = await act(call, "ecr", "BatchGetImage", { repositoryName, imageIds }, from, refused);
  const [image] = (found?.images ?? []) as Json[];
  const manifest = JSON.parse(String(image?.imageManifest ?? "{}")) as { layers?: { digest: string }[] };
  for (const { digest: layerDigest } of manifest.layers ?? [])
    await act(call, "ecr", "GetDownloadUrlForLayer", { repositoryName, layerDigest }, from, refused);
}

/** The customer key that a function's environment is encrypted with. */
function environmentKey({ stored }: FunctionSettings): string | undefined {
  return typeof stored.KMSKeyArn === "string" && stored.KMSKeyArn !== "" ? stored.KMSKeyArn : undefined;
}

function asThrough(principal: string, region: string): Origin {
  return { region, principal, viaService: `lambda.${region}.amazonaws.com` };
}

/**
 * Encrypts the data key of an environment under the function's key, as whoever sets it ("Securing Lambda environment
 * variables"). Undefined if there is nothing to encrypt or no KMS.
 */
export async function seal(
  call: Caller,
  { arn, region }: Subject,
  settings: FunctionSettings,
  principal: string,
): Promise<string | undefined> {
  const KeyId = environmentKey(settings);
  if (KeyId === undefined || Object.keys(settings.variables).length === 0) return undefined;
  const from = asThrough(principal, region);
  const refused = (error: ServiceError) =>
    new ServiceError(
      "KMSAccessDeniedException",
      `Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: ${error.code} KMS Message: ${error.message}`,
      400,
    );
  await act(call, "kms", "DescribeKey", { KeyId }, from, refused);
  const input = {
    KeyId,
    Plaintext: randomBytes(32).toString("base64"),
    EncryptionContext: { "aws:lambda:FunctionArn": arn },
  };
  const sealed = await act(call, "kms", "Encrypt", input, from, refused);
  return typeof sealed?.CiphertextBlob === "string" ? sealed.CiphertextBlob : undefined;
}

/** Decrypts a sealed environment as the function's role, which each new environment needs. */
export async function unseal(
  call: Caller,
  { arn, region }: Subject,
  settings: FunctionSettings,
): Promise<void> {
  const KeyId = environmentKey(settings);
  if (KeyId === undefined || settings.sealed === undefined) return;
  const EncryptionContext = { "aws:lambda:FunctionArn": arn };
  const input = { CiphertextBlob: settings.sealed, KeyId, EncryptionContext };
  await act(call, "kms", "Decrypt", input, asThrough(settings.role, region), (error) => refusedByKms(error));
}

/** Errors of Invoke whose cause is the key (Lambda API Reference, Invoke: status 502 each). */
function refusedByKms(error: ServiceError): ServiceError {
  const code =
    { DisabledException: "KMSDisabledException", NotFoundException: "KMSNotFoundException" }[error.code] ??
    (/State/.test(error.code) ? "KMSInvalidStateException" : "KMSAccessDeniedException");
  return new ServiceError(
    code,
    "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the " +
      `function's KMS key settings. KMS Exception: ${error.code} KMS Message: ${error.message}`,
    502,
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
