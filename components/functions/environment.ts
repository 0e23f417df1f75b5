import type { FunctionName } from "../../functions/contract.ts";
import { ENVIRONMENT, FUNCTION_ENVIRONMENT, METRICS_NAMESPACE } from "../../functions/contract.ts";
import type { Names } from "../naming.ts";
import type { Settings } from "../settings.ts";
import { HANDLER_DEADLINE_MILLISECONDS } from "../standards.ts";

/** Environment variables of a function: exactly those of its contract, and what Powertools reads. */
export function functionEnvironment(
  name: FunctionName,
  { settings, names }: { settings: Settings; names: Names },
): Record<string, string> {
  const values: Readonly<Record<keyof typeof ENVIRONMENT, string>> = {
    environmentSuffix: settings.environmentSuffix,
    sources: settings.sources.map((each) => `${each.name}=${each.source}`).join(","),
    tradesTable: names.tradesTable,
    apiEndpointParameter: names.parameters.apiEndpoint,
    processingThresholdParameter: names.parameters.processingThreshold,
    maxRetriesParameter: names.parameters.maxRetries,
    deadlineMilliseconds: String(HANDLER_DEADLINE_MILLISECONDS),
  };
  const own = FUNCTION_ENVIRONMENT[name].map((key) => [ENVIRONMENT[key], values[key]]);
  return {
    ...Object.fromEntries(own),
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    LOG_LEVEL: settings.logging.level,
  };
}
