import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

const MAXIMUM_ENTRIES = 10;

/**
 * Carries out each entry of a batch by itself: what fails is listed under Failed and does not touch the others.
 * Throws for a batch that is refused as a whole. (Amazon SQS API Reference, SendMessageBatch.)
 */
export function runBatch(json: Json, carryOut: (entry: Json) => Json): Json {
  const entries = new Input(json, "InvalidParameterValue").records("Entries");
  if (entries.length === 0)
    throw new ServiceError(
      "EmptyBatchRequest",
      "There should be at least one SendMessageBatchRequestEntry in the request.",
    );
  if (entries.length > MAXIMUM_ENTRIES)
    throw new ServiceError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MAXIMUM_ENTRIES}. You have sent ${entries.length}.`,
    );
  const ids = entries.map((entry) => entry.Id);
  for (const id of ids)
    if (typeof id !== "string" || !/^[A-Za-z0-9_-]{1,80}$/.test(id))
      throw new ServiceError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
          "It can be at most 80 letters long.",
      );
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new ServiceError("BatchEntryIdsNotDistinct", `Id ${repeated} repeated.`);
  const Successful: Json[] = [];
  const Failed: Json[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...carryOut(entry) });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      Failed.push({
        Id: entry.Id,
        Code: error.code,
        Message: error.message,
        SenderFault: error.status < 500,
      });
    }
  }
  return Failed.length > 0 ? { Successful, Failed } : { Successful };
}
