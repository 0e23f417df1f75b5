import { Input } from "../input.ts";
import type { Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { MAXIMUM_EVENT_AGE_SECONDS, MAXIMUM_RETRY_ATTEMPTS } from "./async.ts";
import { isDestination } from "./destinations.ts";
import { type EventInvokeConfig, type FunctionRecord, referenceOf, versionOf } from "./functions.ts";
import { finder, invalid, type ManageNeeds } from "./manage.ts";
import { page } from "./paging.ts";

const MEMBERS = [
  "FunctionName",
  "Qualifier",
  "MaximumRetryAttempts",
  "MaximumEventAgeInSeconds",
  "DestinationConfig",
];

/** The operations on the settings of asynchronous invocations. */
export function eventInvokeOperations(needs: ManageNeeds): Record<string, Operation> {
  const find = finder(needs);
  const now = () => needs.surroundings.clock.now();
  const put =
    (keepsOthers: boolean): Operation =>
    (input, call) => {
      const record = find(input, call);
      const qualifier = referenceOf(input).qualifier ?? "$LATEST";
      versionOf(record, qualifier);
      const before = record.eventInvokeConfigs.get(qualifier);
      if (keepsOthers && !before) throw notFound(record, qualifier);
      const config = read(input, keepsOthers ? before : undefined, now());
      record.eventInvokeConfigs.set(qualifier, config);
      return show(record, qualifier, config);
    };
  return {
    PutFunctionEventInvokeConfig: put(false),
    UpdateFunctionEventInvokeConfig: put(true),
    GetFunctionEventInvokeConfig(input, call) {
      const record = find(input, call);
      const qualifier = referenceOf(input).qualifier ?? "$LATEST";
      const config = record.eventInvokeConfigs.get(qualifier);
      if (!config) throw notFound(record, qualifier);
      return show(record, qualifier, config);
    },
    DeleteFunctionEventInvokeConfig(input, call) {
      const record = find(input, call);
      const qualifier = referenceOf(input).qualifier ?? "$LATEST";
      if (!record.eventInvokeConfigs.delete(qualifier)) throw notFound(record, qualifier);
    },
    ListFunctionEventInvokeConfigs(input, call) {
      const record = find(input, call);
      const shown = [...record.eventInvokeConfigs].map(([qualifier, config]) =>
        show(record, qualifier, config),
      );
      return page(input, "FunctionEventInvokeConfigs", shown);
    },
  };
}

function read(json: Json, before: EventInvokeConfig | undefined, now: number): EventInvokeConfig {
  const input = new Input(json, "InvalidParameterValueException").only(MEMBERS);
  const destinations = new Input(input.record("DestinationConfig"), "InvalidParameterValueException");
  destinations.only(["OnSuccess", "OnFailure"]);
  const destination = (when: "OnSuccess" | "OnFailure", earlier: string | undefined) => {
    if (!input.has("DestinationConfig")) return earlier;
    const { Destination } = destinations.record(when);
    if (Destination === undefined || Destination === "") return undefined;
    if (!isDestination(Destination))
      throw invalid(`The provided destination config DestinationConfig.${when} is invalid: ${Destination}`);
    return Destination;
  };
  const attempts = { minimum: 0, maximum: MAXIMUM_RETRY_ATTEMPTS };
  const age = { minimum: 60, maximum: MAXIMUM_EVENT_AGE_SECONDS };
  return {
    maximumRetryAttempts:
      input.optionalInteger("MaximumRetryAttempts", attempts) ?? before?.maximumRetryAttempts,
    maximumEventAgeInSeconds:
      input.optionalInteger("MaximumEventAgeInSeconds", age) ?? before?.maximumEventAgeInSeconds,
    onSuccess: destination("OnSuccess", before?.onSuccess),
    onFailure: destination("OnFailure", before?.onFailure),
    lastModified: now,
  };
}

function show(record: FunctionRecord, qualifier: string, config: EventInvokeConfig): Json {
  const to = (Destination: string | undefined) => (Destination === undefined ? {} : { Destination });
  return {
    LastModified: config.lastModified / 1_000,
    FunctionArn: `${record.arn}:${qualifier}`,
    MaximumRetryAttempts: config.maximumRetryAttempts,
    MaximumEventAgeInSeconds: config.maximumEventAgeInSeconds,
    DestinationConfig: { OnSuccess: to(config.onSuccess), OnFailure: to(config.onFailure) },
  };
}

function notFound({ arn }: FunctionRecord, qualifier: string): ServiceError {
  return new ServiceError(
    "ResourceNotFoundException",
    `The function ${arn}:${qualifier} doesn't have an EventInvokeConfig`,
    404,
  );
}
