import { ENVIRONMENT, FUNCTION_ENVIRONMENT, type FunctionName } from "../contract.ts";
import { parseSourceSystems, type SourceSystems } from "../domain/source-systems.ts";
import { quoted } from "../domain/text.ts";
import { configurationError } from "./errors.ts";

export interface Environment {
  environmentSuffix: string;
  sources: SourceSystems;
  tradesTable: string;
  outcomesTable: string;
  heartbeatsTable: string;
  busArn: string;
  archiveArn: string;
  censusRuleArn: string;
  censusQueueUrl: string;
  routingDeadLetterQueueUrl: string;
  unaccountedQueueUrl: string;
  censusMinutes: number;
  apiEndpointParameter: string;
  processingThresholdParameter: string;
  maxRetriesParameter: string;
  deadlineMilliseconds: number;
}

/** The part of the environment that a function needs. */
export type EnvironmentOf<Name extends FunctionName> = Pick<
  Environment,
  (typeof FUNCTION_ENVIRONMENT)[Name][number]
>;

interface Variable<Value> {
  readonly allowed: string;
  /** Undefined for a text that is not allowed. */
  read(text: string): Value | undefined;
}

const PARAMETER_NAME: Variable<string> = {
  allowed: "the name of an SSM parameter such as /trade-processing/dev/api-endpoint",
  read: (text) => matching(/^\/[A-Za-z0-9_./-]{1,1010}$/, text),
};

const TABLE_NAME: Variable<string> = {
  allowed: "the name of a DynamoDB table: 3 to 255 of A-Z a-z 0-9 _ . -",
  read: (text) => matching(/^[A-Za-z0-9_.-]{3,255}$/, text),
};

const eventsArn = (kind: string): Variable<string> => ({
  allowed: `the ARN of an EventBridge ${kind}`,
  read: (text) => matching(new RegExp(`^arn:aws:events:[a-z0-9-]+:[0-9]{12}:${kind}/.+$`), text),
});

const QUEUE_URL: Variable<string> = {
  allowed: "the URL of an SQS queue",
  read: (text) => matching(/^https?:\/\/\S+\/[A-Za-z0-9_-]{1,80}$/, text),
};

const VARIABLES: { readonly [Key in keyof Environment]: Variable<Environment[Key]> } = {
  environmentSuffix: {
    allowed: "3 to 20 of a-z 0-9 -",
    read: (text) => matching(/^[a-z0-9-]{3,20}$/, text),
  },
  sources: {
    allowed: "comma-separated pairs such as system1=trading.system1, no name or source twice",
    read: parseSourceSystems,
  },
  tradesTable: TABLE_NAME,
  outcomesTable: TABLE_NAME,
  heartbeatsTable: TABLE_NAME,
  busArn: eventsArn("event-bus"),
  archiveArn: eventsArn("archive"),
  censusRuleArn: eventsArn("rule"),
  censusQueueUrl: QUEUE_URL,
  routingDeadLetterQueueUrl: QUEUE_URL,
  unaccountedQueueUrl: QUEUE_URL,
  censusMinutes: {
    allowed: "whole minutes from 1 to 1440",
    read: (text) =>
      /^[0-9]{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1440 ? Number(text) : undefined,
  },
  apiEndpointParameter: PARAMETER_NAME,
  processingThresholdParameter: PARAMETER_NAME,
  maxRetriesParameter: PARAMETER_NAME,
  deadlineMilliseconds: {
    allowed: "whole milliseconds from 100 to 900000",
    read: (text) =>
      /^[0-9]{3,6}$/.test(text) && Number(text) >= 100 && Number(text) <= 900_000 ? Number(text) : undefined,
  },
};

/**
 * Reads what a function needs of its environment. Throws ConfigurationError that names every variable that is
 * missing or wrong, with its value and what is allowed.
 */
export function readEnvironment<Name extends FunctionName>(
  name: Name,
  variables: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<Name> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const key of FUNCTION_ENVIRONMENT[name]) {
    const text = variables[ENVIRONMENT[key]];
    const value = text === undefined ? undefined : VARIABLES[key].read(text);
    if (value === undefined)
      problems.push(`${ENVIRONMENT[key]} is ${quoted(text)}; allowed: ${VARIABLES[key].allowed}`);
    values[key] = value;
  }
  if (problems.length > 0) throw configurationError(`environment of ${name}: ${problems.join(". ")}`);
  return values as EnvironmentOf<Name>;
}

function matching(pattern: RegExp, text: string): string | undefined {
  return pattern.test(text) ? text : undefined;
}
