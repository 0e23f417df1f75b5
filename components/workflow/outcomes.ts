import type { WorkflowTargets } from "./definition.ts";
import type { OutcomeGroup } from "./outcome-states.ts";

const failureAttributes = { error: "$.failure.Error", cause: "$.failure.Cause" };
const failureMessage = { "error.$": "$.failure.Error", "cause.$": "$.failure.Cause" };

const rejectionAttributes = {
  tradeId: "$.validation.tradeId",
  reasons: "States.JsonToString($.validation.reasons)",
  reasonCount: "States.Format('{}', $.validation.reasonCount)",
};
const rejectionMessage = {
  "tradeId.$": "$.validation.tradeId",
  "reasons.$": "$.validation.reasons",
  "reasonCount.$": "$.validation.reasonCount",
};

/** Every way in which a trade ends other than recorded. */
export function outcomeGroups(targets: WorkflowTargets): OutcomeGroup[] {
  const rejected = {
    outcome: "rejected",
    queueUrl: targets.rejectsQueueUrl,
  } as const;
  const invalid = {
    ...rejected,
    stage: "validation",
    attributes: rejectionAttributes,
    message: rejectionMessage,
    error: "States.JsonToString($.validation.reasons)",
  } as const;
  const recorderReasons = "$.recording.payload.reasons";
  return [
    {
      name: "ValidatorDeadLetter",
      outcome: "deadLettered",
      stage: "validation",
      attributes: failureAttributes,
      message: failureMessage,
      copy: { envelope: true },
      error: "$.failure.Error",
      queueUrl: targets.deadLetterQueueUrls["trade-validator"],
    },
    {
      name: "RecorderDeadLetter",
      outcome: "deadLettered",
      stage: "recording",
      attributes: { ...failureAttributes, tradeId: "$.validation.tradeId" },
      message: { ...failureMessage, "tradeId.$": "$.validation.tradeId" },
      copy: { envelope: true },
      error: "$.failure.Error",
      queueUrl: targets.deadLetterQueueUrls["compliance-recorder"],
    },
    { name: "Rejection", ...invalid, copy: { envelope: true } },
    { name: "BoundedRejection", ...invalid, copy: { boundedCopy: "$.validation.boundedCopy" } },
    {
      name: "Conflict",
      ...rejected,
      stage: "recording",
      attributes: {
        tradeId: "$.validation.tradeId",
        reasons: `States.JsonToString(${recorderReasons})`,
        reasonCount: "States.Format('{}', $.recording.payload.reasonCount)",
      },
      message: {
        "tradeId.$": "$.validation.tradeId",
        "reasons.$": recorderReasons,
        "reasonCount.$": "$.recording.payload.reasonCount",
      },
      copy: { envelope: true },
      error: `States.JsonToString(${recorderReasons})`,
    },
    {
      name: "Duplicate",
      outcome: "duplicate",
      stage: "recording",
      attributes: { tradeId: "$.validation.tradeId" },
      message: {},
      copy: { envelope: true },
      error: "$.validation.tradeId",
      queueUrl: undefined,
    },
  ];
}
