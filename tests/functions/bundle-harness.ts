import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a bundled function answered to one payload, or the error that left it. */
export type Answer = { output: unknown } | { error: { name: string; message: string; stack: string } };

export interface BundleRun {
  readonly exports: string[];
  readonly answers: Answer[];
  /** Every JSON line that the function wrote: logs, and metrics in the embedded metric format. */
  readonly lines: Array<Record<string, unknown>>;
}

/** Set by the platform or the infrastructure; each test adds what it needs. */
export const FUNCTION_VARIABLES = {
  ENVIRONMENT_SUFFIX: "dev",
  TRADE_SOURCES: "system1=trading.system1,system2=trading.system2",
  TRADES_TABLE_NAME: "trades-dev",
  HEARTBEATS_TABLE_NAME: "heartbeats-dev",
  API_ENDPOINT_PARAMETER: "/trade-processing/dev/api-endpoint",
  PROCESSING_THRESHOLD_PARAMETER: "/trade-processing/dev/processing-threshold",
  MAX_RETRIES_PARAMETER: "/trade-processing/dev/max-retries",
  HANDLER_DEADLINE_MILLISECONDS: "4500",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
};

const SCRIPT = `
  const bundle = await import(process.env.BUNDLE);
  const answers = [];
  for (const payload of JSON.parse(process.env.PAYLOADS)) {
    try {
      answers.push({ output: await bundle.handler(payload) });
    } catch ({ name, message, stack }) {
      answers.push({ error: { name, message, stack } });
    }
  }
  console.log("ANSWERS " + JSON.stringify({ exports: Object.keys(bundle), answers }));
`;

/** Runs a bundle in a Node process of its own, as Lambda does, with nothing in its environment but the variables. */
export async function runBundle(
  directory: string,
  payloads: unknown[],
  variables: Record<string, string> = FUNCTION_VARIABLES,
  module = "index",
): Promise<BundleRun> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", SCRIPT],
    {
      env: { ...variables, BUNDLE: `file://${directory}/${module}.mjs`, PAYLOADS: JSON.stringify(payloads) },
    },
  );
  const text = `${stdout}\n${stderr}`.split("\n");
  const answered = text.find((line) => line.startsWith("ANSWERS ")) ?? "ANSWERS {}";
  const lines = text
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...(JSON.parse(answered.slice("ANSWERS ".length)) as Omit<BundleRun, "lines">), lines };
}
