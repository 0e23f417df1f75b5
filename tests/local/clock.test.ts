import { expect } from "chai";
import { DrivenClock, SYSTEM_CLOCK } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { EndingClock } from "../../local/cloud/ending-clock.ts";

describe("The clock that tests drive", () => {
  it("stands still, and runs what falls due in order, however long that is", async () => {
    const clock = new DrivenClock({ start: 1_000 });
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now()]);
    clock.after(14 * 86_400_000, note("retention"));
    clock.after(2_000, note("retry"));
    const cancel = clock.after(1_000, note("cancelled"));
    cancel();
    expect(clock.now()).to.equal(1_000);
    await clock.advance(14 * 86_400_000 - 1);
    expect(seen).to.deep.equal([["retry", 3_000]]);
    await clock.advance(1);
    expect(seen.at(-1)).to.deep.equal(["retention", 1_000 + 14 * 86_400_000]);
  });

  it("lets what follows from a timer happen before the next timer", async () => {
    const clock = new DrivenClock({ start: 0 });
    const seen: number[] = [];
    const retry = async (count: number): Promise<void> => {
      await Promise.resolve();
      seen.push(clock.now());
      if (count > 0) clock.after(10, () => void retry(count - 1));
    };
    clock.after(10, () => void retry(2));
    clock.after(35, () => void seen.push(-1));
    await clock.advance(40);
    expect(seen).to.deep.equal([10, 20, 30, -1]);
  });

  it("waits for real work, but not for work that waits for the clock itself", async () => {
    const clock = new DrivenClock({ start: 0 });
    const seen: string[] = [];
    const release = clock.hold();
    clock.after(5_000, () => void seen.push("time limit"));
    setTimeout(() => {
      seen.push("work");
      release();
    }, 30);
    await clock.advance(5_000);
    expect(seen).to.deep.equal(["work", "time limit"]);

    const working = clock.hold();
    const resume = clock.wait();
    clock.after(1_000, () => {
      resume();
      working();
      seen.push("delayed answer");
    });
    await clock.runUntil(() => seen.includes("delayed answer"));
  });

  it("leaps like a machine that sleeps: what fell due meanwhile runs once, in order, at the end", async () => {
    const clock = new DrivenClock({ start: 0 });
    const seen: [string, number][] = [];
    const every = (name: string, milliseconds: number): void => {
      clock.after(milliseconds, () => {
        seen.push([name, clock.now()]);
        every(name, milliseconds);
      });
    };
    every("second", 1_000);
    every("minute", 60_000);
    await clock.leap(3_600_000);
    expect(seen).to.deep.equal([
      ["second", 3_600_000],
      ["minute", 3_600_000],
    ]);
    await clock.advance(1_000);
    expect(seen.at(-1)).to.deep.equal(["second", 3_601_000]);
  });

  it("says so when what is waited for cannot come", async () => {
    const clock = new DrivenClock();
    const failure = await clock.runUntil(() => false).catch((error: Error) => error.message);
    expect(failure).to.match(/Nothing is left/);
    clock.after(10_000, () => {});
    const late = await clock.runUntil(() => false, { limit: 9_000 }).catch((error: Error) => error.message);
    expect(late).to.match(/after 9000 ms/);
  });
});

describe("The system's clock", () => {
  // Node.js, Timers, setTimeout: a delay above 2,147,483,647 ms (24.8 days) is set to 1.
  it("does not run at once what falls due in a month", async () => {
    let isRun = false;
    const cancel = SYSTEM_CLOCK.after(30 * 86_400_000, () => {
      isRun = true;
    });
    await new Promise<void>((done) => SYSTEM_CLOCK.after(20, done));
    cancel();
    expect(isRun).to.equal(false);
  });
});

describe("The clock of a cloud's services", () => {
  it("ends with them: what they still waited for never comes, nor what is begun afterwards", async () => {
    const driven = new DrivenClock({ start: 0 });
    const cloud = new Cloud({ clock: driven });
    const seen: string[] = [];
    const { clock } = cloud.surroundings;
    clock.after(10, () => seen.push("before"));
    await driven.advance(10);
    clock.after(10, () => seen.push("pending"));
    await cloud.close();
    clock.after(10, () => seen.push("after"));
    await driven.advance(100);
    expect(seen).to.deep.equal(["before"]);
  });

  it("ends what begins again and again", async () => {
    const driven = new DrivenClock({ start: 0 });
    const runs: string[] = [];
    const cloud = new Cloud({ clock: driven });
    const tick = () => {
      runs.push("run");
      cloud.surroundings.clock.after(60_000, tick);
    };
    cloud.surroundings.clock.after(60_000, tick);
    await driven.advance(60_000);
    await cloud.close();
    await driven.advance(600_000);
    expect(runs).to.deep.equal(["run"]);
  });

  it("cancels one timer by what it gave for it, before and after the end", async () => {
    const driven = new DrivenClock({ start: 0 });
    const clock = new EndingClock(driven);
    const seen: string[] = [];
    const cancel = clock.after(10, () => seen.push("cancelled"));
    clock.after(10, () => seen.push("kept"));
    cancel();
    await driven.advance(10);
    clock.end();
    cancel();
    expect(seen).to.deep.equal(["kept"]);
  });
});
