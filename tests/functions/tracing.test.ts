import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bundleImage } from "../../functions/bundle.ts";
import { DETAIL, envelopeOf } from "../domain/trade-events.ts";
import { type BundleRun, FUNCTION_VARIABLES, runBundle } from "./bundle-harness.ts";
import { scriptedService } from "./scripted-service.ts";

interface Subsegment {
  readonly name: string;
  readonly annotations?: Record<string, unknown>;
  readonly subsegments?: Subsegment[];
}

/** Runs a bundled function with tracing on; gives what it sent to the daemon as well. */
async function traceOf(
  directory: string,
  payload: unknown,
  environment: Record<string, string>,
): Promise<BundleRun & { segments: Subsegment[]; text: string }> {
  const daemon = createSocket("udp4");
  const texts: string[] = [];
  daemon.on("message", (message) => texts.push(message.toString()));
  daemon.bind(0, "127.0.0.1");
  await once(daemon, "listening");
  try {
    const run = await runBundle(directory, [payload], {
      ...FUNCTION_VARIABLES,
      ...environment,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      LAMBDA_TASK_ROOT: directory,
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
      _X_AMZN_TRACE_ID: "Root=1-5f4f5f5f-5f5f5f5f5f5f5f5f5f5f5f5f;Parent=5f5f5f5f5f5f5f5f;Sampled=1",
    });
    // A document follows a line that names its format (X-Ray Developer Guide, "Sending segment documents to the daemon").
    const segments = texts.map((text) => JSON.parse(text.slice(text.indexOf("\n") + 1)) as Subsegment);
    return { ...run, segments, text: texts.join("\n") };
  } finally {
    daemon.close();
  }
}

describe("traces", () => {
  const PAYLOAD = {
    envelope: envelopeOf({ ...DETAIL, tradeId: "T-1", amount: "98765.4321", action: "CORRECT", version: 2 }),
    execution: {
      id: "arn:aws:states:us-east-1:000000000000:execution:m:e",
      startTime: "2026-01-05T14:30:00.500Z",
    },
    enrichment: { status: "pending", error: "market data: status 503" },
  };
  const EXPECTED = { eventId: PAYLOAD.envelope.id, eventSource: PAYLOAD.envelope.source };
  let outputDirectory: string;
  before(async () => {
    outputDirectory = await mkdtemp(join(tmpdir(), "tracing-"));
  });
  after(() => rm(outputDirectory, { recursive: true }));

  for (const [name, subsegment] of [
    ["compliance-recorder", "## record"],
    ["metadata-enricher", "## enrich"],
  ] as const)
    it(`of ${name} can be searched by event, source, trade and action, and hold no more of the trade`, async () => {
      const { directory } = await bundleImage(name, { outputDirectory });
      const service = await scriptedService({ status: 200, body: {} });
      try {
        const { segments, text } = await traceOf(directory, PAYLOAD, { AWS_ENDPOINT_URL: service.endpoint });
        const found = segments.filter((each) => each.name === subsegment);
        expect(found).to.have.length(1);
        expect(found[0]?.annotations).to.deep.include({ ...EXPECTED, action: "CORRECT", tradeId: "T-1" });
        expect(text).not.to.include("98765.4321");
      } finally {
        await service.close();
      }
    });
});
