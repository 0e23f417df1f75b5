import { expect } from "chai";
import fc from "fast-check";
import { run } from "./redrive-run.ts";
import { type Ending, envelopeOf, eventOf, type Fate, message, World } from "./redrive-world.ts";

const ending = fc.constantFrom<Ending>(
  ...(["recorded", "duplicate", "rejected", "deadLettered", "unsent", "failed"] as const),
);
const fate = fc.array(ending, { minLength: 1, maxLength: 4 }).map((all) => all as unknown as Fate);
const events = fc.array(fc.record({ fate, copies: fc.integer({ min: 1, max: 2 }) }), {
  minLength: 1,
  maxLength: 8,
});

function worldOf(all: readonly { fate: Fate; copies: number }[], isStandard: boolean): World {
  const world = new World(new Map(all.map((each, index) => [`us-east-1#e${index}`, each.fate])), isStandard);
  all.forEach(({ copies }, index) => {
    for (let copy = 0; copy < copies; copy += 1) world.put(message(envelopeOf(index), `arn:first:${copy}`));
  });
  return world;
}

/** Events that are neither in the queue nor have a result after which nothing is to be done. */
function lost(world: World, all: readonly unknown[]): string[] {
  const queued = [...world.queue.values()].map(({ body }) => eventOf(body));
  const duplicates = world.attempts.filter(({ outcome }) => outcome === "duplicate");
  const ended = [...world.rows.values(), ...duplicates.map(({ event }) => event)];
  return all
    .map((_, index) => `us-east-1#e${index}`)
    .filter((event) => ![...queued, ...ended].includes(event));
}

describe("a redrive that is interrupted", function () {
  this.timeout(60_000);

  it("loses no message, wherever the process dies, and goes on the next time", async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.boolean(),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()), { maxLength: 4 }),
        async (all, isStandard, deaths) => {
          const world = worldOf(all, isStandard);
          for (const [calls, isBefore] of deaths) {
            world.dieAfter(calls, isBefore);
            await run(world).catch(() => undefined);
            world.revive();
            expect(lost(world, all)).to.deep.equal([]);
          }
          for (let round = 0; round < 8; round += 1) {
            await run(world);
            expect([...world.queue.values()].filter(({ isHidden }) => isHidden)).to.deep.equal([]);
          }
          expect(lost(world, all)).to.deep.equal([]);
          const recorded = new Set(world.rows.values());
          const duplicates = world.attempts.filter(({ outcome }) => outcome === "duplicate");
          for (const event of [...recorded, ...duplicates.map((each) => each.event)])
            expect([...world.queue.values()].map(({ body }) => eventOf(body))).not.to.include(event);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("starts nothing twice on STANDARD when it dies between start and deletion", async () => {
    for (let calls = 1; calls <= 12; calls += 1)
      for (const isBefore of [true, false]) {
        const world = worldOf([{ fate: ["recorded"], copies: 1 }], true);
        world.dieAfter(calls, isBefore);
        await run(world).catch(() => undefined);
        world.revive();
        await run(world);
        expect(world.starts, `${calls} ${isBefore}`).to.deep.equal(["us-east-1#e0"]);
        expect(world.queue.size).to.equal(0);
      }
  });

  /** Dies on the deletion: receive, evidence (2), start, evidence (2), then (STANDARD) state and evidence (2), delete. */
  async function diesOnDeletion(fate: Fate, isStandard: boolean): Promise<World> {
    const world = worldOf([{ fate, copies: 1 }], isStandard);
    world.onCall = (command) => {
      if (command === "DeleteMessageCommand") world.dieAfter(1, true);
    };
    await run(world).catch(() => undefined);
    delete world.onCall;
    world.revive();
    expect(world.starts).to.have.length(1);
    return world;
  }

  it("does not start again what has ended on STANDARD", async () => {
    const world = await diesOnDeletion(["deadLettered"], true);
    expect(world.queue.size).to.equal(2);
    // The first message's attempt is known by its name; the second message is redriven.
    expect((await run(world)).total).to.include({ considered: 2, started: 1 });
    expect(world.starts).to.have.length(2);
  });

  it("starts again on EXPRESS what it has not seen end", async () => {
    const world = await diesOnDeletion(["unsent", "recorded"], false);
    expect(world.queue.size).to.equal(1);
    expect((await run(world)).total).to.include({ considered: 1, started: 1, recorded: 1 });
    expect(world.queue.size).to.equal(0);
  });

  it("keeps a message whose execution has its outcome, but cannot send its own message", async () => {
    for (const isStandard of [true, false]) {
      const world = worldOf([{ fate: ["unsent", "recorded"], copies: 1 }], isStandard);
      expect((await run(world)).total).to.include({ started: 1, deadLettered: 0, unknown: 1 });
      expect([...world.queue.values()].map(({ body }) => JSON.parse(body).outcome)).to.include(
        "deadLettered",
      );
      await run(world);
      await run(world);
      expect(world.queue.size).to.equal(0);
      expect(world.rows.size).to.equal(1);
    }
  });

  it("considers each message once and ends it in one way", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.boolean(), async (all, isStandard) => {
        const world = worldOf(all, isStandard);
        const { total } = await run(world);
        const { considered, started, ...ends } = total;
        expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).to.equal(considered);
        expect(considered).to.equal(all.reduce((sum, { copies }) => sum + copies, 0));
        expect(started).to.equal(all.length);
      }),
      { numRuns: 100 },
    );
  });

  it("shows messages again at once when the operator interrupts", async () => {
    const world = worldOf(
      Array.from({ length: 6 }, () => ({ fate: ["failed"], copies: 1 })),
      true,
    );
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    await run(world, { signal: abort.signal }).catch(() => undefined);
    expect([...world.queue.values()].map(({ isHidden }) => isHidden)).to.deep.equal(Array(6).fill(false));
  });

  it("keeps a message that it marks, wherever the process dies", async () => {
    for (let calls = 1; calls <= 6; calls += 1)
      for (const isBefore of [true, false]) {
        const world = new World(new Map(), true);
        world.put("not JSON");
        world.dieAfter(calls, isBefore);
        await run(world).catch(() => undefined);
        world.revive();
        const bodies = [...world.queue.values()].map(({ body }) => body);
        expect(bodies, `${calls} ${isBefore}`).to.include("not JSON");
        await run(world);
        const marked = [...world.queue.values()].filter(({ attributes }) => "Redrive" in attributes);
        expect(marked, `${calls} ${isBefore}`).to.have.length(world.queue.size);
      }
  });

  it("marks an event whose executions keep dying without a result", async () => {
    const world = worldOf([{ fate: ["failed"], copies: 1 }], true);
    for (let round = 0; round < 3; round += 1) expect((await run(world)).total).to.include({ unknown: 1 });
    expect((await run(world)).total).to.include({ started: 0, poison: 1 });
    expect([...world.queue.values()][0]?.attributes).to.have.nested.property("Redrive.StringValue", "poison");
    expect(world.starts).to.have.length(3);
    expect((await run(world)).total).to.include({ started: 0, poison: 1 });
    expect(world.queue.size).to.equal(1);
    expect((await run(world, { includePoison: true })).total).to.include({ started: 1 });
  });
});
