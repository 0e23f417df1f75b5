import { bounded, printable } from "../../functions/domain/text.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { regionOption } from "../frame/options.ts";
import { outputsOf } from "../frame/outputs.ts";
import { checkTapeFile, readTapeFile } from "../tape/open.ts";
import { sendTape } from "./send-tape.ts";

const SHOWN_REFUSALS = 20;

/** `npm run ops -- send FILE`: sends a tape's lines as events. */
export const SEND: OperatorCommand = {
  usage: `send FILE [--region R]
  sends a tape (docs/tape.md) to the trades bus of the primary region or of R; exit code 1 if a line was refused`,
  words: ["FILE"],
  options: ["region"],
  async prepare({ words: [file = ""], options: { region } }) {
    await checkTapeFile(file, "FILE");
    return (context) => send(file, region, context);
  },
};

async function send(file: string, region: string | undefined, context: Context): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const where = regionOption(region, outputs) ?? outputs.PrimaryRegion;
  const { eventBusName } = outputsOf(outputs, where);
  terminal.line(`Sending ${printable(file)} to ${eventBusName} in ${where}`);
  const began = performance.now();
  const seconds = () => Math.max(0.001, (performance.now() - began) / 1000);
  const { sent, refused, accepted } = await sendTape(readTapeFile(file, signal), {
    client: clients.eventBridge(where),
    eventBusName,
    signal,
    onProgress: (now) =>
      terminal.live(
        () =>
          `  ${now.accepted} accepted, ${now.refused.length} refused, ${Math.round(now.accepted / seconds())}/s`,
      ),
  });
  for (const { line, reason } of refused.slice(0, SHOWN_REFUSALS))
    terminal.line(`  line ${line} refused: ${bounded(reason, 1_000)}`);
  if (refused.length > SHOWN_REFUSALS)
    terminal.line(`  … and ${refused.length - SHOWN_REFUSALS} more; --json names all`);
  return {
    complete: refused.length === 0,
    json: { sent, accepted, refused },
    lines: [`${sent} sent, ${accepted} accepted, ${refused.length} refused`],
  };
}
