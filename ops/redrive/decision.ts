import { HEARTBEAT_SOURCE } from "../../functions/contract.ts";
import type { Outcome } from "../../functions/domain/outcome.ts";
import type { Attempt } from "../evidence/outcomes.ts";
import {
  type ArchiveLetter,
  type DeadLetter,
  type EventLetter,
  isMarked,
  MARK_REASON_ATTRIBUTE,
} from "./dead-letter.ts";
import { isExpress, prefixOf } from "./execution-name.ts";

/** What the tables say of a message's event. */
export interface Evidence {
  /** Whether the trade's row was recorded from this event. */
  readonly isRecorded: boolean;
  /** Attempts that ended otherwise, by ARN of the execution. */
  readonly attempts: readonly Pick<Attempt, "attempt" | "outcome" | "timestamp">[];
}

export interface Rules {
  /** Dead-lettered attempts after which an event is not started again. */
  readonly attempts: number;
  readonly includePoison: boolean;
}

export type Decision =
  /** Start the workflow with this input. */
  | { readonly do: "start"; readonly letter: EventLetter }
  /** What the message asks for is done: delete it. */
  | { readonly do: "drop" }
  /** An earlier redrive of this very message has this outcome: delete it if the execution has succeeded, else go on as with "start". */
  | {
      readonly do: "finish";
      readonly outcome: Outcome;
      readonly execution: string;
      readonly letter: EventLetter;
    }
  /** Not to be started again: mark it, unless it is. */
  | { readonly do: "poison"; readonly why: string; readonly isMarked: boolean }
  | { readonly do: "leave"; readonly why: string };

/** A message, what it says, and the name that its executions have. */
export interface Subject {
  readonly letter: DeadLetter;
  readonly attributes: Readonly<Record<string, string>>;
  readonly namePrefix: string;
}

/** What is to be done with a message whose event the tables know so. */
export function decide(subject: Subject, evidence: Evidence, rules: Rules): Decision {
  const { letter, attributes, namePrefix } = subject;
  const marked = isMarked({ attributes });
  if (letter.kind === "unreadable")
    return { do: "poison", why: `cannot be read: ${letter.why}`, isMarked: marked };
  if (letter.kind === "foreign") return { do: "leave", why: letter.why };
  if (letter.kind === "invocation")
    return { do: "leave", why: "an asynchronous invocation, which no execution knows of" };
  // The next one has long come, and a heartbeat leaves nothing in the tables.
  if (letter.source === HEARTBEAT_SOURCE) return { do: "drop" };
  if (evidence.isRecorded || evidence.attempts.some(({ outcome }) => outcome === "duplicate"))
    return { do: "drop" };
  if (letter.kind === "archiveOnly")
    return isRejectedSince(letter, evidence) ? { do: "drop" } : { do: "leave", why: replayAdvice(letter) };
  const own = evidence.attempts.find((each) => isOwn(each, namePrefix));
  if (own) return { do: "finish", outcome: own.outcome, execution: own.attempt, letter };
  if (rules.includePoison) return { do: "start", letter };
  const failed = evidence.attempts.filter(({ outcome }) => outcome === "deadLettered").length;
  if (marked)
    return { do: "poison", why: attributes[MARK_REASON_ATTRIBUTE] ?? "marked so earlier", isMarked: true };
  if (failed >= rules.attempts)
    return { do: "poison", why: `dead-lettered ${failed} times`, isMarked: false };
  return { do: "start", letter };
}

/**
 * Whether an attempt is of an earlier redrive of this very message, and can be asked for its end: its own message is sent
 * after the outcome is written. EXPRESS tells nothing later, so that there it is as that of any other execution.
 */
function isOwn({ attempt }: Evidence["attempts"][number], namePrefix: string): boolean {
  return prefixOf(attempt) === namePrefix && !isExpress(attempt);
}

/**
 * Whether another attempt has found the event to be invalid after the one that sent the letter had failed: there is
 * nothing left to send through again, and the message in the queue of rejects is the one to be acted on.
 */
function isRejectedSince({ execution }: ArchiveLetter, { attempts }: Evidence): boolean {
  const own = attempts.find(({ attempt }) => attempt === execution);
  if (own?.outcome !== "deadLettered") return false;
  return attempts.some(({ outcome, timestamp }) => outcome === "rejected" && timestamp > own.timestamp);
}

/** A replay selects by the event's own time, which has whole seconds; the window is the minute around it. */
function replayAdvice({ eventTime }: ArchiveLetter): string {
  if (eventTime === undefined) return "too large to be kept: only the archive holds it";
  const minute = Math.floor(eventTime / 60_000) * 60_000;
  const text = (time: number) => new Date(time).toISOString().replace(".000Z", "Z");
  return `too large to be kept: replay --from ${text(minute)} --to ${text(minute + 60_000)}`;
}
