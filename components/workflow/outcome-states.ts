import { SERVICE_TASK_TIMEOUT_SECONDS } from "../standards.ts";
import type { States, TaskState, Template } from "./language.ts";
import { ALREADY_APPENDED, SERVICE_RETRIERS, TOO_LARGE } from "./retries.ts";

/** The event as it came in. It is read from here and never carried in the state. */
export const ENVELOPE = "$$.Execution.Input";

/** Names the event in both regions. */
export const EVENT_KEY = `States.Format('{}#{}', ${ENVELOPE}.region, ${ENVELOPE}.id)`;

/** Where the states remember that an outcome could not be written. */
export const OUTCOME_ERROR = "$.outcomeError";

export type Outcome = "duplicate" | "rejected" | "deadLettered";
export type Stage = "validation" | "recording";

/** How one way to end a trade is written down and handed on. */
export interface OutcomeGroup {
  /** Ends the states' names: `Append<name>`, `Send<name>`. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly stage: Stage;
  /** Further attributes of the outcome, as text: attribute name to path or intrinsic. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Further members of the message: keys as in a payload template. */
  readonly message: Template;
  /** What is kept of the event: itself, or the validator's bounded copy, by its path. */
  readonly copy: { readonly envelope: true } | { readonly boundedCopy: string };
  /** Path or intrinsic of the text that says why, in what remains of an event that is too large to keep. */
  readonly error: string;
  /** Queue that the message goes to; none for outcomes that nobody has to act on. */
  readonly queueUrl: string | undefined;
}

/** First state of a group. */
export const startOf = (name: string): string => `Append${name}`;

/**
 * The states of one outcome: append it to the outcomes table if this attempt has none there, then send the message.
 * What exceeds the size limit is appended and sent without its envelope (`archiveOnly`: the archive still has it).
 * Where the outcome cannot be written the message is sent all the same, and `next` sees OUTCOME_ERROR.
 */
export function outcomeStates(group: OutcomeGroup, outcomesTable: string, next: string): States {
  const { name, queueUrl } = group;
  const append = startOf(name);
  const appendArchiveOnly = `${append}ArchiveOnly`;
  const send = `Send${name}`;
  const sendArchiveOnly = `${send}ArchiveOnly`;
  const appended = queueUrl === undefined ? next : send;
  const appendedArchiveOnly = queueUrl === undefined ? next : sendArchiveOnly;
  const appendStates: States = {
    [append]: appendTask(outcomesTable, outcomeItem(group), appended, appendArchiveOnly),
    [appendArchiveOnly]: appendTask(outcomesTable, archiveOnlyItem(group), appendedArchiveOnly, undefined),
  };
  if (queueUrl === undefined) return appendStates;
  return {
    ...appendStates,
    [send]: sendTask(queueUrl, messageBody(group), next, sendArchiveOnly),
    [sendArchiveOnly]: sendTask(queueUrl, archiveOnlyBody(group), next, undefined),
  };
}

function appendTask(table: string, item: Template, next: string, tooLarge: string | undefined): TaskState {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::dynamodb:putItem",
    Parameters: { TableName: table, Item: item, ConditionExpression: "attribute_not_exists(event)" },
    ResultPath: null,
    TimeoutSeconds: SERVICE_TASK_TIMEOUT_SECONDS,
    Retry: SERVICE_RETRIERS,
    Catch: [
      // A retry of the put that had gone through: the outcome is written.
      { ErrorEquals: [ALREADY_APPENDED], ResultPath: "$.appendError", Next: next },
      ...(tooLarge === undefined
        ? []
        : [{ ErrorEquals: [TOO_LARGE], ResultPath: "$.appendError", Next: tooLarge }]),
      { ErrorEquals: ["States.ALL"], ResultPath: OUTCOME_ERROR, Next: next },
    ],
    Next: next,
  };
}

/**
 * A message that SQS does not take, because it is too large or holds characters that no message may (such as U+FFFF),
 * is sent without the event. If that cannot be sent either, the execution fails: the outcome stands, and the alarm on
 * failures tells.
 */
function sendTask(queueUrl: string, body: Template, next: string, refused: string | undefined): TaskState {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage",
    Parameters: { QueueUrl: queueUrl, MessageBody: body },
    ResultPath: null,
    TimeoutSeconds: SERVICE_TASK_TIMEOUT_SECONDS,
    Retry: SERVICE_RETRIERS,
    ...(refused !== undefined && {
      Catch: [
        { ErrorEquals: [TOO_LARGE], ResultPath: "$.sendError", Next: refused },
        { ErrorEquals: ["States.ALL"], ResultPath: "$.sendError", Next: refused },
      ],
    }),
    Next: next,
  };
}

const fixed = (value: string) => ({ S: value });
const text = (path: string) => ({ "S.$": path });

function commonItem({ outcome, stage }: OutcomeGroup): Template {
  return {
    event: text(EVENT_KEY),
    attempt: text("$$.Execution.Id"),
    outcome: fixed(outcome),
    stage: fixed(stage),
    source: text(`${ENVELOPE}.source`),
    eventTime: text(`${ENVELOPE}.time`),
    timestamp: text("$$.Execution.StartTime"),
  };
}

function outcomeItem(group: OutcomeGroup): Template {
  const { attributes, copy } = group;
  const further = Object.entries(attributes).map(([attribute, path]) => [attribute, text(path)]);
  return {
    ...commonItem(group),
    ...Object.fromEntries(further),
    ...("envelope" in copy
      ? { envelope: text(`States.JsonToString(${ENVELOPE})`) }
      : { boundedCopy: text(copy.boundedCopy) }),
  };
}

function archiveOnlyItem(group: OutcomeGroup): Template {
  return { ...commonItem(group), archiveOnly: { BOOL: true }, error: text(group.error) };
}

function commonBody({ outcome, stage }: OutcomeGroup): Template {
  return {
    "event.$": EVENT_KEY,
    execution: { "id.$": "$$.Execution.Id", "startTime.$": "$$.Execution.StartTime" },
    outcome,
    stage,
  };
}

function messageBody(group: OutcomeGroup): Template {
  const { copy } = group;
  return {
    ...commonBody(group),
    ...group.message,
    ...("envelope" in copy ? { "envelope.$": ENVELOPE } : { "boundedCopy.$": copy.boundedCopy }),
  };
}

function archiveOnlyBody(group: OutcomeGroup): Template {
  return {
    ...commonBody(group),
    archiveOnly: true,
    "id.$": `${ENVELOPE}.id`,
    "source.$": `${ENVELOPE}.source`,
    "time.$": `${ENVELOPE}.time`,
    "error.$": group.error,
  };
}
