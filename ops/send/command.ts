import { bounded, printable } from "../../functions/domain/text.ts";
import type { Context, OperatorCommand, Result } from "../frame/operator-command.ts";
import { regionOption } from "../frame/options.ts";
import { outputsOf, type StackOutputs } from "../frame/outputs.ts";
import { UsageError } from "../frame/usage.ts";
import { checkTapeFile, readTapeFile } from "../tape/open.ts";
import { busesOfEndpoint, busesOfRegion } from "./allowed-buses.ts";
import { sendTape } from "./send-tape.ts";

const SHOWN_REFUSALS = 20;

/** `npm run ops -- send FILE`: sends a tape's lines as events. */
export const SEND: OperatorCommand = {
  usage: `send FILE [--region R | --endpoint]
  sends a tape (docs/tape.md) to the trades bus of the primary region or of R, or through the global endpoint to
  whichever region it leads to; exit code 1 if a line was refused`,
  words: ["FILE"],
  options: ["region"],
  flags: ["endpoint"],
  async prepare({ words: [file = ""], options: { region, endpoint } }) {
    if (region !== undefined && endpoint !== undefined)
      throw new UsageError("--endpoint: goes without --region, since the endpoint chooses the region");
    await checkTapeFile(file, "FILE");
    return (context) => send(file, { region, isThroughEndpoint: endpoint !== undefined }, context);
  },
};

interface Way {
  region: string | undefined;
  isThroughEndpoint: boolean;
}

async function send(file: string, { region, isThroughEndpoint }: Way, context: Context): Promise<Result> {
  const { outputs, clients, terminal, signal } = context;
  const where = regionOption(region, outputs) ?? outputs.PrimaryRegion;
  const { eventBusName, eventBusArn, ruleNames } = outputsOf(outputs, where);
  const endpointId = isThroughEndpoint ? endpointOf(outputs) : undefined;
  const destination = endpointId === undefined ? `in ${where}` : `through the global endpoint ${endpointId}`;
  terminal.line(`Sending ${printable(file)} to ${eventBusName} ${destination}`);
  const began = performance.now();
  const seconds = () => Math.max(0.001, (performance.now() - began) / 1000);
  const { sent, refused, accepted } = await sendTape(readTapeFile(file, signal), {
    client: clients.eventBridge(where),
    eventBusName,
    ...(endpointId === undefined
      ? { allowedBuses: busesOfRegion(eventBusArn, ruleNames.forwarding) }
      : { endpointId, allowedBuses: busesOfEndpoint(eventBusArn) }),
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

/** Throws UsageError if the stack has none. */
function endpointOf({ GlobalEndpointId, EnvironmentSuffix }: StackOutputs): string {
  if (GlobalEndpointId === undefined)
    throw new UsageError(
      `--endpoint: the stack ${EnvironmentSuffix} has no global endpoint (output GlobalEndpointId); leave it out, or name a region with --region`,
    );
  return GlobalEndpointId;
}
