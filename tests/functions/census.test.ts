import { expect } from "chai";
import fc from "fast-check";
import { CENSUS_DELIVERY_SECONDS, QUIET_SECONDS } from "../../functions/contract.ts";
import type { Outcome } from "../../functions/domain/outcome.ts";
import { type ArchivedEvent, archivedEvent } from "../../functions/trade-census/archived-event.ts";
import { type CensusPorts, takeCensus } from "../../functions/trade-census/census.ts";
import { censusOrder } from "../../functions/trade-census/window.ts";

const at = (text: string) => Date.parse(text);
const NOW = at("2026-01-05T15:30:00Z");
const WINDOW = { from: at("2026-01-05T14:00:00Z"), to: at("2026-01-05T15:00:00Z") };
const ORDER = { ...WINDOW, quietSeconds: 90 };

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
  /** What the queue gives, look by look; "foreign" is what another replay has left there. */
  readonly looks: readonly (readonly ArchivedEvent[] | "foreign" | "nothing")[];
  /** The look before which the replay ends. */
  readonly endsBefore?: number;
  /** What is written of an event, by how often it was asked about. */
  readonly outcomes: (event: string, asked: number) => Outcome | undefined;
  /** Events whose message waits undelivered. */
  readonly undelivered?: readonly string[];
  /** How many copies of the replay could not be delivered. */
  readonly copies?: number;
  readonly keptSince?: number;
}

function portsOf({
  looks,
  endsBefore = looks.length,
  outcomes,
  undelivered = [],
  copies = 0,
  keptSince = 0,
}: Script) {
  const reported: string[] = [];
  const asked = new Map<string, number>();
  const waited: number[] = [];
  let look = 0;
  const ports: CensusPorts = {
    keptSince: async () => keptSince,
    startReplay: async () => "census-1",
    isReplayed: async () => look >= endsBefore,
    receive: async (_, waitSeconds) => {
      const given = looks[look] ?? "nothing";
      look += 1;
      if (given === "foreign") return { events: [], isEmpty: false };
      const events = given === "nothing" ? [] : given;
      if (events.length === 0) waited.push(waitSeconds);
      return { events, isEmpty: events.length === 0 };
    },
    outcomesOf: async (events) =>
      events.map(({ event }) => {
        asked.set(event, (asked.get(event) ?? 0) + 1);
        return outcomes(event, asked.get(event) ?? 0);
      }),
    undelivered: async () => ({ events: new Set(undelivered), copies }),
    report: async (events) => {
      reported.push(...events.map(({ event }) => event));
    },
  };
  return { ports, reported, waited };
}

describe("a census", () => {
  it("counts every event once by its outcome, however often the queue brings it", async () => {
    const [one, two, three] = [eventOf(1), eventOf(2), eventOf(3)];
    const { ports, reported } = portsOf({
      looks: [[one, two], [], [two, three], [one]],
      outcomes: (event) => (event === two.event ? "rejected" : "recorded"),
    });
    expect(await takeCensus(ORDER, ports)).to.deep.equal({
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
    const { unaccounted, named } = await takeCensus(ORDER, ports);
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
    expect(await takeCensus(ORDER, ports)).to.deep.include({ events: 1, unaccounted: 0 });
    expect(reported).to.deep.equal([]);
  });

  it("counts an event that waits undelivered as dead-lettered, and does not hand it on again", async () => {
    const [waits, lost] = [eventOf(1), eventOf(2)];
    const { ports, reported } = portsOf({
      ...{ looks: [[waits, lost]], undelivered: [waits.event, "us-east-1#of-another-window"] },
      outcomes: () => undefined,
    });
    const { byOutcome, unaccounted } = await takeCensus(ORDER, ports);
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
    const { byOutcome } = await takeCensus(ORDER, ports);
    expect(byOutcome).to.include({ recorded: 1, deadLettered: 0 });
  });

  it("needs no dead letters while nothing is missing", async () => {
    const { ports } = portsOf({ looks: [[eventOf(1)]], outcomes: () => "recorded" });
    expect(await takeCensus(ORDER, ports)).to.include({ unaccounted: 0 });
  });

  it("fails if events of the archive could not be handed to it, even if it lacks none that it knows of", async () => {
    const { ports, reported } = portsOf({ looks: [[eventOf(1)]], copies: 3, outcomes: () => "recorded" });
    const error = await takeCensus(ORDER, ports).catch((thrown: unknown) => thrown);
    expect(error).to.include({ name: "CensusNotDelivered" });
    expect(error)
      .to.have.property("message")
      .that.matches(/^3 events of replay census-1 could not/);
    expect(reported).to.deep.equal([]);
  });

  it("takes what another replay has left for no sign that its own has brought all", async () => {
    const { ports } = portsOf({
      looks: [...Array<"foreign">(20).fill("foreign"), [eventOf(1)], "foreign", [eventOf(2)]],
      ...{ endsBefore: 0, outcomes: () => "recorded" },
    });
    expect(await takeCensus(ORDER, ports)).to.have.property("events", 2);
  });

  it("waits for what is delivered late after the replay's end, as long as EventBridge may try", async () => {
    const four = Array<"nothing">(4).fill("nothing");
    const { ports, waited } = portsOf({
      looks: [...four, [eventOf(1)], "foreign", ...four, [eventOf(2)]],
      ...{ endsBefore: 0, outcomes: () => "recorded" },
    });
    expect(await takeCensus(ORDER, ports)).to.have.property("events", 2);
    expect(waited).to.deep.equal([1, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 10]);
    expect(QUIET_SECONDS).to.be.greaterThan(CENSUS_DELIVERY_SECONDS);
  });

  it("ends when nothing has come for that long", async () => {
    const { ports } = portsOf({
      looks: [[eventOf(1)], ...Array<"nothing">(6).fill("nothing"), [eventOf(2)]],
      ...{ endsBefore: 0, outcomes: () => "recorded" },
    });
    expect(await takeCensus(ORDER, ports)).to.have.property("events", 1);
  });

  it("tells since when the archive keeps events, if the window begins earlier", async () => {
    const of = async (keptSince: number) =>
      (await takeCensus(ORDER, portsOf({ looks: [], keptSince, outcomes: () => "recorded" }).ports))
        .keptSince;
    expect(await of(ORDER.from)).to.equal(undefined);
    expect(await of(ORDER.from + 1)).to.equal("2026-01-05T14:00:00.001Z");
  });

  it("does not end before the replay has", async () => {
    const late = eventOf(1);
    const { ports } = portsOf({
      looks: [[], [], [], [], [], [], [late]],
      endsBefore: 4,
      outcomes: () => "recorded",
    });
    expect(await takeCensus(ORDER, ports)).to.have.property("events", 1);
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
        const census = await takeCensus(ORDER, ports);
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
    const due = (time: string) => censusOrder({ scheduledTime: time }, 60, NOW);
    const hour = { ...ORDER, from: at("2026-01-05T13:00:00Z"), to: at("2026-01-05T14:00:00Z") };
    expect(due("2026-01-05T14:10:00Z")).to.deep.equal(hour);
    expect(due("2026-01-05T15:09:59Z")).to.deep.equal(hour);
    expect(due("2026-01-05T15:10:00Z")).to.deep.equal({
      ...ORDER,
      from: hour.to,
      to: at("2026-01-05T15:00:00Z"),
    });
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
          censusOrder({ scheduledTime: new Date(time).toISOString() }, minutes, time);
        const [first, next] = [of(seconds * 1000), of(seconds * 1000 + minutes * 60_000)];
        if (typeof first === "string" || typeof next === "string") throw new Error("refused");
        expect(next.from).to.equal(first.to);
        expect(first.to - first.from).to.equal(minutes * 60_000);
      }),
    );
  });

  it("on demand is the one given", () => {
    const [from, to] = ["2026-01-05T14:00:00Z", "2026-01-05T15:00:00Z"];
    expect(censusOrder({ from, to }, 60, NOW)).to.deep.equal(ORDER);
    const quick = { ...ORDER, quietSeconds: 5 };
    expect(censusOrder({ from, to, quietSeconds: 5 }, 60, NOW)).to.deep.equal(quick);
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
    [
      "no time of quiet",
      { from: "2026-01-05T14:00:00Z", to: "2026-01-05T15:00:00Z", quietSeconds: "5" },
      "quietSeconds is",
    ],
    ["a schedule without its time", { scheduledTime: 7 }, "scheduledTime is"],
  ];
  for (const [what, payload, message] of WRONG)
    it(`is refused for ${what}`, () => {
      expect(censusOrder(payload, 60, NOW))
        .to.be.a("string")
        .that.includes(message);
    });
});

describe("an archived event", () => {
  it("is read without the replay's name, so that its envelope is the one that was put", () => {
    const { envelope } = eventOf(1);
    expect(JSON.parse(envelope)).to.not.have.property("replay-name");
    expect(JSON.parse(envelope)).to.deep.include({ id: "e-1", detail: { tradeId: "T-1" } });
  });

  it("keeps every digit and every escape of its own text", () => {
    const detail = String.raw`{ "amount": 1.10, "limit":1e400, "note":"\uffff\u2028" }`;
    const head = '{"id":"e","replay-name":"census-1","region":"us-east-1","source":"s","time":"t"';
    expect(archivedEvent(`${head},"detail":${detail}}`)?.envelope).to.equal(
      `{"id":"e","region":"us-east-1","source":"s","time":"t","detail":${detail}}`,
    );
  });

  for (const body of ["", "{}", "[]", '{"id":"1"}', '{"id":"1","region":"r"}'])
    it(`is none in ${JSON.stringify(body)}`, () => {
      expect(archivedEvent(body)).to.equal(undefined);
    });
});
