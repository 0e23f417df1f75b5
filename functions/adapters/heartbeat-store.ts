import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { serviceError } from "./service-errors.ts";

export interface Heartbeat {
  /** Where the heartbeat was put. */
  readonly region: string;
  /** Event id. */
  readonly id: string;
  readonly at: Date;
}

/** The last heartbeat of each region in a table of their own. */
export function heartbeatStore(client: DynamoDBClient, tableName: string) {
  return {
    /** Writes the heartbeat over the last one. Throws RETRYABLE_ERROR when the table is throttled, slow or out of reach. */
    async put({ region, id, at }: Heartbeat, signal: AbortSignal): Promise<void> {
      const put = new PutItemCommand({
        TableName: tableName,
        Item: { region: { S: region }, id: { S: id }, recordedAt: { S: at.toISOString() } },
      });
      await client.send(put, { abortSignal: signal }).catch((thrown: unknown) => {
        throw serviceError("DynamoDB PutItem", thrown);
      });
    },
  };
}
