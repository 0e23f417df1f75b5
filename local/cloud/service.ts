import type { Durable } from "./durable.ts";
import type { Faults } from "./faults.ts";

/** The one way into every local service: a named operation, called with plain JSON by a principal in a region. */

/** Who calls what, and where. The same for calls over the wire and between services. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  /** ARN of a role, or the name of a service such as `events.amazonaws.com`. */
  readonly principal: string;
  /** For whom a service calls in its own name, such as a rule or an alarm: `aws:SourceArn`. */
  readonly sourceArn?: string;
  /** The service that calls on behalf of the principal, such as `lambda.us-east-1.amazonaws.com`: `kms:ViaService`. */
  readonly viaService?: string;
  /** The function whose code calls with its role's credentials: `lambda:SourceFunctionArn`. */
  readonly sourceFunctionArn?: string;
  /** Name of the role session that the caller's credentials are of. */
  readonly sessionName?: string;
  /** The service that calls with the principal's role, which must trust it, for `sourceArn`: `events.amazonaws.com`. */
  readonly assumedBy?: string;
}

/** From where a call comes: all of it but what is called. */
export type Origin = Omit<Call, "service" | "operation">;

/** Throws the called service's own error if a call is not permitted. */
export type Authorizer = (call: Call, input: Json) => void;

export type Json = Record<string, unknown>;

/** What an AWS service reports as an event. */
export interface ServiceEvent {
  /** Such as `aws.states`. */
  readonly source: string;
  readonly detailType: string;
  /** ARNs of what it is about. */
  readonly resources: readonly string[];
  readonly detail: Json;
}

/** Takes an event of a service for a region's default bus; PutEvents refuses the sources of services. */
export type PublishServiceEvent = (region: string, event: ServiceEvent) => void;

/**
 * An operation. Input is decoded JSON and therefore unknown. The result is what the AWS API returns.
 * Throws ServiceError for what AWS would refuse.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: operations such as DeleteQueue return nothing
export type Operation = (input: Json, call: Call) => Promise<Json | void> | Json | void;

export interface Service {
  /** Endpoint prefix as in the credential scope: `dynamodb`, `events`, `states`, `sqs` … */
  readonly name: string;
  /** What is carried out, by AWS operation name. Everything else is refused by name. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** The region that a call is answered in, where that is not the one that it was sent to. */
  regionOf?(call: Call, input: Json): string;
  /** The policy of a resource of this service, as JSON text; undefined if it has none or does not exist. */
  resourcePolicy?(arn: string): string | undefined;
  /** ARN of the customer key that a resource of this service is encrypted with; undefined if there is none. */
  encryptionKey?(arn: string): string | undefined;
  /** What of its state outlives the process, where AWS keeps it. */
  readonly durable?: Durable;
  /** Ends timers, processes and stores. Called once. */
  close?(): Promise<void>;
}

/** An error in the service's own terms: `code` is the AWS error code that clients and workflows see. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's body, such as the Item of a failed condition. */
  readonly fields: Json;
  constructor(code: string, message: string, status = 400, fields: Json = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** Calls an operation of another service, through faults and permissions like every other call. */
export type Caller = (service: string, operation: string, input: Json, from: Origin) => Promise<Json>;

/** The time that services see. Tests replace it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `milliseconds`; the result cancels it. */
  after(milliseconds: number, task: () => void): () => void;
  /** Real work begins that time must not overtake, such as a function's process at work; the result ends it. */
  hold(): () => void;
  /** Real work begins to wait for this clock, as for a delayed answer; the result ends that. */
  wait(): () => void;
}

/** What every service is given. */
export interface Surroundings {
  readonly account: string;
  readonly clock: Clock;
  readonly call: Caller;
  /** For crashes, which only the function service can carry out; the dispatcher applies all other faults. */
  readonly faults: Faults;
  /** Seeded random number in [0, 1), so that a run can be repeated. */
  readonly random: () => number;
}
