import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bundleImage } from "../../functions/bundle.ts";
import {
  FUNCTION_IMAGES,
  IMAGE_NAMES,
  IMAGES,
  type ImageName,
  RETRYABLE_ERROR,
} from "../../functions/contract.ts";
import { DETAIL, envelopeOf } from "../domain/trade-events.ts";
import { FUNCTION_VARIABLES, runBundle } from "./bundle-harness.ts";
import { scriptedService } from "./scripted-service.ts";

const EXECUTION = {
  id: "arn:aws:states:us-east-1:000000000000:execution:trade-processing-dev:run",
  startTime: "2026-01-05T14:30:00.500Z",
};
const payload = (detail: unknown, more = {}) => ({
  envelope: envelopeOf(detail),
  execution: EXECUTION,
  ...more,
});

describe("the bundled functions", () => {
  let outputDirectory: string;
  const directories = new Map<ImageName, string>();
  const directoryOf = (name: ImageName) => directories.get(name) ?? "";

  before(async () => {
    outputDirectory = await mkdtemp(join(tmpdir(), "bundles-"));
    for (const name of IMAGE_NAMES) {
      directories.set(name, (await bundleImage(name, { outputDirectory })).directory);
    }
  });
  after(() => rm(outputDirectory, { recursive: true }));

  it("are one file for each entry point, with the same bytes every time and nothing of this machine in it", async () => {
    const other = join(outputDirectory, "again");
    await Promise.all(
      IMAGE_NAMES.map(async (name) => {
        const [again] = await Promise.all([1, 2].map(() => bundleImage(name, { outputDirectory: other })));
        const modules = Object.keys(IMAGES[name]).map((module) => `${module}.mjs`);
        expect(await readdir(directoryOf(name))).to.have.members(modules);
        for (const module of modules) {
          const file = (directory = "") => readFile(join(directory, module), "utf8");
          const text = await file(directoryOf(name));
          expect(await file(again?.directory)).to.equal(text);
          expect(text).to.not.include(process.cwd());
        }
      }),
    );
  });

  it("export a handler and start without any environment", async () => {
    for (const { image, command } of Object.values(FUNCTION_IMAGES)) {
      const [module = "", exported] = command.split(".");
      expect((await runBundle(directoryOf(image), [], {}, module)).exports).to.deep.equal([exported]);
    }
  });

  it("name the environment variables that are missing", async () => {
    const { answers } = await runBundle(directoryOf("trade-validator"), [payload(DETAIL)], {});
    expect(answers[0]).to.have.nested.property("error.name", "ConfigurationError");
    expect(answers[0]).to.have.nested.property("error.message").that.includes("TRADE_SOURCES is absent");
  });

  it("refuse a payload that the workflow would not send", async () => {
    const { answers } = await runBundle(directoryOf("trade-validator"), [{ envelope: {} }, null]);
    expect(answers).to.have.length(2);
    for (const answer of answers) expect(answer).to.have.nested.property("error.name", "InputError");
  });

  it("validate, and log no content of the trade", async () => {
    const secret = { ...DETAIL, amount: "-98765.4321", note: "confidential" };
    const { answers, lines } = await runBundle(directoryOf("trade-validator"), [
      payload(DETAIL),
      payload(secret),
    ]);
    expect(answers[0]).to.deep.equal({ output: { valid: true, tradeId: "T-1", version: 1 } });
    expect(answers[1]).to.have.nested.property("output.reasons[0].code", "amount.notPositive");
    const logs = lines.filter((line) => !("_aws" in line));
    expect(logs[0]).to.include({ tradeId: "T-1", eventId: envelopeOf({}).id, execution: EXECUTION.id });
    expect(JSON.stringify(logs)).to.not.match(/98765|confidential/);
  });

  it("count what they did, with function and environment as dimensions", async () => {
    const { lines } = await runBundle(directoryOf("trade-validator"), [
      payload({ ...DETAIL, currency: "ZZZ" }),
    ]);
    const metrics = lines.filter((line) => "_aws" in line);
    const all = Object.assign({}, ...metrics);
    expect(all).to.include({
      service: "trade-validator",
      Environment: "dev",
      EventsProcessed: 1,
      Rejected: 1,
    });
    expect(all).to.include({ Reason: "currency.unknown", RejectionReason: 1 });
    expect(all.ProcessingTime).to.be.greaterThan(0);
    expect(metrics[0]).to.have.nested.property("_aws.CloudWatchMetrics[0].Namespace", "TradingSystem");
  });

  /** The enricher's answers to an ordinary trade twice, with an API that answers as it is told. */
  async function enrichTwice(answer: RequestListener, changes: Record<string, string> = {}) {
    const api = createServer(answer);
    await new Promise<void>((done) => void api.listen(0, "127.0.0.1", done));
    const values = {
      "/trade-processing/dev/api-endpoint": `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      "/trade-processing/dev/processing-threshold": "1000",
      "/trade-processing/dev/max-retries": "10",
    };
    const Parameters = Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
    const ssm = await scriptedService({ status: 200, body: { Parameters } });
    try {
      const variables = { ...FUNCTION_VARIABLES, AWS_ENDPOINT_URL: ssm.endpoint, ...changes };
      const payloads = [payload(DETAIL), payload(DETAIL)];
      const run = await runBundle(directoryOf("metadata-enricher"), payloads, variables);
      return { ...run, parameterCalls: ssm.requests.length };
    } finally {
      api.closeAllConnections();
      api.close();
      await ssm.close();
    }
  }

  it("enrich over HTTP with parameters from SSM, read once", async () => {
    const body = { code: "USD", name: "US Dollar", minorUnits: 2, asOf: "2026-01-05T14:30:00Z" };
    const { answers, lines, parameterCalls } = await enrichTwice((_, response) => {
      response.end(JSON.stringify(body));
    });
    expect(answers[0]).to.have.nested.property("output.status", "complete");
    expect(answers[1]).to.have.nested.property("output.market.currency.name", "US Dollar");
    expect(parameterCalls).to.equal(1);
    expect(Object.assign({}, ...lines)).to.include({ AboveThreshold: 1 });
  });

  it("leave the enrichment pending, and are no error, when the API is silent until time is up", async () => {
    const { answers } = await enrichTwice(() => {}, { HANDLER_DEADLINE_MILLISECONDS: "900" });
    for (const answer of answers) {
      expect(answer).to.have.nested.property("output.status", "pending");
      expect(answer).to.have.nested.property("output.aboveThreshold", true);
    }
  });

  it("record over HTTP, and give up in time with an error that can be retried", async () => {
    const slow = await scriptedService({ status: 200, body: {} }, "silence");
    try {
      const variables = {
        ...FUNCTION_VARIABLES,
        AWS_ENDPOINT_URL: slow.endpoint,
        HANDLER_DEADLINE_MILLISECONDS: "300",
      };
      const enrichment = { status: "pending", error: "market data: status 503" };
      const payloads = [payload(DETAIL, { enrichment }), payload(DETAIL, { enrichment: "broken" })];
      const { answers, lines } = await runBundle(directoryOf("compliance-recorder"), payloads, variables);
      expect(answers[0]).to.deep.equal({ output: { outcome: "recorded" } });
      expect(answers[1]).to.have.nested.property("error.name", RETRYABLE_ERROR);
      expect(answers[1]).to.have.nested.property("error.stack", "");
      expect(Object.assign({}, ...lines))
        .to.include({ Recorded: 1, Failed: 1 })
        .and.to.have.property("AgeAtRecording");
    } finally {
      await slow.close();
    }
  });

  it("work with tracing on, without a daemon that listens", async () => {
    const table = await scriptedService({ status: 200, body: {} });
    try {
      const variables = {
        ...FUNCTION_VARIABLES,
        AWS_ENDPOINT_URL: table.endpoint,
        AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
        LAMBDA_TASK_ROOT: directoryOf("compliance-recorder"),
        _X_AMZN_TRACE_ID: "Root=1-5f4f5f5f-5f5f5f5f5f5f5f5f5f5f5f5f;Parent=5f5f5f5f5f5f5f5f;Sampled=1",
      };
      const { answers } = await runBundle(directoryOf("compliance-recorder"), [payload(DETAIL)], variables);
      expect(answers[0]).to.deep.equal({ output: { outcome: "recorded" } });
    } finally {
      await table.close();
    }
  });
});
