import type { Faults } from "./faults.ts";

/** The one way into every local service: a named operation, called with plain JSON by a principal in a region. */

/** Who calls what, and where. The same for calls over the wire and between services. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  /** ARN of a role, or the name of a service such as `events.amazonaws.com`. */
  readonly principal: string;
}

export type Json = Record<string, unknown>;

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
export type Caller = (
  service: string,
  operation: string,
  input: Json,
  from: { region: string; principal: string },
) => Promise<Json>;

/** The time that services see. Tests replace it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `milliseconds`; the result cancels it. */
  after(milliseconds: number, task: () => void): () => void;
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
