import { ServiceError } from "../service.ts";
import { isProvisioned, type Throttled } from "./capacity.ts";
import type { TableDescription } from "./dynalite.ts";

/**
 * The error of a throttled request. (Developer Guide, "Error handling with DynamoDB" for the codes and messages and
 * "Diagnosing throttling" for the reasons.)
 */
export function throttlingError(table: TableDescription, { index, access, limit }: Throttled): ServiceError {
  const resource = index === undefined ? table.TableArn : `${table.TableArn}/index/${index}`;
  const reason = `${index === undefined ? "Table" : "Index"}${access}${limit}`;
  const [code, message] = isProvisioned(table)
    ? ["ProvisionedThroughputExceededException", provisionedMessage(index !== undefined)]
    : ["ThrottlingException", ON_DEMAND_MESSAGE];
  return new ServiceError(code, message, 400, { ThrottlingReasons: [{ reason, resource }] });
}

const ON_DEMAND_MESSAGE =
  "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or " +
  "index so please try again shortly. If exceptions persist, check if you have a hot key: " +
  "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";

function provisionedMessage(isIndex: boolean): string {
  return isIndex
    ? "The level of configured provisioned throughput for one or more global secondary indexes of the table was " +
        "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes " +
        "with the UpdateTable API"
    : "The level of configured provisioned throughput for the table was exceeded. Consider increasing your " +
        "provisioning level with the UpdateTable API.";
}

/** Whether an error says that a request was throttled. */
export function isThrottling(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    (error.code === "ThrottlingException" || error.code === "ProvisionedThroughputExceededException")
  );
}
