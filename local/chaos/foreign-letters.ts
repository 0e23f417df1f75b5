import { parseOutputs } from "../../ops/frame/outputs.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import type { Json } from "../cloud/service.ts";
import type { LocalSystem } from "../system.ts";

interface Letter {
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue?: string }>>;
}

/**
 * Does with the dead letters of rules what no redrive does, since they do not lead to the workflow: events that no
 * source rule takes are put into their queue, for people to look at; the rest (heartbeats, reports, the census) is
 * dropped, as it is made anew. Gives the number of letters.
 */
export async function settleForeignLetters(system: LocalSystem): Promise<number> {
  let count = 0;
  for (const [region, outputs] of Object.entries(parseOutputs(system.services.outputs).regions)) {
    const { sources, forwarding, unmatched } = outputs.ruleNames;
    const call = (operation: string, input: Json) =>
      system.services.cloud.surroundings.call("sqs", operation, input, { region, principal: OPERATOR });
    const QueueUrl = outputs.routingDeadLetterQueueUrl;
    for (const { Body, ReceiptHandle, MessageAttributes } of await receiveAll(call, QueueUrl)) {
      const rule = MessageAttributes?.RULE_ARN?.StringValue?.split("/").at(-1);
      if (rule === undefined || rule === forwarding || sources.includes(rule)) {
        await call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
        continue;
      }
      if (rule === unmatched)
        await call("SendMessage", { QueueUrl: outputs.unmatchedQueueUrl, MessageBody: Body });
      await call("DeleteMessage", { QueueUrl, ReceiptHandle });
      count += 1;
    }
  }
  return count;
}

async function receiveAll(
  call: (operation: string, input: Json) => Promise<Json>,
  QueueUrl: string,
): Promise<Letter[]> {
  const letters: Letter[] = [];
  const input = {
    QueueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 60,
    MessageAttributeNames: ["RULE_ARN"],
  };
  for (;;) {
    const { Messages } = await call("ReceiveMessage", input);
    if (!Array.isArray(Messages) || Messages.length === 0) return letters;
    letters.push(...(Messages as Letter[]));
  }
}
