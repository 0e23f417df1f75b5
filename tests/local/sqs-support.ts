import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { clientSettings, serve } from "./endpoint-support.ts";

/** Queues behind an endpoint whose time stands still until it is moved on, and a client that verifies digests. */
export async function serveQueues() {
  const clock = new DrivenClock();
  const served = await serve([createSqs], { clock });
  const sqs = new SQSClient(clientSettings(served.endpoint));
  return {
    clock,
    sqs,
    endpoint: served.endpoint,
    async create(name: string, attributes: Record<string, string> = {}): Promise<string> {
      const created = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      return created.QueueUrl ?? "";
    },
    async counts(QueueUrl: string): Promise<{ visible: number; inFlight: number; delayed: number }> {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
      );
      return {
        visible: Number(Attributes?.ApproximateNumberOfMessages),
        inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
        delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed),
      };
    },
    async receive(QueueUrl: string, settings: object = {}): Promise<Message[]> {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...settings }));
      return Messages ?? [];
    },
    async close(): Promise<void> {
      sqs.destroy();
      await served.close();
    },
  };
}
