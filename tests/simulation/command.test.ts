import { expect } from "chai";
import { parseSimulateOptions } from "../../local/simulation/command-options.ts";
import { runSeeds } from "../../local/simulation/seeds.ts";
import { UsageError } from "../../ops/frame/usage.ts";

describe("npm run simulate", function () {
  this.timeout(120_000);

  it("reads its options", () => {
    expect(parseSimulateOptions(["--seeds", "3", "--seed", "7", "--stack", "prod", "--json"])).to.deep.equal({
      ...{ seeds: 3, seed: 7, stack: "prod", json: true },
    });
    expect(parseSimulateOptions(["--help"])).to.equal(undefined);
  });

  it("names the option that is wrong", () => {
    for (const [argv, named] of [
      [["--seeds", "0"], /--seeds: "0"/],
      [["--seed", "-1"], /--seed/],
      [["--seed", "4294967295", "--seeds", "2"], /beyond the last seed/],
      [["--speed", "1"], /--speed/],
    ] as const)
      expect(() => parseSimulateOptions(argv)).to.throw(UsageError, named);
  });

  it("runs seeds one after the other, on stack prod too, and adds up their ledgers", async () => {
    const seen: number[] = [];
    const report = await runSeeds(
      { seeds: 2, seed: 5, stack: "prod", json: false },
      {
        signal: new AbortController().signal,
        onSeed: (done) => seen.push(done),
        onFailure: ({ problems }) => expect.fail(problems.join("; ")),
      },
    );
    expect(seen).to.deep.equal([1, 2]);
    expect(report).to.include({ runs: 2, seed: 5 }).and.to.have.property("failures").that.is.empty;
    const { events, unmatched, recorded, duplicate, rejected, deadLettered } = report;
    expect(events).to.equal(unmatched + recorded + duplicate + rejected + deadLettered);
    expect(recorded).to.be.greaterThan(20);
  });
});
