import type { Caller, Json } from "../service.ts";

/** Services that records of invocations can be sent to (Lambda, "Capturing records of asynchronous invocations"). */
const DESTINATION =
  /^arn:aws[\w-]*:(sqs:[\w-]+:\d{12}:[\w-]+|sns:[\w-]+:\d{12}:[\w-]+|lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?|events:[\w-]+:\d{12}:event-bus\/.+)$/;
/** Of event source mappings only a queue or a topic can be one. */
const QUEUE_OR_TOPIC = /^arn:aws[\w-]*:(sqs|sns):[\w-]+:\d{12}:[\w-]+$/;

/** Whether records of asynchronous invocations can be sent there. */
export function isDestination(arn: unknown): arn is string {
  return typeof arn === "string" && DESTINATION.test(arn);
}

/** Whether records of an event source mapping can be sent there. */
export function isMappingDestination(arn: unknown): arn is string {
  return typeof arn === "string" && QUEUE_OR_TOPIC.test(arn);
}

export interface Sender {
  readonly call: Caller;
  readonly queueUrl: (arn: string) => string;
}

/** Sends the record of an invocation to a destination as the function's role. Throws what the destination refuses. */
export async function sendRecord(
  { call, queueUrl }: Sender,
  destination: string,
  record: Json,
  function_: { readonly arn: string; readonly role: string },
): Promise<void> {
  const [, , service = "", region = "", , ...rest] = destination.split(":");
  const from = { region, principal: function_.role };
  const text = JSON.stringify(record);
  if (service === "sqs") {
    await call("sqs", "SendMessage", { QueueUrl: queueUrl(destination), MessageBody: text }, from);
  } else if (service === "sns") {
    await call("sns", "Publish", { TopicArn: destination, Message: text }, from);
  } else if (service === "lambda") {
    const input = { FunctionName: destination, InvocationType: "Event", Payload: text };
    await call("lambda", "Invoke", input, from);
  } else {
    const isSuccess = (record.requestContext as Json).condition === "Success";
    const entry = {
      ...{ Source: "lambda", Detail: text, Resources: [destination, function_.arn] },
      DetailType: `Lambda Function Invocation Result - ${isSuccess ? "Success" : "Failure"}`,
      EventBusName: rest.join(":").replace("event-bus/", ""),
    };
    const result = await call("events", "PutEvents", { Entries: [entry] }, from);
    if (Number(result.FailedEntryCount) > 0) throw new Error("The event bus did not take the record");
  }
}
