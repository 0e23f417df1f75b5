import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { isAlive, LambdaBench, REGION, until } from "./lambda-support.ts";
import { refusal } from "./states-support.ts";

const PID = `export const handler = async () =>
  ({ pid: process.pid, type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE });`;
const ARN = `arn:aws:lambda:${REGION}:000000000000:function:f`;

/** "Understanding Lambda function scaling" and "Configuring provisioned concurrency for a function". */
describe("Lambda's concurrency, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  beforeEach(() => {
    bench = new LambdaBench({ maximumProcesses: 2, idleMilliseconds: 300_000, clock: new DrivenClock() });
  });
  afterEach(() => bench.close());

  const put = (Qualifier: string, ProvisionedConcurrentExecutions: number) =>
    bench.call("PutProvisionedConcurrencyConfig", {
      FunctionName: "f",
      Qualifier,
      ProvisionedConcurrentExecutions,
    });
  const get = (Qualifier: string) =>
    bench.call("GetProvisionedConcurrencyConfig", { FunctionName: "f", Qualifier });
  const ready = async (qualifier: string) => {
    while ((await get(qualifier)).Status !== "READY") await new Promise((done) => setTimeout(done, 5));
  };
  const publish = () => bench.call("PublishVersion", { FunctionName: "f" });

  it("starts environments ahead for an alias, which invocations of it use without initialisation", async () => {
    await bench.create("f", PID);
    await publish();
    await bench.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
    const made = await put("live", 5);
    expect(made).to.include({ RequestedProvisionedConcurrentExecutions: 5, Status: "IN_PROGRESS" });
    await ready("live");
    expect(await get("live")).to.include({ AvailableProvisionedConcurrentExecutions: 5 });
    const { Payload } = await bench.invoke("f", {}, { Qualifier: "live" });
    expect(Payload).to.include({ type: "provisioned-concurrency" });
    expect(bench.logged.map(({ message }) => message).join("\n")).to.not.contain("Init Duration");
    const other = await bench.invoke("f");
    expect(other.Payload).to.include({ type: "on-demand" });
  });

  it("keeps what was started ahead, and ends it when the configuration goes", async () => {
    const clock = new DrivenClock();
    await bench.close();
    bench = new LambdaBench({ maximumProcesses: 2, idleMilliseconds: 60_000, clock });
    await bench.create("f", PID);
    await publish();
    await put("1", 1);
    await ready("1");
    const pid = async () =>
      Number(((await bench.invoke("f", {}, { Qualifier: "1" })).Payload as { pid: number }).pid);
    const first = await pid();
    await until(() => clock.pending > 0);
    await clock.advance(3_600_000);
    expect(isAlive(first)).to.equal(true);
    expect(await pid()).to.equal(first);
    await until(() => clock.pending > 0);
    await bench.call("DeleteProvisionedConcurrencyConfig", { FunctionName: "f", Qualifier: "1" });
    expect((await refusal(get("1"))).code).to.equal("ProvisionedConcurrencyConfigNotFoundException");
    await clock.advance(60_000);
    await until(() => !isAlive(first));
  });

  it("says that environments could not be started when the module cannot be loaded", async () => {
    await bench.create("f", "throw new Error('init');");
    await publish();
    await put("1", 1);
    while ((await get("1")).Status === "IN_PROGRESS") await new Promise((done) => setTimeout(done, 5));
    expect((await get("1")).Status).to.equal("FAILED");
  });

  it("refuses $LATEST, and more than the function's reserved concurrency", async () => {
    await bench.create("f", PID);
    await publish();
    expect((await refusal(put("$LATEST", 1))).code).to.equal("InvalidParameterValueException");
    await bench.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 2 });
    expect((await refusal(put("1", 3))).code).to.equal("InvalidParameterValueException");
    await put("1", 2);
    const lower = { FunctionName: "f", ReservedConcurrentExecutions: 1 };
    expect((await refusal(bench.call("PutFunctionConcurrency", lower))).message).to.contain("[2]");
  });

  it("records invocations by function, by version or alias, and of all functions", async () => {
    await bench.create("f", PID);
    await publish();
    await bench.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
    await bench.invoke("f");
    await bench.invoke(`${ARN}:live`);
    const found = (name: string) =>
      bench.metrics.points.filter((point) => point.name === name).map(({ dimensions }) => dimensions);
    expect(found("Invocations")).to.deep.equal([
      {},
      { FunctionName: "f" },
      { FunctionName: "f", Resource: "f" },
      {},
      { FunctionName: "f" },
      { FunctionName: "f", Resource: "f:live" },
      { FunctionName: "f", Resource: "f:live", ExecutedVersion: "1" },
    ]);
    expect(found("ConcurrentExecutions")).to.deep.equal([
      { FunctionName: "f" },
      {},
      { FunctionName: "f" },
      {},
    ]);
  });
});
