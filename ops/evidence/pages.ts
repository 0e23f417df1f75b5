import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";

/** An item as DynamoDB has it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** A window of time. */
export interface TimeWindow {
  /** Milliseconds since the epoch, included. */
  readonly from: number;
  /** Milliseconds since the epoch, not included. */
  readonly to: number;
}

/** Every item of a query, page by page; no more than a page of them is held. */
export async function* queried(client: DynamoDBClient, input: QueryCommandInput): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await client.send(new QueryCommand({ ...input, ExclusiveStartKey: start }));
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

/** Every item of a table, page by page; no more than a page of them is held. */
export async function* scanned(client: DynamoDBClient, TableName: string): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: start }));
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

/** Reads the attributes of a table's items. What is not as it must be is an error that names table, key and attribute. */
export class ItemReader {
  readonly #table: string;
  readonly #key: readonly string[];

  constructor(table: string, key: readonly string[]) {
    this.#table = table;
    this.#key = key;
  }

  text(item: Item, attribute: string): string {
    return item[attribute]?.S ?? this.#refuse(item, attribute, "text");
  }

  optionalText(item: Item, attribute: string): string | undefined {
    return item[attribute] === undefined ? undefined : this.text(item, attribute);
  }

  /** A whole number. */
  number(item: Item, attribute: string): number {
    const number = Number(item[attribute]?.N ?? Number.NaN);
    return Number.isSafeInteger(number) ? number : this.#refuse(item, attribute, "a whole number");
  }

  optionalNumber(item: Item, attribute: string): number | undefined {
    return item[attribute] === undefined ? undefined : this.number(item, attribute);
  }

  oneOf<Value extends string>(item: Item, attribute: string, values: readonly Value[]): Value {
    const text = item[attribute]?.S;
    return values.find((value) => value === text) ?? this.#refuse(item, attribute, values.join(", "));
  }

  #refuse(item: Item, attribute: string, allowed: string): never {
    const key = this.#key.map((name) => `${name} ${JSON.stringify(plain(item[name]))}`).join(", ");
    throw new Error(
      `table ${this.#table}, item of ${key}: ${attribute} is ${JSON.stringify(plain(item[attribute])) ?? "missing"}; allowed is ${allowed}`,
    );
  }
}

function plain(value: AttributeValue | undefined): unknown {
  return value?.S ?? value?.N ?? value;
}
