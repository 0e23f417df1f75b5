import { expect } from "chai";
import fc from "fast-check";
import type { Outcome } from "../../functions/domain/outcome.ts";
import { type ArchivedEvent, archivedEvent } from "../../functions/trade-census/archived-event.ts";
import { type CensusPorts, takeCensus } from "../../functions/trade-census/census.ts";
import { censusWindow } from "../../functions/trade-census/window.ts";

const at = (text: string) => Date.parse(text);
const NOW = at("2026-01-05T15:30:00Z");
const WINDOW = { from: at("2026-01-05T14:00:00Z"), to: at("2026-01-05T15:00:00Z") };

function eventOf(number: number, replay = "census-1"): ArchivedEvent {
  const body = {
    ...{ id: `e-${number}`, region: "us-east-1", source: "trading.system1", time: "2026-01-05T14:30:00Z" },
    ...{ detail: { tradeId: `T-${number}` }, "replay-name": replay },
  };
  const event = archivedEvent(JSON.stringify(body));
  if (!event) throw new Error("not read");
  return event;
}

interface Script {
  /** What the queue gives, look by look. */
  readonly looks: readonly (readonly ArchivedEvent[])[];
  /** The look before which the replay ends. */
  readonly endsBefore?: number;
  /** What is written of an event, by how often it was asked about. */
  readonly outcomes: (event: string, asked: number) => Outcome | undefined;
  /** Events whose message waits undelivered. */
  readonly undelivered?: readonly string[];
}

function portsOf({ looks, endsBefore = looks.length, outcomes, undelivered = [] }: Script) {
  const reported: string[] = [];
  const asked = new Map<string, number>();
  let look = 0;
  const ports: CensusPorts = {
    startReplay: async () => "census-1",
    isReplayed: async () => look >= endsBefore,
    receive: async () => {
      look += 1;
      return looks[look - 1] ?? [];
    },
    outcomesOf: async (events) =>
      events.map(({ event }) => {
        asked.set(event, (asked.get(event) ?? 0) + 1);
        return outcomes(event, asked.get(event) ?? 0);
      }),
    undelivered: async () => new Set(undelivered),
    report: async (events) => {
      reported.push(...events.map(({ event }) => event));
    },
  };
  return { ports, reported };
}

describe("a census", () => {
  it("counts every event once by its outcome, however often the queue brings it", async () => {
    const [one, two, three] = [eventOf(1), eventOf(2), eventOf(3)];
    const { ports, reported } = portsOf({
      looks: [[one, two], [], [two, three], [one]],
      outcomes: (event) => (event === two.event ? "rejected" : "recorded"),
    });
    expect(await takeCensus(WINDOW, ports)).to.deep.equal({
      ...{ from: "2026-01-05T14:00:00.000Z", to: "2026-01-05T15:00:00.000Z", replay: "census-1" },
      ...{ events: 3, unaccounted: 0, named: [] },
      byOutcome: { recorded: 2, duplicate: 0, rejected: 1, deadLettered: 0 },
    });
    expect(reported).to.deep.equal([]);
  });

  it("names and hands on an event of which nothing is written", async () => {
    const [one, lost] = [eventOf(1), eventOf(2)];
    const { ports, reported } = portsOf({
      looks: [[one, lost]],
      outcomes: (event) => (event === one.event ? "duplicate" : undefined),
    });
    const { unaccounted, named } = await takeCensus(WINDOW, ports);
    expect({ unaccounted, named, reported }).to.deep.equal({
      unaccounted: 1,
      named: [
        {
          ...{ event: "us-east-1#e-2", source: "trading.system1", time: "2026-01-05T14:30:00Z" },
          tradeId: "T-2",
        },
      ],
      reported: ["us-east-1#e-2"],
    });
  });

  it("looks once more at an event that was on its way", async () => {
    const { ports, reported } = portsOf({
      looks: [[eventOf(1)]],
      outcomes: (_, asked) => (asked > 1 ? "recorded" : undefined),
    });
    expect(await takeCensus(WINDOW, ports)).to.deep.include({ events: 1, unaccounted: 0 });
    expect(reported).to.deep.equal([]);
  });

  it("counts an event that waits undelivered as dead-lettered, and does not hand it on again", async () => {
    const [waits, lost] = [eventOf(1), eventOf(2)];
    const { ports, reported } = portsOf({
      ...{ looks: [[waits, lost]], undelivered: [waits.event, "us-east-1#of-another-window"] },
      outcomes: () => undefined,
    });
    const { byOutcome, unaccounted } = await takeCensus(WINDOW, ports);
    expect({ byOutcome, unaccounted, reported }).to.deep.equal({
      byOutcome: { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 1 },
      ...{ unaccounted: 1, reported: [lost.event] },
    });
  });

  it("believes what is written before a message that waits, as of an event that is being redriven", async () => {
    const event = eventOf(1);
    const { ports } = portsOf({
      ...{ looks: [[event]], undelivered: [event.event] },
      outcomes: (_, asked) => (asked > 1 ? "recorded" : undefined),
    });
    const { byOutcome } = await takeCensus(WINDOW, ports);
    expect(byOutcome).to.include({ recorded: 1, deadLettered: 0 });
  });

  it("leaves the dead letters alone while nothing is missing", async () => {
    const { ports } = portsOf({ looks: [[eventOf(1)]], outcomes: () => "recorded" });
    const undelivered = () => Promise.reject(new Error("asked"));
    expect(await takeCensus(WINDOW, { ...ports, undelivered })).to.include({ unaccounted: 0 });
  });

  it("does not end before the replay has, and looks three times after it", async () => {
    const late = eventOf(1);
    const { ports } = portsOf({
      looks: [[], [], [], [], [], [], [late]],
      endsBefore: 4,
      outcomes: () => "recorded",
    });
    expect(await takeCensus(WINDOW, ports)).to.have.property("events", 1);
  });

  it("accounts for every event exactly once, whatever the queue does", async () => {
    const script = fc.record({
      looks: fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 10 }), { maxLength: 10 }),
      lost: fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
      waiting: fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ looks, lost, waiting }) => {
        const lostEvents = new Set(lost.map((number) => eventOf(number).event));
        const waits = new Set(waiting.map((number) => eventOf(number).event));
        const { ports, reported } = portsOf({
          looks: looks.map((look) => look.map((number) => eventOf(number))),
          outcomes: (event) => (lostEvents.has(event) ? undefined : "recorded"),
          undelivered: [...waits],
        });
        const all = new Set(looks.flat().map((number) => eventOf(number).event));
        const missing = [...all].filter((event) => lostEvents.has(event) && !waits.has(event));
        const census = await takeCensus(WINDOW, ports);
        expect(census.events).to.equal(all.size);
        expect(census.byOutcome.recorded).to.equal([...all].filter((event) => !lostEvents.has(event)).length);
        expect(census.byOutcome.deadLettered).to.equal(all.size - census.byOutcome.recorded - missing.length);
        expect(census.unaccounted).to.equal(missing.length);
        expect([...reported].sort()).to.deep.equal(missing.sort());
      }),
      { numRuns: 100 },
    );
  });
});

describe("the window of a census", () => {
  it("of a schedule is the last whole one that had settled ten minutes before the run was due", () => {
    const due = (time: string) => censusWindow({ scheduledTime: time }, 60, NOW);
    const hour = { from: at("2026-01-05T13:00:00Z"), to: at("2026-01-05T14:00:00Z") };
    expect(due("2026-01-05T14:10:00Z")).to.deep.equal(hour);
    expect(due("2026-01-05T15:09:59Z")).to.deep.equal(hour);
    expect(due("2026-01-05T15:10:00Z")).to.deep.equal({ from: hour.to, to: at("2026-01-05T15:00:00Z") });
  });

  it("of a schedule follows the one before without a gap or an overlap", () => {
    const step = fc.constantFrom(5, 15, 60, 240, 1440);
    const instant = fc.integer({
      min: at("2026-01-01T00:00:00Z") / 1000,
      max: at("2027-01-01T00:00:00Z") / 1000,
    });
    fc.assert(
      fc.property(step, instant, (minutes, seconds) => {
        const of = (time: number) =>
          censusWindow({ scheduledTime: new Date(time).toISOString() }, minutes, time);
        const [first, next] = [of(seconds * 1000), of(seconds * 1000 + minutes * 60_000)];
        if (typeof first === "string" || typeof next === "string") throw new Error("refused");
        expect(next.from).to.equal(first.to);
        expect(first.to - first.from).to.equal(minutes * 60_000);
      }),
    );
  });

  it("on demand is the one given", () => {
    const [from, to] = ["2026-01-05T14:00:00Z", "2026-01-05T15:00:00Z"];
    expect(censusWindow({ from, to }, 60, NOW)).to.deep.equal(WINDOW);
  });

  const WRONG: readonly (readonly [string, unknown, string])[] = [
    ["nothing", {}, "from is absent"],
    ["a time that is none", { from: "yesterday" }, "from is yesterday"],
    ["an end before its start", { from: "2026-01-05T14:00:00Z", to: "2026-01-05T13:00:00Z" }, "to is"],
    ["more than a day", { from: "2026-01-03T14:00:00Z", to: "2026-01-05T14:00:00Z" }, "at most a day"],
    ["parts of seconds", { from: "2026-01-05T14:00:00.5Z", to: "2026-01-05T15:00:00Z" }, "whole seconds"],
    [
      "what the archive may not have yet",
      { from: "2026-01-05T15:00:00Z", to: "2026-01-05T15:20:01Z" },
      "allowed: up to 2026-01-05T15:20:00.000Z",
    ],
    [
      "no number of seconds",
      { from: "2026-01-05T14:00:00Z", to: "2026-01-05T15:00:00Z", settledSeconds: -1 },
      "settledSeconds is",
    ],
    ["a schedule without its time", { scheduledTime: 7 }, "scheduledTime is"],
  ];
  for (const [what, payload, message] of WRONG)
    it(`is refused for ${what}`, () => {
      expect(censusWindow(payload, 60, NOW))
        .to.be.a("string")
        .that.includes(message);
    });
});

describe("an archived event", () => {
  it("is read without the replay's name, so that its envelope is the one that was put", () => {
    const { envelope } = eventOf(1);
    expect(envelope).to.not.have.property("replay-name");
    expect(envelope).to.deep.include({ id: "e-1", detail: { tradeId: "T-1" } });
  });

  for (const body of ["", "{}", "[]", '{"id":"1"}', '{"id":"1","region":"r"}'])
    it(`is none in ${JSON.stringify(body)}`, () => {
      expect(archivedEvent(body)).to.equal(undefined);
    });
});
