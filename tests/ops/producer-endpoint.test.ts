import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { COMMANDS } from "../../ops/commands.ts";
import { Clients } from "../../ops/frame/clients.ts";
import { parseCommandLine } from "../../ops/frame/command-line.ts";
import type { Context } from "../../ops/frame/operator-command.ts";
import type { RegionOutputs, StackOutputs } from "../../ops/frame/outputs.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { SEND } from "../../ops/send/command.ts";
import { tapeLine, tradeDetail } from "../support/local-system.ts";
import { acceptAll, type Request, rejection, scriptedClient } from "./producer-support.ts";

const regionOutputs = (region: string): RegionOutputs => ({
  eventBusName: "trading-event-bus-dev",
  eventBusArn: `arn:aws:events:${region}:000000000000:event-bus/trading-event-bus-dev`,
  archiveArn: "",
  stateMachineArn: "",
  functionArns: {},
  functionAliasArns: {},
  deadLetterQueueUrls: {},
  routingDeadLetterQueueUrl: "",
  rejectsQueueUrl: "",
  unmatchedQueueUrl: "",
  parameterNames: { apiEndpoint: "", processingThreshold: "", maxRetries: "" },
  alarmTopicArn: "",
  ruleNames: { sources: [], unmatched: "", forwarding: "trades-forwarding-dev" },
});

const OUTPUTS: StackOutputs = {
  StateMachineArn: "",
  TradeTableName: "",
  OutcomesTableName: "",
  EnvironmentSuffix: "dev",
  PrimaryRegion: "us-east-1",
  ReplicaRegion: "eu-west-1",
  Sources: [{ name: "system1", source: "trading.system1" }],
  regions: { "us-east-1": regionOutputs("us-east-1"), "eu-west-1": regionOutputs("eu-west-1") },
};

/** Clients whose EventBridge client is scripted. */
class ScriptedClients extends Clients {
  readonly requests: Request[] = [];
  readonly regions: string[] = [];

  override eventBridge(region: string) {
    this.regions.push(region);
    return scriptedClient((request) => {
      this.requests.push(request);
      return acceptAll(request);
    });
  }
}

describe("npm run ops -- send --endpoint", () => {
  const directory = mkdtempSync(join(tmpdir(), "send-endpoint-"));
  after(() => rmSync(directory, { recursive: true }));
  const tape = join(directory, "tape.jsonl");
  writeFileSync(
    tape,
    [tapeLine(tradeDetail()), tapeLine(tradeDetail(), { EventBusName: "default" })].join("\n"),
  );

  async function send(outputs: StackOutputs, options: Record<string, string>) {
    const clients = new ScriptedClients({});
    const context: Context = {
      outputs,
      clients,
      terminal: new Terminal(process.stderr),
      signal: new AbortController().signal,
    };
    context.terminal.line = () => {};
    const carryOut = await SEND.prepare({ words: [tape], options });
    return { clients, result: await carryOut(context) };
  }

  it("sends through the stack's global endpoint, behind which there is the trades bus alone", async () => {
    const outputs = parseOutputs({ ...OUTPUTS, GlobalEndpointId: "abcde.veo" });
    const { clients, result } = await send(outputs, { endpoint: "true" });
    expect(clients.requests).to.have.length(1);
    expect(clients.requests[0]).to.include({ endpointId: "abcde.veo" });
    expect(clients.requests[0]?.authorization).to.match(/^AWS4-ECDSA-P256-SHA256 /);
    expect(result.lines).to.deep.equal(["2 sent, 1 accepted, 1 refused"]);
    expect(JSON.stringify(result.json)).to.include("EventBusName: must be trading-event-bus-dev, or the ARN");
  });

  it("is not used unless it is asked for", async () => {
    const outputs = { ...OUTPUTS, GlobalEndpointId: "abcde.veo" };
    const { clients, result } = await send(outputs, { region: "eu-west-1" });
    expect(clients.requests[0]?.endpointId).to.equal(undefined);
    expect(clients.regions).to.deep.equal(["eu-west-1"]);
    expect(result.lines).to.deep.equal(["2 sent, 2 accepted, 0 refused"]);
  });

  it("sends nothing to the default bus of a region that hands nothing on from there", async () => {
    const own = regionOutputs("eu-west-1");
    const regions = {
      ...OUTPUTS.regions,
      "eu-west-1": { ...own, ruleNames: { sources: [], unmatched: "" } },
    };
    const { clients, result } = await send({ ...OUTPUTS, regions }, { region: "eu-west-1" });
    expect(clients.requests.flatMap(({ entries }) => entries.map((each) => each.EventBusName))).to.deep.equal(
      ["trading-event-bus-dev"],
    );
    expect(result).to.deep.include({ complete: false, lines: ["2 sent, 1 accepted, 1 refused"] });
    expect(JSON.stringify(result.json)).to.include(
      "got default: in this stack no rule hands trades on from the default bus",
    );
  });

  it("is a mistake of the command line where the stack has none", async () => {
    const error = await rejection(send(OUTPUTS, { endpoint: "true" }));
    expect(error).to.be.instanceOf(UsageError);
    expect(String(error)).to.match(
      /--endpoint: the stack dev has no global endpoint \(output GlobalEndpointId\)/,
    );
  });

  it("is a flag, and goes without --region", async () => {
    const words = ["send", tape, "--endpoint", "--local"];
    expect(parseCommandLine(words, COMMANDS)?.given).to.deep.equal({
      words: [tape],
      options: { endpoint: "true" },
    });
    const error = await rejection(send(OUTPUTS, { endpoint: "true", region: "eu-west-1" }));
    expect(error).to.be.instanceOf(UsageError);
    expect(String(error)).to.include("--endpoint: goes without --region");
    expect(() => parseCommandLine(["export", "--local", "--endpoint"], COMMANDS)).to.throw(
      UsageError,
      "--endpoint is not an option of export",
    );
  });
});
