import type { ReferencePath } from "../states/paths.ts";
import type { Archive } from "./archive.ts";
import type { Pattern } from "./pattern.ts";

/** An event on a bus. */
export interface BusEvent {
  readonly id: string;
  /** The envelope as JSON text. The detail is in it as it was put, so that its numbers keep their form. */
  readonly text: string;
  /** The envelope decoded, for patterns and paths. */
  readonly envelope: Readonly<Record<string, unknown>>;
  /** When the first bus accepted it, in milliseconds since the epoch: the start of its age. */
  readonly accepted: number;
  /** Whether it came from another bus; such an event goes to no third one. */
  readonly isForwarded: boolean;
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly kind: "stateMachine" | "queue" | "bus";
  readonly roleArn: string | undefined;
  readonly deadLetterArn: string | undefined;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
  readonly inputPath: ReferencePath | undefined;
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
  /** What CreateEventBus was given besides the name. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly created: number;
}
