import { expect } from "chai";
import fc from "fast-check";
import {
  assembleLedger,
  foldOutcomes,
  type LedgerInput,
  OUTCOMES,
  type Witness,
} from "../../ops/ledger/ledger.ts";

const FIGURES = { accepted: 5, unmatched: 1, matched: 4, repeated: 0, lost: 0, open: [] };
const witnesses: Witness[] = [
  { event: "us-east-1#a", outcome: "recorded" },
  { event: "us-east-1#b", outcome: "duplicate" },
  { event: "us-east-1#c", outcome: "rejected" },
  { event: "us-east-1#d", outcome: "deadLettered" },
];
const input: LedgerInput = { sent: 6, refused: 1, seconds: 2, figures: { "us-east-1": FIGURES }, witnesses };

describe("ledger", () => {
  it("balances when every event is accounted for", () => {
    const ledger = assembleLedger(input);
    expect(ledger).to.include({ sent: 6, refused: 1, accepted: 5, unmatched: 1, matched: 4, balanced: true });
    expect(ledger).to.include({
      recorded: 1,
      duplicate: 1,
      rejected: 1,
      deadLettered: 1,
      tradesPerSecond: 2,
    });
  });

  const unbalanced: [string, Partial<LedgerInput>][] = [
    ["a matched event has no outcome", { witnesses: witnesses.slice(1) }],
    [
      "an outcome has no matched event",
      { witnesses: [...witnesses, { event: "us-east-1#e", outcome: "recorded" }] },
    ],
    ["an accepted event is nowhere", { figures: { "us-east-1": { ...FIGURES, accepted: 6 } }, sent: 7 }],
    ["more was sent than arrived", { sent: 7 }],
    ["a delivery was lost", { figures: { "us-east-1": { ...FIGURES, lost: 1 } } }],
    [
      "something is still in flight",
      {
        figures: { "us-east-1": { ...FIGURES, matched: 5, accepted: 6, open: ["us-east-1#x"] } },
        sent: 7,
      },
    ],
    [
      "two regions' errors cancel out",
      {
        sent: 11,
        figures: {
          "us-east-1": { ...FIGURES, matched: 3, accepted: 4 },
          "eu-west-1": { accepted: 6, unmatched: 5, matched: 1, repeated: 0, lost: 0, open: [] },
        },
      },
    ],
  ];
  for (const [what, change] of unbalanced)
    it(`does not balance when ${what}`, () => {
      expect(assembleLedger({ ...input, ...change }).balanced).to.equal(false);
    });

  it("balances whatever was tried again", () => {
    const figures = { "us-east-1": { ...FIGURES, repeated: 3 } };
    const ledger = assembleLedger({ ...input, figures });
    expect(ledger).to.include({ matched: 4, repeated: 3, balanced: true });
    expect(ledger.regions["us-east-1"]).to.include({ repeated: 3 });
  });

  it("counts an open event as in flight, but not one that has an outcome already", () => {
    const open = ["us-east-1#a", "us-east-1#x", "us-east-1#x"];
    const ledger = assembleLedger({ ...input, figures: { "us-east-1": { ...FIGURES, open } } });
    expect(ledger.inFlight).to.equal(1);
  });

  it("counts an event once, by the first outcome that applies, whatever the order of its witnesses", () => {
    const witness = fc.record({
      event: fc.constantFrom("r#1", "r#2", "r#3"),
      outcome: fc.constantFrom(...OUTCOMES),
    });
    fc.assert(
      fc.property(fc.array(witness), (list) => {
        const folded = foldOutcomes(list);
        expect(foldOutcomes([...list].reverse())).to.deep.equal(folded);
        for (const [event, outcome] of folded) {
          const own = list.filter((each) => each.event === event).map((each) => each.outcome);
          expect(outcome).to.equal(OUTCOMES.find((each) => own.includes(each)));
        }
      }),
    );
  });
});
