import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What an AWS service answers: a status and a JSON body, or nothing at all. */
export type ScriptedReply = { status: number; body: Record<string, unknown> } | "silence";

export interface ScriptedService {
  readonly endpoint: string;
  /** Decoded bodies of the requests so far. */
  readonly requests: Array<Record<string, unknown>>;
  close(): Promise<void>;
}

/** An HTTP server in the AWS JSON protocol that gives one reply after the other and repeats the last. */
export async function scriptedService(...replies: ScriptedReply[]): Promise<ScriptedService> {
  const requests: Array<Record<string, unknown>> = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push(JSON.parse(Buffer.concat(chunks).toString()));
    const reply = replies[Math.min(requests.length, replies.length) - 1];
    if (reply === undefined || reply === "silence") return;
    response.writeHead(reply.status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(reply.body));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Client settings for a service on this machine. */
export function localClient(endpoint: string) {
  return { endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
}
