/** What a message in one of the queues says, whoever sent it there. */
import { eventKey } from "../../functions/domain/envelope.ts";
import { isJsonObject, type JsonObject, parsedJson } from "../../functions/domain/json.ts";
import { membersOf } from "../../functions/domain/json-tokens.ts";
import { epochMilliseconds, parseTimestamp } from "../../functions/domain/timestamp.ts";
import type { RuleNames } from "./rules.ts";
import { leadsToWorkflow } from "./rules.ts";

/** The message attribute of a message that is not started again, and that of why. */
export const MARK_ATTRIBUTE = "Redrive";
export const MARK = "poison";
export const MARK_REASON_ATTRIBUTE = "RedriveReason";

/** A message as far as it is read here; attributes that are text, by name. */
export interface LetterMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** When it was sent, in milliseconds since the epoch. */
  readonly sentAt: number;
}

interface Described {
  /** `<region>#<event id>`. */
  readonly event: string;
  /** The event's source, such as `trading.system1`. */
  readonly source: string | undefined;
  readonly tradeId: string | undefined;
  readonly version: number;
  /** Reason codes and error names. */
  readonly reasons: readonly string[];
  /** When the system accepted the event, else the event's own time, in milliseconds since the epoch. */
  readonly time: number | undefined;
  /** The execution that sent the message, if one did. */
  readonly execution: string | undefined;
}

/** An event of the workflow, whole. */
export interface EventLetter extends Described {
  readonly kind: "event";
  /** Input of its next execution: the envelope as it stands, and when the event was accepted first. */
  readonly input: string;
}

/** An event of which only a part was kept: the archive still has it. */
export interface ArchiveLetter extends Described {
  readonly kind: "archiveOnly";
  /** The event's own time, by which a replay selects, in milliseconds since the epoch. */
  readonly eventTime: number | undefined;
}

export type DeadLetter =
  | EventLetter
  | ArchiveLetter
  /** An asynchronous invocation of a function, or one that a schedule asked for: no execution knows of it. */
  | { readonly kind: "invocation"; readonly reasons: readonly string[]; readonly time: number }
  /** What never was for the workflow. */
  | { readonly kind: "foreign"; readonly why: string; readonly reasons: readonly string[] }
  | { readonly kind: "unreadable"; readonly why: string };

/** Whether an earlier redrive has marked the message as not to be started again. */
export function isMarked({ attributes }: Pick<LetterMessage, "attributes">): boolean {
  return attributes[MARK_ATTRIBUTE] === MARK;
}

/** Reads a message. Never throws: what cannot be read says why. */
export function readDeadLetter(message: LetterMessage, rules: RuleNames): DeadLetter {
  const { attributes } = message;
  const body = parsedJson(message.body);
  // Lambda Developer Guide, "Adding a dead-letter queue": request id, error code (an HTTP status) and message.
  if (attributes.RequestID !== undefined)
    return { kind: "invocation", reasons: present(attributes.ErrorCode), time: message.sentAt };
  // EventBridge Scheduler User Guide, "Configuring a schedule's dead-letter queue": the body is the schedule's input.
  if (attributes.SCHEDULE_ARN !== undefined)
    return { kind: "invocation", reasons: present(attributes.ERROR_CODE), time: message.sentAt };
  if (!isJsonObject(body)) return { kind: "unreadable", why: "its body is no JSON object" };
  if (isStatusChange(body)) return unfinished(body);
  if (attributes.RULE_ARN !== undefined)
    return leadsToWorkflow(attributes.RULE_ARN, rules)
      ? eventOf(message.body, { reasons: present(attributes.ERROR_CODE) })
      : {
          kind: "foreign",
          why: `of ${attributes.RULE_ARN}, which does not lead to the workflow`,
          reasons: present(attributes.ERROR_CODE),
        };
  return ofWorkflow(message.body, body);
}

/** The workflow's own message (components/workflow/outcome-states.ts). */
function ofWorkflow(text: string, body: JsonObject): DeadLetter {
  const execution = isJsonObject(body.execution) ? body.execution : {};
  const known = { reasons: reasonsOf(body), execution: textOf(execution.id) };
  const acceptedAt = textOf(execution.startTime);
  if (isJsonObject(body.envelope)) {
    const envelope = membersOf(text).findLast(({ key }) => key === "envelope")?.text ?? "";
    return eventOf(envelope, { ...known, ...(acceptedAt !== undefined && { acceptedAt }) });
  }
  const event = textOf(body.event);
  const copy = typeof body.boundedCopy === "string" ? parsedJson(body.boundedCopy) : undefined;
  const rest = isJsonObject(copy) ? copy : body.archiveOnly === true ? body : undefined;
  if (event === undefined || rest === undefined)
    return { kind: "unreadable", why: "it has no envelope and says of no event" };
  const eventTime = milliseconds(rest.time);
  return {
    ...{ kind: "archiveOnly", event, source: textOf(rest.source), eventTime, ...known },
    ...{ tradeId: textOf(body.tradeId) || undefined, version: 1 },
    time: milliseconds(acceptedAt) ?? eventTime,
  };
}

/** "Step Functions Execution Status Change": input is the execution's, as text, unless it was too large. */
function unfinished({ detail }: JsonObject): DeadLetter {
  const of = isJsonObject(detail) ? detail : {};
  const { executionArn, startDate, input, status, error } = of;
  const reasons = [...present(textOf(status)), ...present(textOf(error))];
  if (typeof input !== "string")
    return {
      kind: "foreign",
      why: `its event is not in it; \`aws stepfunctions describe-execution --execution-arn ${textOf(executionArn)}\` shows it`,
      reasons,
    };
  const acceptedAt = typeof startDate === "number" ? new Date(startDate).toISOString() : undefined;
  return eventOf(input, {
    ...{ reasons, execution: textOf(executionArn) },
    ...(acceptedAt !== undefined && { acceptedAt }),
  });
}

interface Known {
  readonly reasons: readonly string[];
  readonly execution?: string | undefined;
  /** Start of the execution that sent the message. */
  readonly acceptedAt?: string;
}

function eventOf(text: string, { reasons, execution, acceptedAt }: Known): DeadLetter {
  const envelope = parsedJson(text);
  if (!isJsonObject(envelope)) return { kind: "unreadable", why: "its event is no JSON object" };
  const { id, region, source, time, redrive, detail } = envelope;
  if (typeof id !== "string" || typeof region !== "string" || id === "" || region === "")
    return { kind: "unreadable", why: "its event has no id or no region" };
  const first = isJsonObject(redrive) ? textOf(redrive.acceptedAt) : undefined;
  const accepted = first ?? acceptedAt;
  const trade = isJsonObject(detail) ? detail : {};
  return {
    ...{ kind: "event", event: eventKey(region, id), source: textOf(source), reasons, execution },
    tradeId: textOf(trade.tradeId),
    version: typeof trade.version === "number" ? trade.version : 1,
    time: milliseconds(accepted) ?? milliseconds(time),
    input: first === undefined && acceptedAt !== undefined ? redriven(text, acceptedAt) : text,
  };
}

/** The envelope's own text with when its event was accepted: numbers keep every digit. */
function redriven(text: string, acceptedAt: string): string {
  const open = text.trimEnd().slice(0, -1);
  return `${open},"redrive":${JSON.stringify({ acceptedAt })}}`;
}

function isStatusChange(body: JsonObject): boolean {
  return body.source === "aws.states" && body["detail-type"] === "Step Functions Execution Status Change";
}

function reasonsOf({ reasons, error }: JsonObject): string[] {
  const codes = Array.isArray(reasons)
    ? reasons.map((each) => textOf(Reflect.get(Object(each), "code")))
    : [];
  return [...codes.flatMap(present), ...present(textOf(error))];
}

function milliseconds(value: unknown): number | undefined {
  const timestamp = typeof value === "string" ? parseTimestamp(value) : undefined;
  return timestamp && epochMilliseconds(timestamp);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function present(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}
