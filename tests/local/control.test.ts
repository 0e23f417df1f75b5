import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { LocalSystem } from "../../local/system.ts";
import { process as processTrade, rows, startTestSystem, tradeDetail } from "../support/local-system.ts";

const COMMAND = fileURLToPath(new URL("../../local/control/command.ts", import.meta.url));

interface Result {
  code: number | null;
  out: string;
  error: string;
}

describe("steering a running local cloud", function () {
  this.timeout(60_000);
  let system: LocalSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system.close());
  afterEach(() => system.services.cloud.faults.clear());

  async function local(...args: string[]): Promise<Result> {
    const { port } = system.services.endpoint;
    const child = spawn(process.execPath, [COMMAND, ...args, "--port", String(port)]);
    const [out, error, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((done) => child.on("exit", done)),
    ]);
    return { code, out: out.trim(), error: error.trim() };
  }

  async function logged(region: string): Promise<Record<string, unknown>[]> {
    const { events } = await system.services.cloud.surroundings.call(
      "logs",
      "FilterLogEvents",
      { logGroupName: "/local-cloud/faults" },
      { region, principal: OPERATOR },
    );
    return (events as { message: string }[]).map(({ message }) => JSON.parse(message));
  }

  it("tells the stack's outputs, all or one", async () => {
    const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:trade-processing-dev";
    expect(await local("outputs", "StateMachineArn")).to.deep.equal({ code: 0, out: machine, error: "" });
    const all = JSON.parse((await local("outputs", "--json")).out);
    expect(all).to.include({
      StateMachineArn: machine,
      TradeTableName: "trades-dev",
      PrimaryRegion: "us-east-1",
    });
    const unknown = await local("outputs", "Missing");
    expect(unknown.code).to.equal(1);
    expect(unknown.error).to.match(/no output "Missing"; there are: .*StateMachineArn/);
  });

  it("makes calls fail as often as told, and logs where that happened", async () => {
    const added = await local(
      ...["faults", "add", "throttle", "--service", "dynamodb", "--operation", "PutItem"],
      ...["--region", "us-east-1", "--times", "1"],
    );
    expect(added).to.include({ code: 0, error: "" });
    const id = added.out.replace("Added ", "");
    const detail = tradeDetail();
    await processTrade(system, detail);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
    const [fault] = JSON.parse((await local("faults", "--json")).out);
    expect(fault).to.include({ id, applied: 1 });
    const lines = (await logged("us-east-1")).filter((line) => line.id === id);
    expect(lines.map(({ event }) => event)).to.deep.equal(["added", "applied"]);
    expect(lines[1]?.call).to.deep.include({ service: "dynamodb", operation: "PutItem" });
    expect((await local("faults", "remove", id)).out).to.equal("Removed 1");
    expect((await local("faults")).out).to.equal("No faults");
  });

  it("kills a function's process after its effect, and the trade is recorded once", async () => {
    await local(
      ...["faults", "add", "crash", "--function", "compliance-recorder-dev"],
      ...["--when", "after", "--times", "1"],
    );
    const detail = tradeDetail();
    await processTrade(system, detail);
    expect(await rows(system, detail.tradeId)).to.have.length(1);
    const applied = (await logged("us-east-1")).filter(({ event }) => event === "applied");
    expect(applied.at(-1)?.call).to.include({ operation: "Invoke", function: "compliance-recorder-dev" });
  });

  const mistakes: [string[], RegExp][] = [
    [["faults", "add", "error"], /effect\.code: must be an AWS error code/],
    [["faults", "add", "explode"], /effect\.kind: .*\(it is "explode"\)/],
    [["faults", "add", "delay", "--milliseconds", "0"], /effect\.milliseconds: .*1 .*\(it is 0\)/],
    [["faults", "add", "delay", "--milliseconds", "soon"], /--milliseconds: "soon" must be a whole number/],
    [["faults", "add", "throttle", "--service", "dynamo"], /service: "dynamo" is none of .*dynamodb/],
    [
      ["faults", "add", "throttle", "--service", "sqs", "--operation", "PutItem"],
      /operation: "PutItem" is none of sqs's: .*SendMessage/,
    ],
    [
      ["faults", "add", "throttle", "--region", "Ohio"],
      /region: must be a region such as us-east-1 .*"Ohio"/,
    ],
    [
      ["faults", "add", "crash", "--service", "sqs"],
      /crash applies to service lambda, operation Invoke only/,
    ],
    [["faults", "add", "throttle", "--when", "later"], /when: .*"before"\|"after".*\(it is "later"\)/],
    [["faults", "remove"], /"faults remove" is not a command/],
    [["fault"], /"fault" is not a command/],
    [["faults", "--colour"], /--colour/],
  ];
  for (const [args, message] of mistakes)
    it(`refuses "${args.join(" ")}", and adds nothing`, async () => {
      const { code, out, error } = await local(...args);
      expect(error).to.match(message);
      expect(error).not.to.match(/\n\s+at /);
      expect({ code, out }).to.deep.equal({ code: 2, out: "" });
      expect(system.services.cloud.faults.list()).to.deep.equal([]);
    });

  it("says that a fault does not exist", async () => {
    const { code, error } = await local("faults", "remove", "fault-99");
    expect(code).to.equal(1);
    expect(error).to.match(/There is no fault "fault-99"; there are: none/);
  });

  it("answers what is too large as such", async () => {
    const { url } = system.services.endpoint;
    const headers = { "content-type": "application/json" };
    const body = " ".repeat(7 * 1024 * 1024);
    const answer = await fetch(`${url}/_local/faults`, { method: "POST", headers, body });
    expect(answer.status).to.equal(413);
    expect(((await answer.json()) as { message: string }).message).to.match(/must be smaller than/);
  });

  it("answers no web page of another origin", async () => {
    const { url } = system.services.endpoint;
    const from = (headers: Record<string, string>, body?: string) =>
      fetch(`${url}/_local/faults`, { headers, ...(body === undefined ? {} : { method: "POST", body }) });
    expect((await from({ origin: "http://example.com" })).status).to.equal(403);
    expect((await from({ origin: url })).status).to.equal(200);
    const simple = await from({ "content-type": "text/plain" }, '{"effect":{"kind":"throttle"}}');
    expect(simple.status).to.equal(415);
    expect((await from({ origin: "null" })).status).to.equal(403);
    expect(system.services.cloud.faults.list()).to.deep.equal([]);
  });
});
