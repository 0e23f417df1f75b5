import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { serviceError } from "./service-errors.ts";

/** Where outcomes are appended; one text an attribute, `event` and `attempt` being the key. */
export interface OutcomeStore {
  /**
   * Appends the outcome of an attempt unless it is there already; false if it was. Throws RETRYABLE_ERROR when the
   * table is throttled, slow or out of reach.
   */
  append(item: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean>;
}

/** Outcomes in a DynamoDB table, put once and never changed. */
export function outcomeStore(client: DynamoDBClient, tableName: string): OutcomeStore {
  return {
    async append(item, signal) {
      const attributes = Object.entries(item).map(([name, text]): [string, AttributeValue] => [
        name,
        { S: text },
      ]);
      const put = new PutItemCommand({
        TableName: tableName,
        Item: Object.fromEntries(attributes),
        ConditionExpression: "attribute_not_exists(event)",
      });
      try {
        await client.send(put, { abortSignal: signal });
        return true;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return false;
        throw serviceError("DynamoDB PutItem", thrown);
      }
    },
  };
}
