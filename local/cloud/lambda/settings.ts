import { createHash, randomUUID } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** Where an image's code lies on this machine, and the command that it runs unless a function says otherwise. */
export interface ResolvedImage {
  readonly directory: string;
  readonly command: readonly string[];
  /** The image carries the Lambda Insights agent. */
  readonly hasInsights?: boolean;
}

/** The settings of a function, or of one published version of it. */
export interface FunctionSettings {
  readonly version: string;
  readonly imageUri: string;
  readonly image: ResolvedImage;
  readonly role: string;
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly memoryMegabytes: number;
  readonly deadLetterArn: string | undefined;
  /** What is stored and given back, but has no effect here. */
  readonly stored: Json;
  readonly logging: Json;
  readonly description: string;
  /** The data key of the environment under KMSKeyArn, encrypted. */
  readonly sealed: string | undefined;
  readonly lastModified: string;
  readonly revisionId: string;
}

const STORED = ["Architectures", "EphemeralStorage", "KMSKeyArn", "TracingConfig", "VpcConfig"] as const;
const CHANGEABLE = [
  ...["Role", "ImageConfig", "Environment", "Timeout", "MemorySize", "DeadLetterConfig", "Description"],
  ...["LoggingConfig", ...STORED],
];
const RESERVED = /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(?!ENDPOINT_URL_)\w+|LAMBDA_(TASK_ROOT|RUNTIME_DIR)|TZ)$/;
/** Reserved names that a function may set all the same (Lambda, "Defined runtime environment variables"). */
const SETTABLE = /^(AWS_LAMBDA_EXEC_WRAPPER|AWS_XRAY_\w+|AWS_NODEJS_\w+|TZ)$/;

/** Refuses every field that is neither changeable nor named, so that nothing is silently ignored. */
export function refuseOthers(input: Json, ...named: string[]): void {
  const known = [...CHANGEABLE, ...named];
  for (const [field, value] of Object.entries(input))
    if (value !== undefined && value !== null && !known.includes(field))
      throw invalid(`${field} is not carried out here; allowed: ${known.join(", ")}`);
}

/** The settings that a request gives, over `before`; what neither says has Lambda's default. */
export function settingsFrom(
  input: Json,
  before: FunctionSettings | undefined,
  image: { uri: string; resolved: ResolvedImage },
  now: number,
): FunctionSettings {
  const given = (field: string) => (input[field] ?? undefined) as Json | undefined;
  const command = given("ImageConfig")?.Command ?? (given("ImageConfig") ? undefined : before?.command);
  const target = given("DeadLetterConfig") ? given("DeadLetterConfig")?.TargetArn : before?.deadLetterArn;
  const variables = given("Environment") ? given("Environment")?.Variables : before?.variables;
  return {
    version: "$LATEST",
    imageUri: image.uri,
    image: image.resolved,
    role: role(input.Role ?? before?.role),
    command: texts(command ?? image.resolved.command, "ImageConfig.Command"),
    variables: environment(variables ?? {}),
    seconds: whole(input.Timeout ?? before?.seconds ?? 3, "Timeout", 1, 900),
    memoryMegabytes: whole(input.MemorySize ?? before?.memoryMegabytes ?? 128, "MemorySize", 128, 10_240),
    deadLetterArn: deadLetter(target),
    stored: {
      ...before?.stored,
      ...Object.fromEntries(STORED.flatMap((name) => (given(name) ? [[name, given(name)]] : []))),
    },
    logging: given("LoggingConfig") ?? before?.logging ?? {},
    description: String(input.Description ?? before?.description ?? ""),
    sealed: undefined,
    lastModified: new Date(now).toISOString().replace("Z", "+0000"),
    revisionId: randomUUID(),
  };
}

/** `Active` if invocations are to be traced. */
export function tracingMode({ stored }: FunctionSettings): string {
  return String((stored.TracingConfig as Json | undefined)?.Mode ?? "PassThrough");
}

/** CodeSha256 as Lambda gives it for an image: the digest, without its algorithm. */
export function codeDigest(imageUri: string): string {
  return imageUri.split("@sha256:")[1] ?? createHash("sha256").update(imageUri).digest("hex");
}

/** Whether publishing would make a version that differs from an earlier one. */
export function isSameVersion(one: FunctionSettings, other: FunctionSettings): boolean {
  const comparable = ({ version, lastModified, revisionId, sealed, ...rest }: FunctionSettings) =>
    JSON.stringify(rest);
  return comparable(one) === comparable(other);
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}

function role(value: unknown): string {
  if (typeof value !== "string" || !/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(value))
    throw invalid(`Role is ${JSON.stringify(value)}; allowed is the ARN of a role`);
  return value;
}

function deadLetter(value: unknown): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || !/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+$/.test(value))
    throw invalid(
      `DeadLetterConfig.TargetArn is ${JSON.stringify(value)}; allowed is the ARN of an SQS queue`,
    );
  return value;
}

function whole(value: unknown, field: string, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    throw invalid(`${field} is ${JSON.stringify(value)}; allowed are whole numbers from ${least} to ${most}`);
  return value;
}

function texts(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((each) => typeof each === "string"))
    throw invalid(
      `${field} is ${JSON.stringify(value)}; allowed is a list of text such as ["index.handler"]`,
    );
  return value;
}

function environment(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(value as Json);
  for (const [name, text] of entries) {
    if (!/^[a-zA-Z]\w+$/.test(name) || typeof text !== "string")
      throw invalid(
        `Environment variable ${name} is ${JSON.stringify(text)}; names: [a-zA-Z]\\w+, values: text`,
      );
    if (RESERVED.test(name) && !SETTABLE.test(name))
      throw invalid(
        "Lambda was unable to configure your environment variables because the environment variables you have " +
          `provided contains reserved keys. Reserved keys used in this request: ${name}`,
      );
  }
  const bytes = Buffer.byteLength(entries.flat().join(""));
  if (bytes > 4_096)
    throw invalid(`Environment has ${bytes} bytes, which exceeds the 4KB limit of Lambda's environment`);
  return Object.fromEntries(entries) as Record<string, string>;
}
