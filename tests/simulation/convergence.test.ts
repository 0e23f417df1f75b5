import { expect } from "chai";
import fc from "fast-check";
import { differences } from "../../local/simulation/run.ts";
import { type Simulation, startSimulation } from "../../local/simulation/simulation.ts";
import { FAULTS, perform, type RegionIndex, type Step } from "../../local/simulation/steps.ts";
import type { Tables } from "../../local/simulation/tables.ts";
import { faultOf } from "../../local/simulation/workload.ts";

type Detail = Record<string, unknown>;

const SOURCE = { source: "trading.system1", detailType: "Trade Event" };
const ACTIONS = ["NEW", "CORRECT", "CANCEL"] as const;

/** What is said of version 1, 2 or 3 of a trade: always the same, so that nothing conflicts. */
function detailOf(trade: number, version: number): Detail {
  const action = ACTIONS[version - 1];
  const amount = `${1_000 * (trade + 1)}.${version}`;
  return {
    ...{ tradeId: `T-${trade}`, version, action, amount },
    ...{ currency: "EUR", sourceSystem: "system1" },
  };
}

const region = fc.constantFrom<RegionIndex>(0, 1);
const send = fc
  .record({ region, trade: fc.nat(3), version: fc.integer({ min: 1, max: 3 }) })
  .map(({ region: at, trade, version }): Step => {
    return { do: "send", region: at, entry: { ...SOURCE, detail: detailOf(trade, version) } };
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: send },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("resend" as const), of: fc.nat(20), region }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("redrive" as const), of: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replay" as const), region }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      milliseconds: fc.integer({ min: 1, max: 4_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(FAULTS.length - 1), fc.integer({ min: 1, max: 4 }), fc.nat(5))
      .map(([index, times, skip]): Step => ({ do: "fault", fault: faultOf(index, times, skip, "dev") })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("marketData" as const), failures: fc.constantFrom(0, 0.5, 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("lag" as const), region, milliseconds: fc.nat(5_000) }),
  },
);

/** The rows that there have to be: one for each version that was said of each trade, with what was said. */
function expected(steps: readonly Step[], prefix: string): Detail[] {
  const contents = new Map<string, Detail>();
  for (const each of steps) {
    if (each.do !== "send") continue;
    const { detail } = each.entry;
    const tradeId = `${prefix}-${detail.tradeId}`;
    contents.set(`${tradeId} ${detail.version}`, { ...detail, tradeId });
  }
  return [...contents].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, detail]) => detail);
}

describe("Both regions, whatever happens in which order", function () {
  this.timeout(300_000);
  let simulation: Simulation;
  before(async () => {
    simulation = await startSimulation();
  });
  after(() => simulation.close());

  /** Lets everything come to rest, then looks at both regions. */
  async function rest(): Promise<Tables> {
    await simulation.drain();
    const tables = await simulation.tables();
    expect(differences(tables, simulation.regions)).to.deep.equal([]);
    return tables;
  }

  /** Sends everything through again, in both of the ways that operators have. */
  async function everythingAgain(): Promise<void> {
    for (const event of simulation.events()) await simulation.redrive(event);
    for (const each of simulation.regions) await simulation.replay(each);
  }

  it("come to the same rows, one for each version with its content, and stay there", async () => {
    const scenario = fc.record({
      seed: fc.nat(1_000_000),
      first: send,
      more: fc.array(step, { minLength: 1, maxLength: 24 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, first, more }) => {
        const steps = [first, ...more];
        await simulation.begin(seed);
        await perform(simulation, steps);
        simulation.faults.clear();
        simulation.world.marketDataFailures = 0;
        await rest();
        expect(await simulation.ledger()).to.include({ balanced: true, inFlight: 0, lost: 0 });

        await everythingAgain();
        const { trades } = await rest();
        const rows = trades[simulation.regions[0]] ?? [];
        const said = rows.map(({ content }) => JSON.parse(String(content)) as Detail);
        expect(said).to.deep.equal(expected(steps, simulation.prefix));
        const outcomes = await simulation.outcomes();
        expect([...outcomes.keys()].sort()).to.deep.equal([...simulation.events()].sort());
        expect(new Set(outcomes.values())).to.have.property("size").that.is.most(2);
        const recorded = [...outcomes]
          .filter(([, outcome]) => outcome === "recorded")
          .map(([event]) => event);
        expect(recorded.sort()).to.deep.equal(rows.map(({ event }) => String(event)).sort());
        expect(await simulation.ledger()).to.include({
          balanced: true,
          inFlight: 0,
          lost: 0,
          deadLettered: 0,
        });

        await everythingAgain();
        expect((await rest()).trades).to.deep.equal(trades);
        expect([...(await simulation.outcomes())].sort()).to.deep.equal([...outcomes].sort());
      }),
      { numRuns: 20 },
    );
  });
});
