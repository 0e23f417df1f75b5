import { expect } from "chai";
import { witnessOf } from "../../ops/ledger/witness.ts";

const RULE = "trades-unmatched-dev";
const envelope = { id: "e1", region: "us-east-1", "detail-type": "Trade Event", detail: {} };
const fromRule = (name: string) => ({
  RULE_ARN: { StringValue: `arn:aws:events:us-east-1:000000000000:rule/trading-event-bus-dev/${name}` },
});

describe("message as a witness", () => {
  it("is the outcome that the workflow put into it", () => {
    const Body = JSON.stringify({ event: "us-east-1#e1", outcome: "rejected", reasons: [] });
    expect(witnessOf({ Body }, RULE)).to.deep.equal({ event: "us-east-1#e1", outcome: "rejected" });
  });

  it("is a dead letter where it is an envelope that a source rule could not deliver", () => {
    const message = { Body: JSON.stringify(envelope), MessageAttributes: fromRule("trades-system1-dev") };
    expect(witnessOf(message, RULE)).to.deep.equal({ event: "us-east-1#e1", outcome: "deadLettered" });
  });

  it("is none where the unmatched rule could not deliver, since no source rule took the event", () => {
    const message = { Body: JSON.stringify(envelope), MessageAttributes: fromRule(RULE) };
    expect(witnessOf(message, RULE)).to.equal(undefined);
  });

  for (const Body of ["not json", "null", "[]", '{"id":"e1"}', '{"event":"us-east-1#e1","outcome":"gone"}'])
    it(`is none where it is foreign: ${Body}`, () => {
      expect(witnessOf({ Body }, RULE)).to.equal(undefined);
    });
});
