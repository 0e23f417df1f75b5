/** A list price in US dollars, by region. */
export interface Price {
  service: string;
  /** What one unit is. */
  unit: string;
  /** Pricing page it comes from, or how else it is known. */
  source: string;
  /** Month in which it was looked up. */
  date: string;
  regions: Readonly<Record<string, number>>;
}

const US_EAST = "us-east-1";
const IRELAND = "eu-west-1";
const both = (price: number) => ({ [US_EAST]: price, [IRELAND]: price });

/**
 * Every price that costs are worked out from: list prices without free tiers, discounts and taxes. What a region is not
 * listed for is shown as not priced there.
 */
export const PRICES = {
  natHour: {
    ...{ service: "Amazon VPC", unit: "NAT gateway and hour", source: "Amazon VPC pricing", date: "2026-02" },
    regions: { [US_EAST]: 0.045, [IRELAND]: 0.048 },
  },
  natGigabyte: {
    ...{ service: "Amazon VPC", unit: "GB through a NAT gateway", source: "Amazon VPC pricing" },
    ...{ date: "2026-02", regions: { [US_EAST]: 0.045, [IRELAND]: 0.048 } },
  },
  addressHour: {
    ...{ service: "Amazon VPC", unit: "public IPv4 address and hour", source: "Amazon VPC pricing" },
    ...{ date: "2026-02", regions: both(0.005) },
  },
  endpointHour: {
    ...{
      service: "Amazon VPC",
      unit: "interface endpoint, zone and hour",
      source: "AWS PrivateLink pricing",
    },
    ...{ date: "2026-10", regions: { [US_EAST]: 0.01, [IRELAND]: 0.011 } },
  },
  keyMonth: {
    ...{ service: "AWS KMS", unit: "customer key and month", source: "AWS KMS pricing", date: "2026-09" },
    regions: both(1),
  },
  alarmMonth: {
    ...{ service: "Amazon CloudWatch", unit: "metric of a standard alarm and month" },
    ...{ source: "Amazon CloudWatch pricing", date: "2026-09", regions: both(0.1) },
  },
  logGigabyte: {
    ...{ service: "Amazon CloudWatch", unit: "GB of logs taken in", source: "Amazon CloudWatch pricing" },
    ...{ date: "2026-09", regions: { [US_EAST]: 0.5, [IRELAND]: 0.57 } },
  },
  traces: {
    ...{
      service: "AWS X-Ray",
      unit: "million traces recorded",
      source: "AWS X-Ray pricing",
      date: "2026-09",
    },
    regions: both(5),
  },
  event: {
    ...{ service: "Amazon EventBridge", unit: "million custom events of 64 KB" },
    ...{ source: "Amazon EventBridge pricing", date: "2026-09", regions: both(1) },
  },
  replayedEvent: {
    ...{ service: "Amazon EventBridge", unit: "million replayed events of 64 KB" },
    ...{ source: "Amazon EventBridge pricing", date: "2026-11", regions: both(1) },
  },
  scheduledRun: {
    ...{ service: "Amazon EventBridge", unit: "million scheduled invocations" },
    ...{ source: "Amazon EventBridge pricing, Scheduler", date: "2026-11", regions: both(1) },
  },
  healthCheckMonth: {
    ...{ service: "Amazon Route 53", unit: "health check and month" },
    // Checks of alarms and of other checks are billed as basic ones of AWS endpoints.
    ...{ source: "Amazon Route 53 pricing", date: "2026-11", regions: both(0.5) },
  },
  archiveGigabyte: {
    ...{ service: "Amazon EventBridge", unit: "GB archived", source: "Amazon EventBridge pricing" },
    ...{ date: "2026-09", regions: both(0.1) },
  },
  transition: {
    ...{ service: "AWS Step Functions", unit: "million state transitions (STANDARD)" },
    ...{ source: "AWS Step Functions pricing", date: "2026-09", regions: both(25) },
  },
  expressRequest: {
    ...{ service: "AWS Step Functions", unit: "million executions (EXPRESS)" },
    ...{ source: "AWS Step Functions pricing", date: "2026-09", regions: both(1) },
  },
  expressGigabyteSecond: {
    ...{ service: "AWS Step Functions", unit: "GB-second (EXPRESS), first 1,000 hours" },
    ...{ source: "AWS Step Functions pricing", date: "2026-09", regions: both(0.00001667) },
  },
  lambdaRequest: {
    ...{ service: "AWS Lambda", unit: "million requests", source: "AWS Lambda pricing", date: "2026-09" },
    regions: both(0.2),
  },
  lambdaArm64: {
    ...{ service: "AWS Lambda", unit: "GB-second (arm64)", source: "AWS Lambda pricing", date: "2026-09" },
    regions: both(0.0000133334),
  },
  lambdaX86: {
    ...{ service: "AWS Lambda", unit: "GB-second (x86_64)", source: "AWS Lambda pricing", date: "2026-09" },
    regions: both(0.0000166667),
  },
  lambdaProvisionedArm64: {
    ...{ service: "AWS Lambda", unit: "GB-second of provisioned concurrency (arm64)" },
    ...{ source: "AWS Lambda pricing", date: "2026-09", regions: both(0.0000033334) },
  },
  lambdaProvisionedX86: {
    ...{ service: "AWS Lambda", unit: "GB-second of provisioned concurrency (x86_64)" },
    ...{ source: "AWS Lambda pricing", date: "2026-09", regions: both(0.0000041667) },
  },
  write: {
    ...{ service: "Amazon DynamoDB", unit: "million write units, also of replicas and indexes" },
    ...{ source: "Amazon DynamoDB pricing, on demand", date: "2026-09" },
    regions: { [US_EAST]: 0.625, [IRELAND]: 0.705 },
  },
  read: {
    ...{ service: "Amazon DynamoDB", unit: "million read units" },
    ...{ source: "Amazon DynamoDB pricing, on demand", date: "2026-11" },
    regions: { [US_EAST]: 0.125, [IRELAND]: 0.1415 },
  },
  queueRequest: {
    ...{ service: "Amazon SQS", unit: "million requests of 64 KB", source: "Amazon SQS pricing" },
    ...{ date: "2026-09", regions: both(0.4) },
  },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;
