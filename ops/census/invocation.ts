import { setTimeout as pause } from "node:timers/promises";
import { InvokeCommand, type LambdaClient, TooManyRequestsException } from "@aws-sdk/client-lambda";
import { z } from "zod";
import type { CensusOutput, CensusWindow } from "../../functions/contract.ts";
import type { Slice } from "./slices.ts";

/** Only one census of a region runs at a time; it may take a quarter of an hour, and others may wait as well. */
const WAIT_MILLISECONDS = 5_000;
const LONGEST_WAIT_MILLISECONDS = 3_600_000;

const COUNT = z.number();
const OUTPUT = z.object({
  from: z.string(),
  to: z.string(),
  replay: z.string(),
  events: COUNT,
  byOutcome: z.object({ recorded: COUNT, duplicate: COUNT, rejected: COUNT, deadLettered: COUNT }),
  unaccounted: COUNT,
  named: z.array(
    z.object({ event: z.string(), source: z.string(), time: z.string(), tradeId: z.string().optional() }),
  ),
  keptSince: z.string().optional(),
});

export interface CensusRequest extends Pick<CensusWindow, "settledSeconds" | "quietSeconds"> {
  readonly signal: AbortSignal;
  /** Called once if another census is running, which is waited for. */
  readonly onWaiting: () => void;
}

/** The function said why it could not take the census. */
export class CensusFailure extends Error {}

/** Has a region's function take the census of a window. Throws CensusFailure with what the function says. */
export async function takeCensus(
  client: LambdaClient,
  FunctionName: string,
  { from, to }: Slice,
  { signal, onWaiting, ...seconds }: CensusRequest,
): Promise<CensusOutput> {
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  const input: CensusWindow = { from: iso(from), to: iso(to), ...seconds };
  const Payload = new TextEncoder().encode(JSON.stringify(input));
  const invoke = new InvokeCommand({ FunctionName, Payload });
  for (let waited = 0; ; waited += WAIT_MILLISECONDS) {
    const answer = await client.send(invoke, { abortSignal: signal }).catch((thrown: unknown) => {
      if (thrown instanceof TooManyRequestsException && waited < LONGEST_WAIT_MILLISECONDS) return undefined;
      throw thrown;
    });
    if (answer === undefined) {
      if (waited === 0) onWaiting();
      await pause(WAIT_MILLISECONDS, undefined, { signal });
      continue;
    }
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined) throw new CensusFailure(`trade-census: ${messageOf(text)}`);
    const parsed = OUTPUT.safeParse(JSON.parse(text));
    if (!parsed.success)
      throw new Error(`trade-census: its answer is not this version's: ${z.prettifyError(parsed.error)}`);
    return parsed.data as CensusOutput;
  }
}

function messageOf(text: string): string {
  const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
  return `${errorType ?? "failed"}: ${errorMessage ?? "without a message"}`;
}
