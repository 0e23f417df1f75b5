import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, need, type Place, regional, rows } from "./table.ts";

/** Amazon SQS. A batch needs the action of its single operation. */
function queue(input: Json, at: Place): string {
  const url = member(input, "QueueUrl");
  return regional("sqs", at, url === "" ? member(input, "QueueName") : url.slice(url.lastIndexOf("/") + 1));
}

/** The source of a move task, from its handle. */
function movedQueue(input: Json): string {
  try {
    const handle = JSON.parse(Buffer.from(member(input, "TaskHandle"), "base64").toString("utf8"));
    return String(handle.sourceArn);
  } catch {
    return "*";
  }
}

export const SQS_ACTIONS: ActionTable = {
  ...rows("sqs", queue, "CreateQueue", "DeleteQueue", "GetQueueUrl", "GetQueueAttributes"),
  ...rows("sqs", queue, "SetQueueAttributes", "PurgeQueue", "TagQueue", "UntagQueue", "ListQueueTags"),
  ...rows("sqs", queue, "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
  ...rows("sqs", queue, "AddPermission", "RemovePermission", "ListDeadLetterSourceQueues"),
  ...rows("sqs", anything, "ListQueues"),
  SendMessageBatch: need("sqs:SendMessage", queue),
  DeleteMessageBatch: need("sqs:DeleteMessage", queue),
  ChangeMessageVisibilityBatch: need("sqs:ChangeMessageVisibility", queue),
  // Amazon SQS Developer Guide, "Learn how to configure a dead-letter queue redrive": the mover also receives and
  // deletes at the source, and sends to the destination.
  StartMessageMoveTask: (input) => {
    const source = member(input, "SourceArn");
    const destination = member(input, "DestinationArn");
    const actions = ["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
    return [
      ...actions.map((name) => ({ action: `sqs:${name}`, resource: source })),
      ...(destination === "" ? [] : [{ action: "sqs:SendMessage", resource: destination }]),
    ];
  },
  ListMessageMoveTasks: need("sqs:ListMessageMoveTasks", (input) => member(input, "SourceArn")),
  CancelMessageMoveTask: need("sqs:CancelMessageMoveTask", movedQueue),
};
