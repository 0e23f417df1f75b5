import { expect } from "chai";
import { runSeed } from "../../local/simulation/run.ts";
import { startSimulation } from "../../local/simulation/simulation.ts";

/** Hashes of the runs of these seeds, one after the other in a system of their own. */
async function hashes(...seeds: number[]): Promise<string[]> {
  const simulation = await startSimulation();
  try {
    const found: string[] = [];
    for (const seed of seeds) found.push((await runSeed(simulation, seed)).hash);
    return found;
  } finally {
    await simulation.close();
  }
}

describe("A simulated run", function () {
  this.timeout(120_000);

  it("is the same for the same seed, whatever ran before it, and another one for another seed", async () => {
    const [seven, eight] = await hashes(7, 8);
    const [eightAgain] = await hashes(8);
    expect(eightAgain).to.equal(eight);
    expect(seven).not.to.equal(eight);
  });
});
