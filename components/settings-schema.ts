import { z } from "zod";
import { FUNCTION_NAMES } from "../functions/contract.ts";
import { DEFAULT_CENSUS_MINUTES, PRIMARY_REGION, REPLICA_REGIONS } from "./standards.ts";

/** Retention periods that CloudWatch Logs accepts, in days (PutRetentionPolicy). */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
];
const PRIMARY_REGIONS = [PRIMARY_REGION] as const;
/** Above INFO, Lambda would drop the lines that carry the functions' metrics: they have no level of their own. */
const LOG_LEVELS = ["DEBUG", "INFO"] as const;

const matching = (pattern: RegExp, allowed: string) => z.string().regex(pattern, { error: allowed });
const whole = (least: number, most: number) => z.int().min(least).max(most);
const list = <Item extends z.ZodType>(item: Item, least: number) => z.array(item).min(least);

const egress = z.union(
  [
    z.enum(["nat", "none"]),
    z.strictObject({
      privateLink: z.strictObject({
        serviceName: matching(
          /^com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]+$/,
          "a VPC endpoint service",
        ),
        /** Needs a private DNS name that the service's owner has verified. */
        privateDns: z.boolean().default(true),
      }),
    }),
  ],
  { error: "nat, none, or { privateLink: { serviceName: com.amazonaws.vpce.<region>.vpce-svc-<id> } }" },
);

const created = z.strictObject({
  mode: z.literal("create"),
  /** Address block of the VPC. */
  cidr: matching(
    /^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/,
    "a private IPv4 block of size /16, such as 10.0.0.0/16",
  ).optional(),
  egress: egress.default("nat"),
});

const existing = z.strictObject({
  mode: z.literal("existing"),
  vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, "a VPC id, vpc- and hexadecimal digits"),
  privateSubnetIds: list(
    matching(/^subnet-[0-9a-f]{8,17}$/, "a subnet id, subnet- and hexadecimal digits"),
    2,
  ),
  routeTableIds: list(matching(/^rtb-[0-9a-f]{8,17}$/, "a route table id, rtb- and hexadecimal digits"), 1),
  egress: egress.default("nat"),
});

/** A region's network. Without `mode` it is created. */
const network = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !("mode" in value) ? { mode: "create", ...value } : value,
  z.discriminatedUnion("mode", [created, existing], { error: "an object whose mode is create or existing" }),
);

const source = z.strictObject({
  /** Names the source's rule, so it cannot be the name of one of the other rules. */
  name: matching(
    /^(?!(unmatched|forwarding|census|heartbeat)$)[a-z0-9-]{1,32}$/,
    "1 to 32 of a-z, 0-9 and -, but not unmatched, forwarding, census or heartbeat",
  ),
  source: matching(
    /^(?!aws\.|trading\.heartbeat$)[A-Za-z0-9._-]{1,128}$/,
    "an EventBridge source, 1 to 128 of A-Za-z0-9._-, not aws.* or trading.heartbeat",
  ),
});

/** Lambda's own limits (Lambda Developer Guide, "Lambda quotas"); a timeout below the handler's deadline is none. */
const functionFigures = {
  memorySize: whole(128, 10_240),
  timeoutSeconds: whole(5, 900),
  reservedConcurrency: whole(1, 10_000),
  provisionedConcurrency: whole(0, 10_000),
};

const functions = z.strictObject({
  memorySize: functionFigures.memorySize.default(512),
  timeoutSeconds: functionFigures.timeoutSeconds.default(60),
  reservedConcurrency: functionFigures.reservedConcurrency.default(10),
  provisionedConcurrency: functionFigures.provisionedConcurrency.default(0),
  /** What differs for one function. */
  overrides: z.partialRecord(z.enum(FUNCTION_NAMES), z.strictObject(functionFigures).partial()).default({}),
});

const enrichment = z.strictObject({
  apiEndpoint: z.string().refine(isEndpoint, {
    error: "an https URL without port, credentials, query or fragment",
  }),
  processingThreshold: z
    .number()
    .nonnegative()
    .refine((number) => /^\d+(\.\d+)?$/.test(String(number)), { error: "a number from 1e-6 up to 1e20" })
    .default(1000),
  maxRetries: whole(0, 10).default(3),
});

/** Every key of the stack's configuration, without the project's prefix. */
export const settingsSchema = z.strictObject({
  /** An ECR repository's name takes no hyphen at an end and no two in a row. */
  environmentSuffix: matching(
    /^(?=.{3,20}$)[a-z0-9]+(-[a-z0-9]+)*$/,
    "3 to 20 of a-z, 0-9 and -, with a letter or digit on each side of a -",
  ),
  primaryRegion: z.enum(PRIMARY_REGIONS).default(PRIMARY_REGION),
  replicaRegion: z.enum(REPLICA_REGIONS).default("eu-west-1"),
  network: z
    .strictObject({
      primary: network.default({ mode: "create", egress: "nat" }),
      replica: network.default({ mode: "create", egress: "nat" }),
    })
    .prefault({}),
  sources: z
    .array(source)
    .min(1)
    .max(50)
    .default(["system1", "system2", "system3"].map((name) => ({ name, source: `trading.${name}` }))),
  workflow: z.strictObject({ type: z.enum(["STANDARD", "EXPRESS"]).default("STANDARD") }).prefault({}),
  routing: z
    .strictObject({
      /** EventBridge's own limits for a target's retry policy. */
      maximumRetryAttempts: whole(0, 185).default(185),
      maximumEventAgeInSeconds: whole(60, 86_400).default(86_400),
      forwardDefaultBus: z.boolean().default(false),
      archiveRetentionDays: whole(1, 3650).default(30),
    })
    .prefault({}),
  census: z
    .strictObject({
      /** Minutes from one census to the next, which divide a day; 0 for censuses on demand only. */
      everyMinutes: whole(0, 1440)
        .refine((minutes) => minutes === 0 || (minutes >= 5 && 1440 % minutes === 0), {
          error: "0, or 5 or more minutes that divide a day, such as 15, 60 or 1440",
        })
        .default(DEFAULT_CENSUS_MINUTES),
    })
    .prefault({}),
  failover: z
    .strictObject({
      /** Whether producers get a global endpoint, which sends their events to the replica's region when this one fails. */
      enabled: z.boolean().default(true),
    })
    .prefault({}),
  functions: functions.prefault({}),
  enrichment,
  logging: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default("INFO"),
      retentionDays: z.literal(RETENTION_DAYS).default(14),
    })
    .prefault({}),
  ownsRegistryReplication: z.boolean().default(false),
  alertEmail: z.email({ error: "an e-mail address" }).optional(),
});

export type ParsedSettings = z.infer<typeof settingsSchema>;

/** Keys whose value is text; all others are JSON, as Pulumi hands structured values and booleans over. */
export const TEXT_KEYS: readonly string[] = [
  "environmentSuffix",
  "primaryRegion",
  "replicaRegion",
  "alertEmail",
];

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, port, username, password, search, hash } = new URL(text);
  return protocol === "https:" && [port, username, password, search, hash].every((part) => part === "");
}
