import type { Json } from "../service.ts";
import type { Execution } from "./records.ts";
import { seconds } from "./requests.ts";

/** What is shown of an execution in every answer. */
function common(execution: Execution): Json {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machine.arn,
    name: execution.name,
    status: execution.status,
    startDate: seconds(execution.started),
    ...(execution.stopped === undefined ? {} : { stopDate: seconds(execution.stopped) }),
  };
}

/** How often and when it was redriven. */
export function redriveSummary({ redriveCount, redriven }: Execution): Json {
  return { redriveCount, ...(redriven === undefined ? {} : { redriveDate: seconds(redriven) }) };
}

/** An execution as ListExecutions shows it. */
export function summary(execution: Execution): Json {
  return { ...common(execution), ...redriveSummary(execution) };
}

/** An execution as DescribeExecution and StartSyncExecution show it. */
export function describe(execution: Execution): Json {
  const { output, error, cause } = execution;
  const ending = Object.entries({ error, cause }).filter(([, value]) => value !== undefined);
  return {
    ...common(execution),
    input: execution.input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...Object.fromEntries(ending),
  };
}

/** A history event without inputs and outputs. */
export function withoutData(event: Json): Json {
  const plain = ({ input, output, parameters, ...rest }: Json) => rest;
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      name.endsWith("EventDetails") ? plain(value as Json) : value,
    ]),
  );
}
