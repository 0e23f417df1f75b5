import { Tracer } from "@aws-lambda-powertools/tracer";
import type { FunctionName } from "../contract.ts";
import type { TradeEvent } from "../domain/event.ts";

/** What traces can be searched by. X-Ray takes letters, digits and `_` in names. */
export type Annotations = Readonly<Record<string, string>>;

/** A tracer that records calls but neither responses nor the function's result, which are trade content. */
export function tracing(name: FunctionName): Tracer {
  return new Tracer({ serviceName: name, captureHTTPsRequests: true });
}

/** What a trade's trace can be searched by: no more of the trade than the logs have, and what it asks for. */
export function tradeAnnotations({ envelope, trade }: TradeEvent): Annotations {
  return { eventId: envelope.id, eventSource: envelope.source, action: trade.action, tradeId: trade.tradeId };
}

/** Runs `work` in a subsegment of its own, with annotations; an error is noted in it and thrown on. */
export async function traced<Result>(
  tracer: Tracer,
  name: string,
  work: () => Promise<Result>,
  annotations: Annotations = {},
): Promise<Result> {
  const parent = tracer.getSegment();
  if (parent === undefined || !tracer.isTracingEnabled()) return work();
  const subsegment = parent.addNewSubsegment(`## ${name}`);
  tracer.setSegment(subsegment);
  tracer.annotateColdStart();
  tracer.addServiceNameAnnotation();
  for (const [key, value] of Object.entries(annotations)) tracer.putAnnotation(key, value);
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
