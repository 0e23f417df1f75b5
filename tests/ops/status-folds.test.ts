import { expect } from "chai";
import fc from "fast-check";
import { foldOutcome, foldOutcomes, OUTCOMES, type Outcome } from "../../functions/domain/outcome.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { incompleteHistory } from "../../ops/status/histories.ts";
import { keptFacts } from "../../ops/status/kept-event.ts";
import { lastOption } from "../../ops/status/last.ts";
import { type AttemptFact, Proof, total } from "../../ops/status/proof.ts";
import { SeenNumbers, Sequences } from "../../ops/status/sequences.ts";

const NONE = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };

function attempt(event: string, change: Partial<AttemptFact> = {}): AttemptFact {
  const usual = { outcome: "rejected", stage: "validation", reasons: ["amount.notPositive"] } as const;
  return { event, sourceSystem: "system1", ...usual, ...change };
}
const deadLetter = {
  outcome: "deadLettered",
  stage: "recording",
  reasons: ["RetryableServiceError"],
} as const;
const duplicate = { outcome: "duplicate", stage: "recording", reasons: [] } as const;

describe("an event's outcome", () => {
  const cases: [Outcome[], Outcome | undefined][] = [
    [[], undefined],
    [["deadLettered"], "deadLettered"],
    [["deadLettered", "recorded"], "recorded"],
    [["recorded", "deadLettered"], "recorded"],
    [["rejected", "duplicate"], "duplicate"],
    [["deadLettered", "rejected", "deadLettered"], "rejected"],
    [["duplicate", "duplicate"], "duplicate"],
  ];
  for (const [outcomes, folded] of cases)
    it(`is ${folded ?? "none"} over ${outcomes.join(", ") || "nothing"}`, () => {
      expect(foldOutcome(outcomes)).to.equal(folded);
      const each = foldOutcomes(outcomes.map((outcome) => ({ event: "r#1", outcome })));
      expect(each.get("r#1")).to.equal(folded);
    });

  it("is the same in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1 }), (outcomes) => {
        expect(foldOutcome([...outcomes].reverse())).to.equal(foldOutcome(outcomes));
        expect(foldOutcome([...outcomes].sort())).to.equal(foldOutcome(outcomes));
      }),
    );
  });
});

describe("the proof", () => {
  const proof = () => new Proof(["system1", "system2"]);

  it("names every source, also those without events", () => {
    expect(proof().figures()).to.deep.equal({
      ...{ events: 0, attempts: 0, outcomes: NONE, byRegion: {}, byStage: {} },
      ...{ bySource: { system1: NONE, system2: NONE }, rejectedBy: {}, deadLetteredBy: {} },
    });
  });

  it("counts an event once, and its attempts apart", () => {
    const folded = proof();
    folded.attempt(attempt("r1#a", deadLetter));
    folded.attempt(attempt("r1#a", { ...deadLetter, stage: "validation", reasons: ["Sandbox.Timedout"] }));
    folded.attempt(attempt("r1#b", { reasons: ["amount.missing", "currency.unknown"] }));
    folded.attempt(attempt("r2#c", { ...duplicate, sourceSystem: "system2" }));
    folded.attempt(attempt("r2#d", deadLetter));
    folded.row("r2#d", "system1");
    folded.row("r2#e", "system2");
    expect(folded.figures()).to.deep.equal({
      events: 5,
      attempts: 5,
      outcomes: { recorded: 2, duplicate: 1, rejected: 1, deadLettered: 1 },
      bySource: {
        system1: { recorded: 1, duplicate: 0, rejected: 1, deadLettered: 1 },
        system2: { recorded: 1, duplicate: 1, rejected: 0, deadLettered: 0 },
      },
      byRegion: {
        r1: { ...NONE, rejected: 1, deadLettered: 1 },
        r2: { ...NONE, recorded: 2, duplicate: 1 },
      },
      // The latest of several dead letters says where the event stands now.
      byStage: {
        recording: { ...NONE, duplicate: 1 },
        validation: { ...NONE, rejected: 1, deadLettered: 1 },
      },
      rejectedBy: { "amount.missing": 1, "currency.unknown": 1 },
      deadLetteredBy: { "Sandbox.Timedout": 1 },
    });
  });

  it("says of an event that was dead-lettered and then rejected why it was rejected", () => {
    for (const order of [
      [attempt("r#a"), attempt("r#a", deadLetter)],
      [attempt("r#a", deadLetter), attempt("r#a")],
    ]) {
      const folded = proof();
      for (const each of order) folded.attempt(each);
      expect(folded.figures()).to.deep.include({
        outcomes: { ...NONE, rejected: 1 },
        rejectedBy: { "amount.notPositive": 1 },
        deadLetteredBy: {},
      });
    }
  });

  it("leaves out regions that are not counted, and events of another window with their attempts", () => {
    const folded = new Proof(["system1"], (region) => region === "r1");
    folded.attempt(attempt("r2#a"));
    folded.row("r2#b", "system1");
    folded.attempt(attempt("r1#c"));
    folded.attempt(attempt("r1#d"));
    folded.attempt(attempt("r1#d"));
    folded.forget("r1#d");
    expect(folded.figures()).to.deep.include({
      events: 1,
      attempts: 1,
      byRegion: { r1: { ...NONE, rejected: 1 } },
    });
  });

  it("asks for the rows of what is rejected or dead-lettered and names its trade", () => {
    const folded = proof();
    const trade = { tradeId: "T", version: 2 };
    folded.attempt(attempt("r#a", { trade }));
    folded.attempt(attempt("r#a"));
    folded.attempt(attempt("r#b"));
    folded.attempt(attempt("r#c", { ...duplicate, trade }));
    folded.attempt(attempt("r#d", { ...deadLetter, trade }));
    folded.row("r#d", "system1");
    expect([...folded.unsettled()]).to.deep.equal([{ event: "r#a", sourceSystem: "system1", trade }]);
  });

  it("adds up by source, by region and by outcome to the distinct events", () => {
    const fact = fc.record({
      id: fc.integer({ min: 0, max: 30 }),
      outcome: fc.constantFrom(...OUTCOMES),
    });
    fc.assert(
      fc.property(fc.array(fact), (facts) => {
        const folded = proof();
        // An event has one source and one region, and one row at most.
        const place = (id: number) => ({ event: `r${id % 3}#${id}`, source: id % 2 ? "system1" : "system2" });
        for (const { id, outcome } of facts)
          if (outcome !== "recorded")
            folded.attempt(attempt(place(id).event, { sourceSystem: place(id).source, outcome, stage: "s" }));
        const recorded = new Set(facts.filter(({ outcome }) => outcome === "recorded").map(({ id }) => id));
        for (const id of recorded) folded.row(place(id).event, place(id).source);
        const figures = folded.figures();
        const events = new Set(facts.map(({ id }) => id)).size;
        const sum = (groups: Record<string, typeof NONE>) =>
          Object.values(groups).reduce((all, counts) => all + total(counts), 0);
        expect(figures.events).to.equal(events);
        expect(total(figures.outcomes)).to.equal(events);
        expect(sum(figures.bySource)).to.equal(events);
        expect(sum(figures.byRegion)).to.equal(events);
        expect(sum(figures.byStage)).to.equal(events - recorded.size);
        expect(figures.attempts).to.equal(facts.filter(({ outcome }) => outcome !== "recorded").length);
        const witnesses = facts.map(({ id, outcome }) => ({ event: place(id).event, outcome }));
        const folds = [...foldOutcomes(witnesses).values()];
        for (const outcome of OUTCOMES)
          expect(figures.outcomes[outcome]).to.equal(folds.filter((each) => each === outcome).length);
      }),
    );
  });
});

describe("numbers that were seen", () => {
  it("are the same ranges as a sorted set gives, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 }), (numbers) => {
        const seen = new SeenNumbers();
        const known = new Set<number>();
        for (const number of numbers) {
          expect(seen.add(number)).to.equal(!known.has(number));
          known.add(number);
        }
        const covered = seen.ranges.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        );
        expect(covered).to.deep.equal([...known].sort((left, right) => left - right));
        seen.ranges.slice(1).forEach(({ first }, index) => {
          expect(first - (seen.ranges[index]?.last ?? first)).to.be.greaterThan(1);
        });
      }),
    );
  });

  it("take one range while there are no gaps", () => {
    const seen = new SeenNumbers();
    for (let number = 0; number < 100_000; number += 1) seen.add(number ^ 1);
    expect(seen.ranges).to.deep.equal([{ first: 0, last: 99_999 }]);
  });
});

describe("sequence numbers", () => {
  it("name gaps between the lowest and the highest, and count what is missing", () => {
    const sequences = new Sequences();
    for (const number of [9, 4, 5]) sequences.row(number, `T${number} version 1`);
    sequences.attempt(12, "T12 version 1");
    expect(sequences.figures()).to.deep.equal({
      ...{ first: 4, last: 12, missing: 5, repeated: { total: 0, listed: [] } },
      gaps: {
        total: 2,
        listed: [
          { first: 6, last: 8 },
          { first: 10, last: 11 },
        ],
      },
    });
  });

  it("say nothing where events carry none", () => {
    const none = { total: 0, listed: [] };
    expect(new Sequences().figures()).to.deep.equal({ missing: 0, gaps: none, repeated: none });
  });

  it("name different trades that carry one number, and not the same trade again", () => {
    const sequences = new Sequences();
    sequences.attempt(1, "A version 1");
    sequences.attempt(2, "B version 1");
    sequences.attempt(3, "C version 1");
    sequences.attempt(3, "D version 1");
    sequences.row(1, "A version 1");
    sequences.row(2, "E version 1");
    sequences.row(4, "F version 1");
    sequences.row(4, "F version 2");
    expect(sequences.hasUnnamed).to.equal(true);
    for (const [number, carrier] of [
      [2, "E version 1"],
      [4, "F version 1"],
      [4, "F version 2"],
    ] as const)
      sequences.rowAgain(number, carrier);
    expect(sequences.figures().repeated).to.deep.equal({
      total: 3,
      listed: [
        { sequence: 2, trades: ["B version 1", "E version 1"] },
        { sequence: 3, trades: ["C version 1", "D version 1"] },
        { sequence: 4, trades: ["F version 1", "F version 2"] },
      ],
    });
  });

  it("list a bounded number of gaps and count all", () => {
    const sequences = new Sequences();
    for (let number = 0; number <= 300; number += 2) sequences.row(number, "");
    const { missing, gaps } = sequences.figures();
    expect(missing).to.equal(150);
    expect(gaps.total).to.equal(150);
    expect(gaps.listed).to.have.length(100);
  });
});

describe("a trade's history", () => {
  const fact = (version: number, action: "NEW" | "CORRECT" | "CANCEL", contentHash = `h${version}`) => ({
    ...{ tradeId: "T", version, action, contentHash },
  });
  it("is incomplete with a version missing, one after a cancel, or one that differs between regions", () => {
    expect(incompleteHistory([fact(2, "CANCEL")])).to.deep.equal({
      ...{ tradeId: "T", status: "cancelled", latestVersion: 2 },
      ...{ missingVersions: [{ first: 1, last: 1 }], versionsAfterCancel: [], conflictingVersions: [] },
    });
    const after = incompleteHistory([fact(1, "NEW"), fact(2, "CANCEL"), fact(3, "CORRECT")]);
    expect(after?.versionsAfterCancel).to.deep.equal([3]);
    const differing = incompleteHistory([fact(1, "NEW"), fact(2, "CORRECT"), fact(2, "CORRECT", "other")]);
    expect(differing?.conflictingVersions).to.deep.equal([2]);
  });

  it("is complete with every version, also when two regions tell the same", () => {
    expect(
      incompleteHistory([fact(1, "NEW"), fact(2, "CANCEL"), fact(1, "NEW"), fact(2, "CANCEL")]),
    ).to.equal(undefined);
    expect(incompleteHistory([])).to.equal(undefined);
  });
});

describe("an event that was kept", () => {
  const cases: [Record<string, unknown> | undefined, ReturnType<typeof keptFacts>][] = [
    [undefined, { isReplayed: false }],
    [{ detail: "text" }, { isReplayed: false }],
    [{ detail: { tradeId: "T" } }, { isReplayed: false, trade: { tradeId: "T", version: 1 } }],
    [
      { detail: { tradeId: "T", version: 3, sequence: 0 }, "replay-name": "again" },
      { isReplayed: true, trade: { tradeId: "T", version: 3 }, sequence: 0 },
    ],
    [{ detail: { tradeId: "a b", version: 1, sequence: -1 } }, { isReplayed: false }],
    [{ detail: { tradeId: "T", version: "2", sequence: 1.5 } }, { isReplayed: false }],
  ];
  for (const [envelope, facts] of cases)
    it(`is read as far as it goes: ${JSON.stringify(envelope)}`, () => {
      expect(keptFacts(envelope)).to.deep.equal(facts);
    });
});

describe("--last", () => {
  it("is a whole number and a unit", () => {
    const milliseconds = { "90s": 90_000, "5m": 300_000, "1h": 3_600_000, "2d": 172_800_000 };
    for (const [text, value] of Object.entries(milliseconds)) expect(lastOption(text)).to.equal(value);
  });

  it("is refused otherwise, naming what is allowed", () => {
    for (const text of ["", "h", "0h", "1", "1.5h", "-1h", "1w", "1h "])
      expect(() => lastOption(text), text).to.throw(
        UsageError,
        /--last: .* must be a whole number and a unit/,
      );
  });
});
