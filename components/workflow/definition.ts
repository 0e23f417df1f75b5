import { HEARTBEAT_SOURCE, type WorkflowFunctionName } from "../../functions/contract.ts";
import { LAMBDA_TASK_TIMEOUT_SECONDS } from "../standards.ts";
import type { Catcher, ChoiceState, Machine, PassState, States, TaskState, Template } from "./language.ts";
import { ENVELOPE, OUTCOME_ERROR, outcomeStates, startOf } from "./outcome-states.ts";
import { outcomeGroups } from "./outcomes.ts";
import { LAMBDA_RETRIERS, TOO_LARGE } from "./retries.ts";

/** What the definition is made of: ARNs of live aliases, the outcomes table's name and queue URLs. */
export interface WorkflowTargets {
  readonly functionAliases: Readonly<Record<WorkflowFunctionName, string>>;
  readonly outcomesTable: string;
  readonly rejectsQueueUrl: string;
  /** Dead letter queue of each function; the validator's and the recorder's take dead-lettered trades. */
  readonly deadLetterQueueUrls: Readonly<Record<WorkflowFunctionName, string>>;
}

/** Filled in where a function or Step Functions left something out, so that no path of a later state is missing. */
const DEFAULTS = {
  failure: { Error: "unknown", Cause: "" },
  verdict: { tradeId: "", boundedCopy: "", reasons: [], reasonCount: 0 },
};

/**
 * The trade processing workflow, the same for STANDARD and EXPRESS. Its input is the EventBridge envelope.
 * Validation and enrichment run side by side and catch into data, so that neither ends the other; then one
 * decision: dead-lettered, rejected, or on to recording. Every end but `recorded` is appended to the outcomes table.
 */
export function workflowDefinition(targets: WorkflowTargets): Machine {
  const groups = outcomeGroups(targets);
  const groupStates = groups.map((group) => outcomeStates(group, targets.outcomesTable, "OutcomeWritten"));
  return {
    Comment: "Validates and enriches a trade, then records it; every other end is written down",
    StartAt: "Process",
    States: Object.assign({}, mainStates(targets), endStates(), ...groupStates),
  };
}

function mainStates({ functionAliases }: WorkflowTargets): States {
  return {
    Process: {
      Type: "Parallel",
      Branches: [
        branch("ValidateTrade", functionAliases["trade-validator"], "ValidatorFailed", { "failure.$": "$" }),
        branch("EnrichMetadata", functionAliases["metadata-enricher"], "EnrichmentPending", {
          status: "pending",
          "error.$": "$.Error",
        }),
      ],
      ResultSelector: {
        "validation.$": "$[0].payload",
        "enrichment.$": "$[1].payload",
        defaults: DEFAULTS,
      },
      Next: "DecideValidation",
    },
    DecideValidation: decideValidation,
    DescribeValidatorFailure: describe("$.validation.failure", startOf("ValidatorDeadLetter")),
    DescribeRejection: {
      Type: "Pass",
      Parameters: { "validation.$": "States.JsonMerge($.defaults.verdict, $.validation, false)" },
      Next: "ChooseCopy",
    },
    ChooseCopy: {
      Type: "Choice",
      Choices: [{ Variable: "$.validation.boundedCopy", StringEquals: "", Next: startOf("Rejection") }],
      Default: startOf("BoundedRejection"),
    },
    RecordTrade: {
      ...invoke(functionAliases["compliance-recorder"], { "enrichment.$": "$.enrichment" }),
      ResultPath: "$.recording",
      Catch: caught("ChooseRecorderFailure", "$.caught"),
      Next: "DecideRecording",
    },
    ChooseRecorderFailure: {
      Type: "Choice",
      Choices: [{ ...FROM_HEARTBEAT, Next: "HeartbeatLost" }],
      Default: "DescribeRecorderFailure",
    },
    DecideRecording: decideRecording,
    DescribeRecorderFailure: describe("$.caught", startOf("RecorderDeadLetter"), {
      "validation.$": "$.validation",
    }),
    UnexpectedVerdict: unexpected("$.validation", "validator", startOf("ValidatorDeadLetter")),
    UnexpectedDecision: unexpected("$.recording", "recorder", startOf("RecorderDeadLetter")),
  };
}

/**
 * A heartbeat leaves no outcome, whatever goes wrong with it: that none is recorded is what alarms. It takes no state of
 * its own on its way.
 */
const FROM_HEARTBEAT = { Variable: `${ENVELOPE}.source`, StringEquals: HEARTBEAT_SOURCE } as const;

const decideValidation: ChoiceState = {
  Type: "Choice",
  Choices: [
    {
      And: [
        { Variable: "$.validation.valid", IsPresent: true },
        { Variable: "$.validation.valid", BooleanEquals: true },
      ],
      Next: "RecordTrade",
    },
    { ...FROM_HEARTBEAT, Next: "HeartbeatLost" },
    { Variable: "$.validation.failure", IsPresent: true, Next: "DescribeValidatorFailure" },
    { Not: { Variable: "$.validation.valid", IsPresent: true }, Next: "UnexpectedVerdict" },
    { Variable: "$.validation.valid", BooleanEquals: false, Next: "DescribeRejection" },
  ],
  Default: "UnexpectedVerdict",
};

const OUTCOME = "$.recording.payload.outcome";
const decideRecording: ChoiceState = {
  Type: "Choice",
  Choices: [
    {
      And: [
        FROM_HEARTBEAT,
        { Variable: OUTCOME, IsPresent: true },
        { Variable: OUTCOME, StringEquals: "heartbeat" },
      ],
      Next: "HeartbeatRecorded",
    },
    { ...FROM_HEARTBEAT, Next: "HeartbeatLost" },
    { Not: { Variable: OUTCOME, IsPresent: true }, Next: "UnexpectedDecision" },
    { Variable: OUTCOME, StringEquals: "recorded", Next: "Recorded" },
    { Variable: OUTCOME, StringEquals: "duplicate", Next: startOf("Duplicate") },
    { Variable: OUTCOME, StringEquals: "rejected", Next: startOf("Conflict") },
  ],
  Default: "UnexpectedDecision",
};

function endStates(): States {
  return {
    Recorded: { Type: "Succeed" },
    HeartbeatRecorded: { Type: "Succeed" },
    HeartbeatLost: { Type: "Succeed" },
    OutcomeWritten: {
      Type: "Choice",
      Choices: [{ Variable: OUTCOME_ERROR, IsPresent: true, Next: "OutcomeNotWritten" }],
      Default: "Ended",
    },
    OutcomeNotWritten: {
      Type: "Fail",
      Error: "OutcomeNotWritten",
      Cause: "The outcome could not be appended to the outcomes table; its message, if it has one, was sent",
    },
    Ended: { Type: "Succeed" },
  };
}

/** One branch of Process: a function's answer, or what stands for it if the function failed. */
function branch(name: string, alias: string, failed: string, payload: Template): Machine {
  return {
    StartAt: name,
    States: {
      [name]: { ...invoke(alias, {}), Catch: caught(failed), End: true },
      [failed]: { Type: "Pass", Parameters: { payload }, End: true },
    },
  };
}

/** Invokes a function; its answer is `payload` of the result. */
function invoke(alias: string, further: Template) {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: {
      FunctionName: alias,
      Payload: {
        "envelope.$": ENVELOPE,
        execution: { "id.$": "$$.Execution.Id", "startTime.$": "$$.Execution.StartTime" },
        ...further,
      },
    },
    ResultSelector: { "payload.$": "$.Payload" },
    TimeoutSeconds: LAMBDA_TASK_TIMEOUT_SECONDS,
    Retry: LAMBDA_RETRIERS,
  } as const satisfies Partial<TaskState>;
}

/** States.ALL leaves out what is too large, which therefore has a catcher of its own. */
function caught(next: string, resultPath?: string): Catcher[] {
  const to = { Next: next, ...(resultPath !== undefined && { ResultPath: resultPath }) };
  return [
    { ErrorEquals: [TOO_LARGE], ...to },
    { ErrorEquals: ["States.ALL"], ...to },
  ];
}

/** Makes an error output whole: Step Functions may leave its Cause out. */
function describe(failurePath: string, next: string, kept: Template = {}): PassState {
  return {
    Type: "Pass",
    Parameters: {
      "failure.$": `States.JsonMerge($.defaults.failure, ${failurePath}, false)`,
      ...kept,
    },
    Next: next,
  };
}

/** An answer that the contract does not have is a failure of the function that gave it. */
function unexpected(answerPath: string, stage: string, next: string): PassState {
  return {
    Type: "Pass",
    Parameters: {
      failure: { Error: "UnexpectedAnswer", "Cause.$": `States.JsonToString(${answerPath})` },
      "validation.$": "$.validation",
    },
    Comment: `The ${stage} answered something that the workflow does not know`,
    Next: next,
  };
}
