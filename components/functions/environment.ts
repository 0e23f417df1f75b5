import type { FunctionName } from "../../functions/contract.ts";
import {
  ENVIRONMENT,
  FUNCTION_ENVIRONMENT,
  HEARTBEAT_SOURCE,
  HEARTBEAT_SYSTEM,
  METRICS_NAMESPACE,
  WORKFLOW_FUNCTIONS,
} from "../../functions/contract.ts";
import type { Arns } from "../arns.ts";
import type { Names } from "../naming.ts";
import type { Settings } from "../settings.ts";
import { DEFAULT_CENSUS_MINUTES, HANDLER_DEADLINE_MILLISECONDS } from "../standards.ts";

/** Left of a maintenance function's time when its handler gives up, in milliseconds. */
const LAST_WORDS_MILLISECONDS = 5_000;

export interface FunctionPlace {
  readonly settings: Settings;
  readonly names: Names;
  readonly arns: Arns;
  readonly account: string;
  readonly region: string;
}

/** Environment variables of a function: exactly those of its contract, and what Powertools reads. */
export function functionEnvironment(
  name: FunctionName,
  { settings, names, arns, account, region }: FunctionPlace,
): Record<string, string> {
  const queueUrl = (queue: string) => `https://sqs.${region}.amazonaws.com/${account}/${queue}`;
  const values: Readonly<Record<keyof typeof ENVIRONMENT, string>> = {
    environmentSuffix: settings.environmentSuffix,
    sources: [...settings.sources, { name: HEARTBEAT_SYSTEM, source: HEARTBEAT_SOURCE }]
      .map((each) => `${each.name}=${each.source}`)
      .join(","),
    tradesTable: names.tradesTable,
    outcomesTable: names.outcomesTable,
    heartbeatsTable: names.heartbeatsTable,
    busArn: arns.bus,
    archiveArn: arns.archive,
    censusRuleArn: arns.censusRule,
    censusQueueUrl: queueUrl(names.censusQueue),
    routingDeadLetterQueueUrl: queueUrl(names.routingDeadLetterQueue),
    unaccountedQueueUrl: queueUrl(names.unaccountedQueue),
    censusMinutes: String(settings.census.everyMinutes || DEFAULT_CENSUS_MINUTES),
    apiEndpointParameter: names.parameters.apiEndpoint,
    processingThresholdParameter: names.parameters.processingThreshold,
    maxRetriesParameter: names.parameters.maxRetries,
    deadlineMilliseconds: String(deadlineOf(name, settings)),
  };
  const own = FUNCTION_ENVIRONMENT[name].map((key) => [ENVIRONMENT[key], values[key]]);
  return {
    ...Object.fromEntries(own),
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    LOG_LEVEL: settings.logging.level,
  };
}

/** The workflow waits for its functions only so long; others may use the time that Lambda gives them. */
function deadlineOf(name: FunctionName, settings: Settings): number {
  const isWorkflow = WORKFLOW_FUNCTIONS.some((each) => each === name);
  if (isWorkflow) return HANDLER_DEADLINE_MILLISECONDS;
  return Math.max(100, settings.functions[name].timeoutSeconds * 1000 - LAST_WORDS_MILLISECONDS);
}
