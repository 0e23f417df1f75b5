import { expect } from "chai";
import { jobsOf } from "../../local/drill/command-options.ts";
import { runDrills } from "../../local/drill/drills.ts";
import { KINDS } from "../../local/drill/kinds.ts";
import type { DrillResult } from "../../local/drill/result.ts";
import { repeatCommand } from "../../local/drill/show.ts";

const SEEDS = 50;
/** An idle hour is long, and all of them are much alike. */
const IDLE_SEEDS = 4;

/** What did not hold, and how to see it again. */
function failures(results: readonly DrillResult[]): string[] {
  return results.flatMap((result) =>
    result.checks
      .filter(({ holds }) => !holds)
      .map(({ name, problems }) => `${name}: ${problems.join("; ")} (${repeatCommand(result)})`),
  );
}

describe("Failover, drilled from seeds", function () {
  // About three minutes on two cores.
  this.timeout(1_800_000);
  let results: readonly DrillResult[];
  before(async () => {
    const failing = KINDS.filter((kind) => kind !== "idle");
    results = await runDrills([
      ...jobsOf({ kinds: ["idle"], seeds: IDLE_SEEDS, seed: 1, json: false }),
      ...jobsOf({ kinds: failing, seeds: SEEDS, seed: 1, json: false }),
    ]);
  });

  for (const kind of KINDS)
    it(`loses and doubles nothing, and does with the endpoint what it has to: ${kind}`, () => {
      const of = results.filter((result) => result.kind === kind);
      expect(of).to.have.length(kind === "idle" ? IDLE_SEEDS : SEEDS);
      expect(failures(of)).to.deep.equal([]);
    });

  it("is hard enough: answers and writes are under way when regions fail, and dead letters are left behind", () => {
    const sum = (kind: string, figure: (result: DrillResult) => number) =>
      results.filter((result) => result.kind === kind).reduce((total, result) => total + figure(result), 0);
    expect(sum("region", ({ figures }) => figures.recoveryPointWrites)).to.be.above(SEEDS);
    expect(sum("replication", ({ figures }) => figures.largestBacklog)).to.be.above(5 * SEEDS);
    for (const kind of ["processing", "table", "slow"])
      expect(
        sum(kind, ({ figures }) => figures.redriven),
        kind,
      ).to.be.above(SEEDS);
    const failovers = results.filter(({ kind, figures }) => kind === "flapping" && figures.failoverSeconds);
    expect(failovers)
      .to.have.length.above(SEEDS / 5)
      .and.below(SEEDS);
  });
});
