import { PassThrough } from "node:stream";
import type { LocalSystem } from "../../local/system.ts";
import { Clients } from "../../ops/frame/clients.ts";
import type { OperatorCommand, Result } from "../../ops/frame/operator-command.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";

export interface RunOptions {
  readonly words?: readonly string[];
  readonly signal?: AbortSignal;
  /** Whose credentials the command has. Default: the account's root. */
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Changed before the command runs, as by a middleware. */
  readonly adapt?: (clients: Clients) => void;
}

const LOCAL = { accessKeyId: "local", secretAccessKey: "local" };

/** Carries out an operator's command in this process, over HTTP; with what it has shown to people meanwhile. */
export async function runCommand(
  system: LocalSystem,
  command: OperatorCommand,
  options: Record<string, string>,
  { words = [], signal = new AbortController().signal, credentials = LOCAL, adapt }: RunOptions = {},
): Promise<Result & { printed: string }> {
  const clients = new Clients({
    endpoint: system.services.endpoint.url,
    credentials,
  });
  adapt?.(clients);
  const stream = new PassThrough();
  let printed = "";
  stream.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const run = await command.prepare({ words, options });
    const result = await run({
      ...{ outputs: parseOutputs(system.services.outputs), clients, signal, isLocal: true },
      terminal: new Terminal(stream as unknown as NodeJS.WriteStream),
    });
    return { ...result, printed };
  } finally {
    clients.close();
  }
}
