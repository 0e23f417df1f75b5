import { expect } from "chai";
import type { Evidence } from "../../ops/redrive/decision.ts";
import { waitForResult } from "../../ops/redrive/wait.ts";
import { run, runAll } from "./redrive-run.ts";
import { type Ending, envelopeOf, message, World } from "./redrive-world.ts";

/** A world with so many dead letters whose next executions all end so; events are numbered from `first`. */
function worldOf(count: number, ending: Ending, isStandard = true, first = 0): World {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const world = new World(new Map(numbers.map((each) => [`us-east-1#e${each}`, [ending]])), isStandard);
  for (const each of numbers) world.put(message(envelopeOf(each), "arn:first"));
  return world;
}

describe("a redrive in which much fails", function () {
  this.timeout(20_000);

  it("stops the queue whose events fail, and goes on with the others", async () => {
    const rejects = worldOf(60, "rejected");
    const validator = worldOf(60, "recorded", true, 100);
    const report = await runAll({ rejects, validator }, { stopAtFailureRate: 0.5 });
    expect(report.stopped).to.deep.equal(["us-east-1/rejects"]);
    expect(report.byQueue["us-east-1/validator"]).to.include({ recorded: 60, left: 0 });
    expect(report.byQueue["us-east-1/rejects"]?.rejected).to.be.within(20, 39);
    expect(rejects.starts.length).to.be.below(40);
    expect(report.lines().at(-1)).to.match(/^us-east-1\/rejects is stopped: \d+ of the last 20 failed$/);
    expect(report.isComplete(false)).to.equal(false);
  });

  it("is no failure where a start is throttled, which is tried again", async () => {
    for (const [isStandard, command] of [
      [true, "StartExecutionCommand"],
      [false, "StartSyncExecutionCommand"],
    ] as const) {
      const world = worldOf(1, "recorded", isStandard);
      world.throttled.set(command, 1);
      expect((await run(world)).total, command).to.include({ started: 1, recorded: 1, unknown: 0 });
      expect(world.calls.get(command)).to.equal(2);
    }
  });

  it("asks for the state of no execution whose event is recorded", async () => {
    const world = worldOf(20, "recorded");
    expect((await run(world)).total).to.include({ recorded: 20 });
    expect(world.calls.get("DescribeExecutionCommand")).to.equal(undefined);
  });

  it("waits on where asking for a state is throttled", async () => {
    const world = worldOf(1, "deadLettered");
    world.throttled.set("DescribeExecutionCommand", 2);
    expect((await run(world, { resultLimit: 5_000 })).total).to.include({ deadLettered: 1, unknown: 0 });
  });

  it("starts once more what an execution has recorded and the other region's row has replaced", async () => {
    const world = worldOf(1, "recorded");
    world.onCall = (command) => {
      if (command === "DeleteMessageCommand") world.dieAfter(1, true);
    };
    await run(world).catch(() => undefined);
    delete world.onCall;
    world.revive();
    world.rows.set("T0", "eu-west-1#other");
    expect((await run(world)).total).to.include({ started: 1, recorded: 1 });
    expect(world.starts).to.have.length(2);
    expect(world.queue.size).to.equal(0);
  });

  it("shows in a dry run what cannot be looked at", async () => {
    const world = worldOf(3, "recorded");
    world.throttled.set("QueryCommand", 1_000);
    const report = await run(world, { isDryRun: true });
    expect(report.total).to.include({ unknown: 3, wouldStart: 0 });
    expect(report.isComplete(true)).to.equal(false);
    const whole = await run(worldOf(3, "recorded"), { isDryRun: true });
    expect(whole.total).to.include({ wouldStart: 3 });
    expect(whole.isComplete(true)).to.equal(true);
  });
});

describe("waiting for an execution", () => {
  const NONE: Evidence = { isRecorded: false, attempts: [] };

  it("does not ask for its state at once, but asks before it gives up", async () => {
    let asked = 0;
    const state = async () => {
      asked += 1;
      return "failed" as const;
    };
    const { signal } = new AbortController();
    const began = performance.now();
    const result = await waitForResult("arn:x", { evidence: async () => NONE, state, limit: 400, signal });
    expect(result).to.deep.equal({ unknown: "its execution ended without success: arn:x" });
    expect(asked).to.equal(1);
    expect(performance.now() - began).to.be.at.least(390);
  });
});
