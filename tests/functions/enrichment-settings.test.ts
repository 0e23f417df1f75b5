import { SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { settingsReader } from "../../functions/adapters/enrichment-settings.ts";
import { RETRYABLE_ERROR } from "../../functions/contract.ts";
import {
  localClient,
  type ScriptedReply,
  type ScriptedService,
  scriptedService,
} from "./scripted-service.ts";

const NAMES = {
  apiEndpointParameter: "/t/dev/api-endpoint",
  processingThresholdParameter: "/t/dev/processing-threshold",
  maxRetriesParameter: "/t/dev/max-retries",
};

function parameters(changes: Record<string, string> = {}): ScriptedReply {
  const values = {
    [NAMES.apiEndpointParameter]: "http://127.0.0.1:8080/v1",
    [NAMES.processingThresholdParameter]: "1000",
    [NAMES.maxRetriesParameter]: "3",
    ...changes,
  };
  return {
    status: 200,
    body: { Parameters: Object.entries(values).map(([Name, Value]) => ({ Name, Value })) },
  };
}
const DOWN: ScriptedReply = { status: 400, body: { __type: "ThrottlingException", message: "slow down" } };

describe("the enricher's settings", () => {
  let service: ScriptedService | undefined;
  let client: SSMClient;
  let now: number;
  let failures: string[];
  const { signal } = new AbortController();

  async function reader(maximumAgeSeconds: number, ...replies: ScriptedReply[]) {
    now = 0;
    failures = [];
    service = await scriptedService(...replies);
    client = new SSMClient({ ...localClient(service.endpoint), maxAttempts: 1 });
    const onFailure = ({ name }: Error) => void failures.push(name);
    const read = settingsReader(client, {
      maximumAgeSeconds,
      pauseMilliseconds: 5000,
      now: () => now,
      onFailure,
    });
    return () => read(NAMES, signal);
  }
  afterEach(async () => {
    client.destroy();
    await service?.close();
  });

  it("come from one call and are then cached", async () => {
    const read = await reader(60, parameters());
    const settings = { apiEndpoint: "http://127.0.0.1:8080/v1", processingThreshold: "1000", attempts: 3 };
    expect(await read()).to.deep.equal(settings);
    expect(await read()).to.deep.equal(settings);
    expect(service?.requests).to.deep.equal([{ Names: Object.values(NAMES) }]);
  });

  it("are read again when they are too old", async () => {
    const read = await reader(0.001, parameters(), parameters({ [NAMES.maxRetriesParameter]: "0" }));
    await read();
    await new Promise((done) => setTimeout(done, 5));
    expect(await read()).to.include({ attempts: 1 });
  });

  it("stay the last good ones while the service fails, and it is left alone for a while", async () => {
    const read = await reader(0.001, parameters(), DOWN);
    const good = await read();
    await new Promise((done) => setTimeout(done, 5));
    expect(await read()).to.equal(good);
    expect(await read()).to.equal(good);
    expect(failures).to.deep.equal([RETRYABLE_ERROR]);
    now += 5000;
    expect(await read()).to.equal(good);
    expect(failures).to.have.length(2);
  });

  it("stay the last good ones while one is set to what is not allowed", async () => {
    const read = await reader(
      0.001,
      parameters(),
      parameters({ [NAMES.processingThresholdParameter]: "a lot" }),
    );
    const good = await read();
    await new Promise((done) => setTimeout(done, 5));
    expect(await read()).to.equal(good);
    expect(failures).to.deep.equal(["ConfigurationError"]);
  });

  it("are an error that can be retried if there never were any", async () => {
    const read = await reader(60, DOWN);
    expect(await read().catch(({ name }: Error) => name)).to.equal(RETRYABLE_ERROR);
  });

  for (const [name, value] of [
    [NAMES.apiEndpointParameter, "ftp://somewhere"],
    [NAMES.apiEndpointParameter, "somewhere"],
    [NAMES.processingThresholdParameter, "1,000"],
    [NAMES.maxRetriesParameter, "11"],
  ] as const) {
    it(`are an error that names ${name} and "${value}"`, async () => {
      const read = await reader(60, parameters({ [name]: value }));
      const error = await read().catch((thrown: Error) => thrown);
      expect(error).to.have.property("name", "ConfigurationError");
      expect(error).to.have.property("message").that.includes(`${name} is ${value}; allowed: `);
    });
  }
});
