import { Tracer } from "@aws-lambda-powertools/tracer";
import type { FunctionName } from "../contract.ts";

/** A tracer that records calls but neither responses nor the function's result, which are trade content. */
export function tracing(name: FunctionName): Tracer {
  return new Tracer({ serviceName: name, captureHTTPsRequests: true });
}

/** Runs `work` in a subsegment of its own; an error is noted in it and thrown on. */
export async function traced<Result>(
  tracer: Tracer,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const parent = tracer.getSegment();
  if (parent === undefined || !tracer.isTracingEnabled()) return work();
  const subsegment = parent.addNewSubsegment(`## ${name}`);
  tracer.setSegment(subsegment);
  tracer.annotateColdStart();
  tracer.addServiceNameAnnotation();
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Error) tracer.addErrorAsMetadata(thrown);
    throw thrown;
  } finally {
    subsegment.close();
    tracer.setSegment(parent);
  }
}
