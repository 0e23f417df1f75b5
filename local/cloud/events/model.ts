import type { Archive } from "./archive.ts";
import type { Pattern } from "./pattern.ts";
import type { Taken } from "./taken.ts";
import type { TargetInput } from "./target-input.ts";

/** An event on a bus. */
export interface BusEvent {
  readonly id: string;
  /** The envelope as JSON text. The detail is in it as it was put, so that its numbers keep their form. */
  readonly text: string;
  /** The envelope decoded, for patterns and paths. */
  readonly envelope: Readonly<Record<string, unknown>>;
  /** When the first bus accepted it, or it was replayed, in milliseconds since the epoch: the start of its age. */
  readonly accepted: number;
  /** Whether it came from another bus; such an event goes to no third one. */
  readonly isForwarded: boolean;
  /**
   * What has become of it on each bus that it came to. A replay of it and what is handed on share this list. Undefined
   * for a global endpoint's copy in the other region: the event counts where it was put.
   */
  readonly taken: Taken[] | undefined;
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly kind: "stateMachine" | "queue" | "bus" | "function" | "topic";
  readonly roleArn: string | undefined;
  readonly deadLetterArn: string | undefined;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
  readonly input: TargetInput;
  /** As it was given, for ListTargetsByRule. */
  readonly given: Readonly<Record<string, unknown>>;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly bus: string;
  readonly region: string;
  readonly pattern: Pattern;
  readonly patternText: string;
  readonly isEnabled: boolean;
  readonly description: string | undefined;
  readonly roleArn: string | undefined;
  readonly targets: Map<string, Target>;
}

export interface Bus {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly rules: Map<string, Rule>;
  readonly archives: Map<string, Archive>;
  readonly created: number;
  /** What CreateEventBus or UpdateEventBus was given besides the name. */
  given: Readonly<Record<string, unknown>>;
  modified: number;
  /** The resource policy as JSON text. */
  policy: string | undefined;
  /** Events that PutEvents has accepted for it since the start. */
  acceptedEvents: number;
  /** Events that another bus has handed on to it since the start. */
  forwardedEvents: number;
  /** How many of its events were taken by which rules, by the rules' names. */
  readonly taken: Map<string, Taken>;
}
