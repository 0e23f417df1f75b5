import { expect } from "chai";
import { acceptedAt, eventKey, parseEnvelope } from "../../functions/domain/envelope.ts";
import { DETAIL, envelopeOf, reasonsOf } from "./trade-events.ts";

describe("envelopes", () => {
  it("tolerates further keys, as a replay adds them", () => {
    expect(reasonsOf(DETAIL, { "replay-name": "census-1" })).to.deep.equal([]);
  });

  it("names every part that is wrong", () => {
    const envelope = { ...envelopeOf(DETAIL), id: "", time: "yesterday", "detail-type": "Quote" };
    const parsed = parseEnvelope(envelope);
    expect(parsed.ok || parsed.reasons.map(({ field, value }) => [field, value])).to.deep.equal([
      ["envelope.id", ""],
      ["envelope.detail-type", "Quote"],
      ["envelope.time", "yesterday"],
    ]);
  });

  for (const value of [undefined, null, "text", [], {}]) {
    it(`rejects ${JSON.stringify(value)}`, () => expect(parseEnvelope(value).ok).to.equal(false));
  }

  it("makes the same key of region and id everywhere", () => {
    expect(eventKey("eu-west-1", "abc")).to.equal("eu-west-1#abc");
  });

  it("was accepted when its first execution started", () => {
    const time = (changes: Record<string, unknown>) => {
      const parsed = parseEnvelope(envelopeOf(DETAIL, changes));
      return parsed.ok ? acceptedAt(parsed.envelope, "2026-01-05T15:00:00.500Z") : undefined;
    };
    expect(time({})).to.equal(Date.parse("2026-01-05T15:00:00.500Z"));
    const redrive = { acceptedAt: "2026-01-05T14:30:01.250Z" };
    expect(time({ redrive })).to.equal(Date.parse("2026-01-05T14:30:01.250Z"));
    expect(reasonsOf(DETAIL, { redrive: { acceptedAt: "then" } })).to.deep.equal([
      "envelope.invalid at envelope.redrive.acceptedAt",
    ]);
  });
});
