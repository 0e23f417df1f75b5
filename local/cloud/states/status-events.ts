import type { Json, ServiceEvent } from "../service.ts";
import type { Execution } from "./records.ts";
import { redrivability } from "./redrivability.ts";

/** Most bytes of input and output together in an event ("EventBridge payloads" of Step Functions): 248 KB. */
const MAXIMUM_DATA_BYTES = 248 * 1_024;
/** Most bytes that JSON needs for one unit of a text: `\u0000`. */
const LONGEST_ESCAPE = 6;

/**
 * "Step Functions Execution Status Change" of a STANDARD execution as it stands. Input, and output too, are left out
 * where they are too large together.
 */
export function statusChange(execution: Execution, now: number): ServiceEvent {
  const { arn, name, machine, status, input, output, error, cause } = execution;
  const hasOutput = output !== undefined && fits(output);
  const hasInput = hasOutput ? fits(input, output) : fits(input);
  const detail: Json = {
    executionArn: arn,
    stateMachineArn: machine.arn,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    name,
    status,
    startDate: execution.started,
    stopDate: execution.stopped ?? null,
    input: hasInput ? input : null,
    inputDetails: { included: hasInput },
    output: hasOutput ? output : null,
    outputDetails: output === undefined ? null : { included: hasOutput },
    error: error ?? null,
    cause: cause ?? null,
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriven ?? null,
    ...redrivability(execution, now),
  };
  return {
    source: "aws.states",
    detailType: "Step Functions Execution Status Change",
    resources: [arn],
    detail,
  };
}

/** Whether texts are small enough together; only where that is close are they counted as JSON writes them. */
function fits(...texts: readonly string[]): boolean {
  const units = texts.reduce((sum, text) => sum + text.length, 0);
  if (units * LONGEST_ESCAPE <= MAXIMUM_DATA_BYTES) return true;
  return texts.reduce((sum, text) => sum + Buffer.byteLength(JSON.stringify(text)), 0) <= MAXIMUM_DATA_BYTES;
}
