import { expect } from "chai";
import type { Job } from "../../local/drill/command-options.ts";
import { runDrill } from "../../local/drill/drill.ts";
import type { DrillResult } from "../../local/drill/result.ts";
import { startSimulation } from "../../local/simulation/simulation.ts";

/** These drills, one after the other on a system of their own. */
async function drills(...jobs: Job[]): Promise<DrillResult[]> {
  const simulation = await startSimulation();
  try {
    const results: DrillResult[] = [];
    for (const { kind, seed } of jobs) results.push(await runDrill(simulation, kind, seed));
    return results;
  } finally {
    await simulation.close();
  }
}

describe("A drill", function () {
  this.timeout(300_000);

  it("is the same for the same kind and seed, whatever ran before it, and another one for another seed", async () => {
    const [three, four] = await drills({ kind: "table", seed: 3 }, { kind: "table", seed: 4 });
    const [fourAgain] = await drills({ kind: "table", seed: 4 });
    expect(fourAgain).to.deep.equal(four);
    expect(three?.timeline).not.to.deep.equal(four?.timeline);
  });
});
