import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { rows, startTestSystem, tradeDetail } from "../support/local-system.ts";
import { becomeHealthy, call, failover, REGIONS, recordIn, setAlarm } from "./failover-support.ts";
import { rejection } from "./producer-support.ts";

const [PRIMARY, REPLICA] = REGIONS;
const YES = { reason: "maintenance", yes: "true" };

describe("npm run ops -- failover", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  let healthCheckId: string;
  let endpointId: string;
  before(async () => {
    system = await startTestSystem();
    const outputs = parseOutputs(system.services.outputs);
    healthCheckId = outputs.HealthCheckId ?? "";
    endpointId = outputs.GlobalEndpointId ?? "";
    system.services.events.globalEndpoints.setRoutingDelay(0);
    await becomeHealthy(system);
    await until(() => system.services.route53.isHealthy(healthCheckId) === true && leadsTo(PRIMARY));
  });
  after(() => system?.close());
  afterEach(async () => {
    system.services.cloud.faults.clear();
    await becomeHealthy(system);
    await call(system, "route53", "UpdateHealthCheck", { HealthCheckId: healthCheckId, HealthThreshold: 2 });
  });

  const leadsTo = (region: string) =>
    system.services.events.globalEndpoints.activeRegion(endpointId) === region;

  /** Waits for what Route 53 looks at every ten seconds. */
  async function until(isSo: () => boolean): Promise<void> {
    for (const deadline = Date.now() + 30_000; !isSo(); ) {
      if (Date.now() > deadline) throw new Error("it did not happen within 30 s");
      await setTimeout(50);
    }
  }

  async function settings(): Promise<Json> {
    const { HealthCheck } = await call(system, "route53", "GetHealthCheck", { HealthCheckId: healthCheckId });
    return HealthCheck as Json;
  }
  const threshold = async () => ((await settings()).HealthCheckConfig as Json).HealthThreshold;

  /** Puts a trade through the endpoint; gives the region that recorded it. */
  async function regionOfNextTrade(): Promise<unknown> {
    const Detail = tradeDetail({ tradeId: `FO-${Date.now()}` });
    const EventBusName = system.names.regions[PRIMARY]?.busName;
    const entry = { Source: "trading.system1", DetailType: "Trade Event", EventBusName };
    const Entries = [{ ...entry, Detail: JSON.stringify(Detail) }];
    const put = await call(system, "events", "PutEvents", { EndpointId: endpointId, Entries });
    expect(put.FailedEntryCount).to.equal(0);
    await drain(system);
    const [row] = await rows(system, Detail.tradeId, REPLICA);
    return row?.region;
  }

  it("sends trades to the replica's region, and lets them return", async () => {
    const before = await failover(system, "status");
    expect(before.complete).to.equal(true);
    expect(before.answer).to.deep.include({ primaryRegion: PRIMARY, replicaRegion: REPLICA, isHeld: false });
    expect(await regionOfNextTrade()).to.equal(PRIMARY);

    const started = await failover(system, "start", YES);
    expect(started.complete).to.equal(true);
    expect(started.printed).to.match(
      /^Holds health check .* of us-east-1 unhealthy, so that the global endp/,
    );
    expect(started.lines).to.include("us-east-1 is held unhealthy; trades will go to eu-west-1.");
    await until(() => leadsTo(REPLICA));
    expect(await regionOfNextTrade()).to.equal(REPLICA);

    const during = await failover(system, "status");
    expect(during.answer).to.deep.include({ isHeld: true });
    expect(during.lines[0]).to.match(/^Trades go to eu-west-1: an operator holds us-east-1 unhealthy/);
    expect(during.lines.at(-1)).to.match(/^Last by an operator: start at .* by arn:.*: maintenance$/);
    const again = await failover(system, "start", YES);
    expect([again.complete, again.answer.changed]).to.deep.equal([true, false]);

    const returned = await failover(system, "return", { ...YES, reason: "done" });
    expect(returned.complete).to.equal(true);
    expect(await threshold()).to.equal(2);
    await until(() => leadsTo(PRIMARY));
    expect(await regionOfNextTrade()).to.equal(PRIMARY);
    const after = await failover(system, "status");
    expect(after.answer).to.deep.include({ isHeld: false });
    expect(after.lines.at(-1)).to.match(/^Last by an operator: return at .*: done$/);
  });

  it("holds the region whatever its alarms say", async () => {
    await failover(system, "start", YES);
    await until(() => leadsTo(REPLICA));
    // Route 53 has looked at the region's healthy data again by then.
    await setTimeout(11_000);
    expect(leadsTo(REPLICA)).to.equal(true);
  });

  it("asks, and does nothing unless the answer is yes", async () => {
    for (const answer of [false, true]) {
      const questions: string[] = [];
      const confirmation = {
        isTerminal: true,
        ask: async (question: string) => {
          questions.push(question);
          return answer;
        },
      };
      const ran = await failover(system, "start", { reason: "asked" }, confirmation);
      expect(questions).to.deep.equal(["Do this? Type yes: "]);
      expect(ran.printed).to.match(/^Holds health check/);
      expect([ran.complete, ran.answer.changed]).to.deep.equal([answer, answer]);
      expect(await threshold()).to.equal(answer ? 3 : 2);
    }
  });

  it("refuses without --yes where nobody can be asked", async () => {
    const error = await rejection(failover(system, "start", { reason: "x" }));
    expect(error).to.be.instanceOf(UsageError);
    expect(String(error)).to.include("failover start: nobody can be asked here; confirm with --yes");
    expect(await threshold()).to.equal(2);
  });

  it("objects to sending trades where they fare no better, unless forced", async () => {
    await setAlarm(system, "heartbeat-alarm-dev", "ALARM", REPLICA);
    const { complete, lines, answer } = await failover(system, "start", YES);
    expect(complete).to.equal(false);
    expect(lines).to.deep.equal(["Not done: eu-west-1 is not healthy itself; --force does it all the same"]);
    expect(answer).to.include({ changed: false, objection: "eu-west-1 is not healthy itself" });
    expect(await threshold()).to.equal(2);
    expect((await failover(system, "start", { ...YES, force: "true" })).complete).to.equal(true);
    expect(await threshold()).to.equal(3);
  });

  it("writes who did what, when and why in both regions", async () => {
    const { answer } = await failover(system, "start", { ...YES, reason: "a fire" });
    expect(answer).to.deep.include({ changed: true, notRecordedIn: [] });
    for (const region of REGIONS) {
      const record = await recordIn(system, region);
      expect(record).to.include({ action: "start", reason: "a fire", by: "arn:aws:iam::000000000000:root" });
      expect(Date.parse(String((record as Json).at))).to.be.within(Date.now() - 60_000, Date.now());
    }
  });

  const failing = (service: string, region: string, operation?: string) =>
    system.services.cloud.faults.add({
      ...{ service, region, when: "before", ...(operation === undefined ? {} : { operation }) },
      effect: { kind: "error", code: "Broken", message: "no answer", status: 400 },
    });

  it("is done and recorded in one region where the other does not take the record", async () => {
    failing("ssm", PRIMARY);
    const { complete, lines, answer } = await failover(system, "start", { ...YES, reason: "half" });
    expect(complete).to.equal(true);
    expect(answer.notRecordedIn).to.deep.equal([PRIMARY]);
    expect(lines).to.include("The record could not be written in us-east-1.");
    expect(await threshold()).to.equal(3);
    expect(await recordIn(system, REPLICA)).to.include({ reason: "half" });
    // The younger record counts, wherever it is.
    const status = await failover(system, "status");
    expect(status.answer.record).to.include({ reason: "half" });
  });

  it("is done where no region takes the record, and not complete", async () => {
    for (const region of REGIONS) failing("ssm", region);
    const { complete, lines } = await failover(system, "start", YES);
    expect(complete).to.equal(false);
    expect(lines).to.include("us-east-1 is held unhealthy; trades will go to eu-west-1.");
    expect(lines[1]).to.match(
      /^The record could not be written in (us-east-1, eu-west-1|eu-west-1, us-east-1)\.$/,
    );
    expect(await threshold()).to.equal(3);
  });

  it("changes nothing that somebody else has changed since it was read", async () => {
    const confirmation = {
      isTerminal: true,
      ask: async () => {
        const HealthThreshold = 1;
        await call(system, "route53", "UpdateHealthCheck", { HealthCheckId: healthCheckId, HealthThreshold });
        return true;
      },
    };
    const error = await rejection(failover(system, "start", { reason: "late" }, confirmation));
    expect(String(error)).to.match(/somebody else has changed it since it was read, and nothing was done/);
    expect(await threshold()).to.equal(1);
    expect(await recordIn(system, PRIMARY)).not.to.include({ reason: "late" });
  });

  describe("while the primary region is lost", () => {
    beforeEach(() => {
      system.services.cloud.faults.loseRegion(PRIMARY);
    });

    it("tells what is known, what is not and why", async () => {
      const { complete, lines, answer } = await failover(system, "status");
      expect(complete).to.equal(false);
      expect(lines[0]).to.match(/where trades go is not known/);
      expect(lines[1]).to.match(/^Route 53's health check could not be read: .*us-east-1 is lost/);
      expect(lines.join("\n"))
        .to.match(/^ {2}us-east-1( +unknown){5}$/m)
        .and.to.match(/^ {2}eu-west-1 +OK +OK /m);
      expect([answer.isHeld, answer.isPrimaryHealthy]).to.deep.equal([undefined, undefined]);
    });

    it("cannot start: Route 53's control plane is there", async () => {
      const error = await rejection(failover(system, "start", YES));
      expect(String(error)).to.match(/us-east-1 is lost.*the automatic failover does without it/);
    });
  });

  it("shows a region in status that is lost, and stays usable, when it is the replica's", async () => {
    system.services.cloud.faults.loseRegion(REPLICA);
    const { complete, lines } = await failover(system, "status");
    expect(complete).to.equal(false);
    expect(lines.join("\n")).to.match(/^ {2}eu-west-1( +unknown){5}$/m);
    expect((await failover(system, "start", YES)).lines).to.deep.equal([
      "Not done: eu-west-1 is not healthy itself; --force does it all the same",
    ]);
  });

  it("says of a stack without a global endpoint how it gets one", async () => {
    const { services } = system;
    const { HealthCheckId: _, ...without } = services.outputs;
    const error = await rejection(
      failover({ ...system, services: { ...services, outputs: without } }, "status"),
    );
    expect(String(error)).to.match(
      /has no global endpoint; set trade-processing:failover to \{"enabled": true\}/,
    );
  });
});
