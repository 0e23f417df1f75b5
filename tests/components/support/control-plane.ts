import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Account that the control plane says its callers are of; the one of offline evaluations. */
export const ACCOUNT = "000000000000";

interface Replica {
  RegionName: string;
  ReplicaStatus: string;
  KMSMasterKeyId?: string;
}
interface Table {
  TableStatus: string;
  Replicas: Replica[];
  recovery: Record<string, boolean>;
  tags: Record<string, Record<string, string>>;
}
type Input = Record<string, unknown>;
interface ReplicaUpdate {
  Create?: { RegionName: string; KMSMasterKeyId?: string };
  Update?: { RegionName: string; KMSMasterKeyId?: string };
  Delete?: { RegionName: string };
}

/**
 * The calls of DynamoDB's control plane and of STS that replicas take, on a loopback port. Changes of a replica
 * take `polls` descriptions to settle, as they take minutes in AWS, and are refused while another is under way.
 */
export class ControlPlane {
  readonly tables = new Map<string, Table>();
  /** Every call: region, operation and input. */
  readonly calls: { region: string; operation: string; input: Input }[] = [];
  account = ACCOUNT;
  polls = 0;
  /** Errors that the next calls of an operation end with, before anything is carried out. */
  readonly refusals = new Map<string, { name: string; message: string }[]>();
  /** Whether a table's recovery shows in the first description after it was set, or in the next. */
  recoveryLags = false;
  #pending: { left: number; settle: () => void }[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #environment: Record<string, string | undefined> = {};

  /** Listens, and makes SDK clients of this process call it. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    const settings = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      // So that whoever calls has to repeat what is refused: the SDK by itself would hide a few refusals.
      AWS_MAX_ATTEMPTS: "1",
    };
    for (const [key, value] of Object.entries(settings)) {
      this.#environment[key] = process.env[key];
      process.env[key] = value;
    }
  }

  async stop(): Promise<void> {
    for (const [key, value] of Object.entries(this.#environment))
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  addTable(name: string): Table {
    const table: Table = { TableStatus: "ACTIVE", Replicas: [], recovery: {}, tags: {} };
    this.tables.set(name, table);
    return table;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const operation = String(request.headers["x-amz-target"] ?? "").split(".")[1];
      const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (operation === undefined) {
        this.calls.push({ region, operation: "GetCallerIdentity", input: {} });
        response.setHeader("content-type", "text/xml").end(callerIdentity(this.account));
        return;
      }
      const input = JSON.parse(body) as Input;
      this.calls.push({ region, operation, input });
      response.setHeader("content-type", "application/x-amz-json-1.0");
      try {
        response.end(JSON.stringify(this.#carryOut(operation, region, input)));
      } catch (error) {
        const { name, message } = error as Error;
        response.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.dynamodb#${name}`, message }));
      }
    });
  }

  #carryOut(operation: string, region: string, input: Input): unknown {
    const name = String(input.TableName ?? String(input.ResourceArn ?? "").split("/")[1]);
    const table = this.tables.get(name);
    if (!table) throw failure("ResourceNotFoundException", `Requested resource not found: Table: ${name}`);
    const refusal = this.refusals.get(operation)?.shift();
    if (refusal) throw failure(refusal.name, refusal.message);
    switch (operation) {
      case "DescribeTable":
        this.#poll();
        return { Table: { ...table, TableName: name, LatestStreamArn: streamArn(region, name) } };
      case "UpdateTable":
        return this.#updateReplicas(table, input.ReplicaUpdates as ReplicaUpdate[]);
      case "UpdateContinuousBackups": {
        const specification = input.PointInTimeRecoverySpecification as {
          PointInTimeRecoveryEnabled: boolean;
        };
        table.recovery[region] = specification.PointInTimeRecoveryEnabled;
        return {};
      }
      case "DescribeContinuousBackups": {
        const status = table.recovery[region] && !this.recoveryLags ? "ENABLED" : "DISABLED";
        this.recoveryLags = false;
        return {
          ContinuousBackupsDescription: {
            ContinuousBackupsStatus: "ENABLED",
            PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
          },
        };
      }
      case "TagResource": {
        const tags = (input.Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]);
        table.tags[region] = { ...table.tags[region], ...Object.fromEntries(tags) };
        return {};
      }
      case "UntagResource":
        for (const key of input.TagKeys as string[]) delete table.tags[region]?.[key];
        return {};
      case "ListTagsOfResource":
        return { Tags: Object.entries(table.tags[region] ?? {}).map(([Key, Value]) => ({ Key, Value })) };
      default:
        throw failure("UnknownOperationException", `${operation} is not part of a replica's life`);
    }
  }

  #updateReplicas(table: Table, updates: ReplicaUpdate[]): unknown {
    if (table.TableStatus !== "ACTIVE")
      throw failure("ResourceInUseException", `Attempt to change a table that is ${table.TableStatus}`);
    for (const { Create, Update, Delete } of updates) {
      const regionName = (Create ?? Update ?? Delete)?.RegionName ?? "";
      const found = table.Replicas.find((replica) => replica.RegionName === regionName);
      if (Create) {
        if (found) throw failure("ValidationException", `Replica ${regionName} is there already`);
        const replica: Replica = { ...Create, ReplicaStatus: "CREATING" };
        table.Replicas.push(replica);
        this.#change(table, () => {
          replica.ReplicaStatus = "ACTIVE";
        });
        continue;
      }
      if (!found) throw failure("ValidationException", `There is no replica ${regionName}`);
      found.ReplicaStatus = Update ? "UPDATING" : "DELETING";
      this.#change(table, () => {
        if (Update) Object.assign(found, Update, { ReplicaStatus: "ACTIVE" });
        else table.Replicas = table.Replicas.filter((replica) => replica !== found);
      });
    }
    return {};
  }

  #change(table: Table, settle: () => void): void {
    table.TableStatus = "UPDATING";
    const finish = () => {
      table.TableStatus = "ACTIVE";
      settle();
    };
    if (this.polls === 0) finish();
    else this.#pending.push({ left: this.polls, settle: finish });
  }

  #poll(): void {
    const due = this.#pending.filter((change) => change.left === 0);
    this.#pending = this.#pending.filter((change) => change.left > 0);
    for (const change of this.#pending) change.left -= 1;
    for (const change of due) change.settle();
  }
}

/** ARN of a table's stream in a region, which ends in when it was made. */
export const streamArn = (region: string, table: string) =>
  `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}/stream/2026-03-02T14:30:00.000`;

function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const callerIdentity = (account: string) =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
  `<Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
