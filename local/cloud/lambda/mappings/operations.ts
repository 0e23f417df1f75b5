import { randomUUID } from "node:crypto";
import { Pauses } from "../../pauses.ts";
import type { Call, Json, Operation, Surroundings } from "../../service.ts";
import { ServiceError } from "../../service.ts";
import type { MetricsPort } from "../../states/ports.ts";
import { act } from "../acting.ts";
import { type FunctionRecord, type FunctionStore, referenceOf, versionOf } from "../functions.ts";
import type { Invoker } from "../invoke.ts";
import { finder, invalid } from "../manage.ts";
import { page } from "../paging.ts";
import { pollQueue } from "./queue-poller.ts";
import { type MappingSettings, readSettings, type SourceKind, showSettings, sourceKind } from "./settings.ts";
import { asRole, type Source } from "./source.ts";
import { pollStream, type ShardProgress } from "./stream-poller.ts";

export interface MappingNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly store: FunctionStore;
  readonly invoker: Invoker;
  readonly queueUrl: (arn: string) => string;
}

interface Mapping {
  readonly id: string;
  readonly region: string;
  readonly kind: SourceKind;
  readonly eventSourceArn: string;
  settings: MappingSettings;
  record: FunctionRecord;
  qualifier: string | undefined;
  state: string;
  result: string;
  lastModified: number;
  readonly shards: Map<string, ShardProgress>;
  /** Of the poller that runs. */
  pauses: Pauses | undefined;
}

/** How long a mapping takes to come into the state that is asked for. */
const TRANSITION_MILLISECONDS = 1_000;

/** The operations on event source mappings, and the pollers behind them. */
export class Mappings {
  readonly operations: Record<string, Operation>;
  readonly #needs: MappingNeeds;
  readonly #mappings = new Map<string, Mapping>();

  constructor(needs: MappingNeeds) {
    this.#needs = needs;
    this.operations = {
      CreateEventSourceMapping: (input, call) => this.#create(input, call),
      UpdateEventSourceMapping: (input, call) => this.#update(input, call),
      DeleteEventSourceMapping: (input, call) => this.#delete(this.#get(input, call)),
      GetEventSourceMapping: (input, call) => this.#show(this.#get(input, call)),
      ListEventSourceMappings: (input, call) => this.#list(input, call),
    };
  }

  close(): void {
    for (const mapping of this.#mappings.values()) stop(mapping);
  }

  async #create(input: Json, call: Call): Promise<Json> {
    const { surroundings } = this.#needs;
    const kind = sourceKind(input.EventSourceArn);
    const settings = readSettings(input, kind);
    const record = finder(this.#needs)(input, call);
    const { qualifier } = referenceOf(input);
    versionOf(record, qualifier);
    const eventSourceArn = String(input.EventSourceArn);
    const same = this.#in(call.region).find(
      (each) =>
        each.eventSourceArn === eventSourceArn && each.record === record && each.qualifier === qualifier,
    );
    if (same)
      throw new ServiceError(
        "ResourceConflictException",
        `An event source mapping with ${kind === "queue" ? "SQS" : "dynamodb"} arn (" ${eventSourceArn} ") and ` +
          `function (" ${record.name} ") already exists. Please update or delete the existing mapping with UUID ${same.id}`,
        409,
      );
    const mapping: Mapping = {
      ...{ id: randomUUID(), region: call.region, kind, eventSourceArn, settings, record, qualifier },
      ...{ state: "Creating", result: "No records processed", pauses: undefined },
      shards: new Map(),
      lastModified: surroundings.clock.now(),
    };
    await this.#checkSource(mapping);
    this.#mappings.set(mapping.id, mapping);
    this.#turn(mapping, input.Enabled !== false);
    return this.#show(mapping);
  }

  async #update(input: Json, call: Call): Promise<Json> {
    const mapping = this.#get(input, call);
    const settings = readSettings(input, mapping.kind, mapping.settings);
    if (input.FunctionName !== undefined) {
      const record = finder(this.#needs)(input, call);
      const { qualifier } = referenceOf(input);
      versionOf(record, qualifier);
      Object.assign(mapping, { record, qualifier });
    }
    const isEnabled = input.Enabled === undefined ? mapping.pauses !== undefined : input.Enabled === true;
    const wasEnabled = mapping.pauses !== undefined;
    mapping.settings = settings;
    mapping.lastModified = this.#needs.surroundings.clock.now();
    mapping.state = isEnabled === wasEnabled ? "Updating" : isEnabled ? "Enabling" : "Disabling";
    stop(mapping);
    this.#turn(mapping, isEnabled);
    return this.#show(mapping);
  }

  #delete(mapping: Mapping): Json {
    stop(mapping);
    mapping.state = "Deleting";
    const { clock } = this.#needs.surroundings;
    clock.after(TRANSITION_MILLISECONDS, () => this.#mappings.delete(mapping.id));
    return this.#show(mapping);
  }

  #list(input: Json, { region }: Call): Json {
    const name = input.FunctionName === undefined ? undefined : referenceOf(input).name;
    const found = this.#in(region).filter(
      ({ eventSourceArn, record }) =>
        (input.EventSourceArn ?? eventSourceArn) === eventSourceArn && (name ?? record.name) === record.name,
    );
    return page(
      input,
      "EventSourceMappings",
      found.map((mapping) => this.#show(mapping)),
    );
  }

  #in(region: string): Mapping[] {
    return [...this.#mappings.values()].filter((each) => each.region === region);
  }

  #get(input: Json, { region }: Call): Mapping {
    const mapping = this.#mappings.get(String(input.UUID));
    if (!mapping || mapping.region !== region)
      throw new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
    return mapping;
  }

  /** Comes into the state that is asked for after a while, and begins to poll if that is enabled. */
  #turn(mapping: Mapping, isEnabled: boolean): void {
    const pauses = new Pauses(this.#needs.surroundings.clock);
    if (isEnabled) mapping.pauses = pauses;
    this.#needs.surroundings.clock.after(TRANSITION_MILLISECONDS, () => {
      if (pauses.isClosed || mapping.state === "Deleting") return;
      mapping.state = isEnabled ? "Enabled" : "Disabled";
      if (!isEnabled) return;
      const poll = mapping.kind === "stream" ? pollStream : pollQueue;
      poll(this.#sourceOf(mapping, pauses));
    });
  }

  #sourceOf(mapping: Mapping, pauses: Pauses): Source {
    const { settings, record, qualifier, shards } = mapping;
    return {
      ...this.#needs,
      ...{
        settings,
        record,
        qualifier,
        shards,
        pauses,
        arn: mapping.eventSourceArn,
        mappingArn: this.#arn(mapping),
      },
      role: () => versionOf(record, qualifier).role,
      report: (result) => {
        mapping.result = result;
      },
    };
  }

  /** Refuses a source that is not there, that the role may not read, or that does not fit the function. */
  async #checkSource(mapping: Mapping): Promise<void> {
    const source = this.#sourceOf(mapping, new Pauses(this.#needs.surroundings.clock));
    const { call } = this.#needs.surroundings;
    const ask = (service: string, operation: string, input: Json) =>
      act(call, service, operation, input, asRole(source), (error) =>
        invalid(
          error.code.includes("AccessDenied")
            ? `The provided execution role does not have permissions to call ${operation} on ${service.toUpperCase()}`
            : `Error occurred while ${operation}. ${service.toUpperCase()} Error Code: ${error.code}. Error Message: ${error.message}`,
        ),
      );
    if (mapping.kind === "stream") {
      await ask("dynamodb", "DescribeStream", { StreamArn: mapping.eventSourceArn, Limit: 1 });
      return;
    }
    const QueueUrl = this.#needs.queueUrl(mapping.eventSourceArn);
    const found = await ask("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["VisibilityTimeout"] });
    const attributes = (found?.Attributes ?? {}) as Json;
    const visible = Number(attributes.VisibilityTimeout ?? Number.POSITIVE_INFINITY);
    const { seconds } = versionOf(mapping.record, mapping.qualifier);
    if (visible < seconds)
      throw invalid(
        `Queue visibility timeout: ${visible} seconds is less than Function timeout: ${seconds} seconds`,
      );
  }

  #arn({ region, id }: Mapping): string {
    return `arn:aws:lambda:${region}:${this.#needs.surroundings.account}:event-source-mapping:${id}`;
  }

  #show(mapping: Mapping): Json {
    const { record, qualifier } = mapping;
    return {
      UUID: mapping.id,
      EventSourceMappingArn: this.#arn(mapping),
      EventSourceArn: mapping.eventSourceArn,
      FunctionArn: qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`,
      ...showSettings(mapping.settings, mapping.kind),
      State: mapping.state,
      StateTransitionReason: "USER_INITIATED",
      LastProcessingResult: mapping.result,
      LastModified: mapping.lastModified / 1_000,
    };
  }
}

function stop(mapping: Mapping): void {
  mapping.pauses?.close();
  mapping.pauses = undefined;
}
