import { TRADES_TABLE } from "../../components/storage/table-shapes.ts";
import { Cloud, LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import { createDynamoDb } from "../../local/cloud/dynamodb/service.ts";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { type MarketDataServer, startMarketData } from "../../local/market-data/server.ts";
import { STORAGE_TYPES } from "../../local/providers/storage.ts";
import { until } from "../local/dynamodb-support.ts";
import { FUNCTION_VARIABLES } from "./bundle-harness.ts";

export const REGION = FUNCTION_VARIABLES.AWS_REGION;
export const TABLE = FUNCTION_VARIABLES.TRADES_TABLE_NAME;

/** What the functions call, on this machine: Parameter Store, the trades table and the market data API. */
export interface FunctionServices {
  readonly cloud: Cloud;
  readonly endpoint: Endpoint;
  readonly marketData: MarketDataServer;
  /** Sets the parameter that a variable of the functions names, as an operator does. */
  setParameter(
    variable: "API_ENDPOINT_PARAMETER" | "PROCESSING_THRESHOLD_PARAMETER" | "MAX_RETRIES_PARAMETER",
    value: string,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function startFunctionServices(): Promise<FunctionServices> {
  const cloud = new Cloud();
  cloud.add(createDynamoDb);
  cloud.add(createSsm);
  const endpoint = await startEndpoint(cloud);
  const marketData = await startMarketData();
  await createTradesTable(cloud);
  return {
    cloud,
    endpoint,
    marketData,
    async setParameter(variable, Value) {
      const input = { Name: FUNCTION_VARIABLES[variable], Value, Type: "String", Overwrite: true };
      const call = { service: "ssm", operation: "PutParameter", region: REGION, principal: "operator" };
      await cloud.call(call, input);
    },
    async close() {
      await marketData.close();
      await cloud.close();
      await endpoint.close();
    },
  };
}

/** The table as the local cloud makes it from the program's own shape, so that a wrong key fails here too. */
async function createTradesTable(cloud: Cloud): Promise<void> {
  const type = "aws:dynamodb/table:Table";
  const { hashKey, rangeKey, attributes, globalSecondaryIndexes = [] } = TRADES_TABLE;
  const inputs = {
    name: TABLE,
    billingMode: "PAY_PER_REQUEST",
    hashKey,
    ...(rangeKey !== undefined && { rangeKey }),
    attributes: attributes.map((each) => ({ ...each })),
    globalSecondaryIndexes: globalSecondaryIndexes.map((each) => ({ ...each })),
  };
  const request = { region: REGION, account: LOCAL_ACCOUNT, urn: "urn:trades", type, name: "trades", inputs };
  const ports = { call: cloud.surroundings.call, pushImage: async () => {} };
  await STORAGE_TYPES[type]?.create?.(request, ports, { id: TABLE, outputs: {} });
  const call = { service: "dynamodb", operation: "DescribeTable", region: REGION, principal: "test" };
  await until(async () => {
    const { Table } = (await cloud.call(call, { TableName: TABLE })) as { Table: { TableStatus: string } };
    return Table.TableStatus === "ACTIVE";
  });
}
