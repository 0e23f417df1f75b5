import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeArchiveCommand } from "@aws-sdk/client-eventbridge";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Context } from "../frame/operator-command.ts";
import { archiveName, outputsOf } from "../frame/outputs.ts";
import { patiently } from "./patience.ts";

/** A region that does not answer, and what came instead of an answer. */
export interface SilentRegion {
  readonly region: string;
  readonly problem: string;
}

type Asked = Pick<Context, "outputs" | "clients" | "signal">;
type Service = "tables" | "queues" | "archives";

const ASK: Readonly<Record<Service, (region: string, context: Asked) => Promise<unknown>>> = {
  tables: (region, context) =>
    context.clients.dynamodb(region).send(
      // A key that no trade has: whether there is an answer is all that counts.
      new GetItemCommand({
        TableName: context.outputs.TradeTableName,
        Key: { tradeId: { S: "-" }, version: { N: "0" } },
      }),
      patiently(context),
    ),
  queues: (region, context) => {
    const { rejectsQueueUrl } = outputsOf(context.outputs, region);
    return context.clients
      .sqs(region)
      .send(new GetQueueAttributesCommand({ QueueUrl: rejectsQueueUrl }), patiently(context));
  },
  archives: (region, context) => {
    const ArchiveName = archiveName(outputsOf(context.outputs, region));
    return context.clients
      .eventBridge(region)
      .send(new DescribeArchiveCommand({ ArchiveName }), patiently(context));
  },
};

/** Asks these services of each region. Throws when aborted, and if no region answers, naming each. */
export async function answering(
  context: Asked,
  regions: readonly string[],
  services: readonly Service[] = ["tables"],
): Promise<{ readonly answer: readonly string[]; readonly silent: readonly SilentRegion[] }> {
  const problems = await Promise.all(
    regions.map(async (region) => {
      try {
        await Promise.all(services.map((service) => ASK[service](region, context)));
        return undefined;
      } catch (error) {
        context.signal.throwIfAborted();
        return silenceOf(error);
      }
    }),
  );
  const silent = regions.flatMap((region, index) => {
    const problem = problems[index];
    return problem === undefined ? [] : [{ region, problem }];
  });
  const answer = regions.filter((_, index) => problems[index] === undefined);
  if (answer.length === 0) throw new Error(silent.map(silenceText).join("; "));
  return { answer, silent };
}

/**
 * What is wrong if a request's error means that nobody answers: no connection, no answer in time, or a fault of the
 * server's. Undefined for a refusal, such as of a missing permission, which is an answer, and for any other error.
 */
export function silenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { $metadata, code } = error as Error & { $metadata?: { httpStatusCode?: number }; code?: string };
  // Whatever the SDK has sent in vain has metadata, but a status only if something came back.
  const status = $metadata?.httpStatusCode;
  const isCutShort = error.name === "AbortError" || error.name === "TimeoutError";
  if (!isCutShort && ($metadata === undefined || (status !== undefined && status < 500))) return undefined;
  // Node's own error of a connection that several addresses refused has no message.
  return `${error.name}: ${error.message || (code ?? "no connection")}`;
}

/** A silent region in words. */
export function silenceText({ region, problem }: SilentRegion): string {
  return `${region} does not answer (${problem})`;
}
