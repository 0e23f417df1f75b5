import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { parseDecimal } from "../domain/decimal.ts";
import { quoted } from "../domain/text.ts";
import { until } from "./deadline.ts";
import { configurationError, type NamedError } from "./errors.ts";
import { serviceError } from "./service-errors.ts";

/** What operators set for enrichment, as SSM parameters. */
export interface EnrichmentSettings {
  readonly apiEndpoint: string;
  /** Decimal text: amounts at or above it are marked. */
  readonly processingThreshold: string;
  /** Attempts of the market data client, at least 1. */
  readonly attempts: number;
}

export interface ParameterNames {
  readonly apiEndpointParameter: string;
  readonly processingThresholdParameter: string;
  readonly maxRetriesParameter: string;
}

export interface SettingsOptions {
  /** Seconds for which values are used without asking again. */
  readonly maximumAgeSeconds: number;
  /** Milliseconds after a failure in which the last good values are used without asking again. */
  readonly pauseMilliseconds: number;
  readonly now: () => number;
  /** Told why the last good values go on being used. */
  readonly onFailure: (error: NamedError) => void;
}

export type ReadSettings = (names: ParameterNames, signal: AbortSignal) => Promise<EnrichmentSettings>;

/**
 * Reads the settings with one GetParameters call, cached. While the parameters cannot be read, or an operator has
 * set one to something that is not allowed, the last good values stay in use. Throws RETRYABLE_ERROR or
 * ConfigurationError only if there never were any.
 */
export function settingsReader(client: SSMClient, options: SettingsOptions): ReadSettings {
  const provider = new SSMProvider({ awsSdkV3Client: client });
  let lastGood: EnrichmentSettings | undefined;
  let askAgainAt = Number.NEGATIVE_INFINITY;
  return async (names, signal) => {
    if (lastGood !== undefined && options.now() < askAgainAt) return lastGood;
    try {
      lastGood = parseSettings(
        names,
        await readParameters(provider, names, options.maximumAgeSeconds, signal),
      );
    } catch (thrown) {
      const error = thrown as NamedError;
      options.onFailure(error);
      if (lastGood === undefined) throw error;
      askAgainAt = options.now() + options.pauseMilliseconds;
    }
    return lastGood;
  };
}

async function readParameters(
  provider: SSMProvider,
  names: ParameterNames,
  maxAge: number,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const { apiEndpointParameter, processingThresholdParameter, maxRetriesParameter } = names;
  const wanted = {
    [apiEndpointParameter]: {},
    [processingThresholdParameter]: {},
    [maxRetriesParameter]: {},
  };
  try {
    return await until(signal, provider.getParametersByName<string>(wanted, { maxAge }));
  } catch (thrown) {
    throw serviceError("SSM parameters", thrown);
  }
}

function parseSettings(names: ParameterNames, values: Record<string, unknown>): EnrichmentSettings {
  const read = (name: string, allowed: string, isAllowed: (text: string) => boolean): string => {
    const value = values[name];
    if (typeof value === "string" && isAllowed(value)) return value;
    throw configurationError(`SSM parameter ${name} is ${quoted(value)}; allowed: ${allowed}`);
  };
  const retries = read(names.maxRetriesParameter, "a whole number from 0 to 10", (text) =>
    /^([0-9]|10)$/.test(text),
  );
  return {
    apiEndpoint: read(names.apiEndpointParameter, "an http or https URL without query", isEndpoint),
    processingThreshold: read(
      names.processingThresholdParameter,
      "a decimal such as 1000",
      (text) => parseDecimal(text) !== undefined,
    ),
    attempts: Math.max(1, Number(retries)),
  };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && search === "" && hash === "" && username === "";
}
