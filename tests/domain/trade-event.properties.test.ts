import { expect } from "chai";
import fc from "fast-check";
import { canonicalForm, contentHash } from "../../functions/domain/canonical.ts";
import { parseTradeEvent } from "../../functions/domain/event.ts";
import type { JsonObject } from "../../functions/domain/json.ts";
import { isReasonCode, MAXIMUM_REASONS } from "../../functions/domain/reasons.ts";
import { DETAIL, FULL_DETAIL, parseDetail, SYSTEMS, validEvent } from "./trade-events.ts";

/** Details near the contract: each field is right, wrong or absent. */
const nearlyValid = fc.record(
  Object.fromEntries(
    Object.entries(FULL_DETAIL).map(([field, value]) => [
      field,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<unknown>(value) },
        { weight: 1, arbitrary: fc.jsonValue() },
      ),
    ]),
  ),
  { requiredKeys: [] },
);

const unknownFields = fc.dictionary(
  fc.string().filter((key) => !Object.hasOwn(FULL_DETAIL, key)),
  fc.jsonValue({ maxDepth: 4 }).filter(hasShortNumbers),
);

function hasShortNumbers(value: unknown): boolean {
  return ![...JSON.stringify(value).matchAll(/[0-9.]+/g)].some(([text]) => text.replace(".", "").length > 15);
}

describe("any trade event", () => {
  it("is either a trade or comes with bounded, printable reasons", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearlyValid), (detail) => {
        const parsed = parseDetail(JSON.parse(JSON.stringify(detail)));
        if (parsed.valid) return;
        const { reasons, reasonCount } = parsed.invalid;
        expect(reasons.length).to.be.within(1, MAXIMUM_REASONS);
        expect(reasonCount).to.be.at.least(reasons.length);
        for (const { code, field, value, allowed } of reasons) {
          expect(isReasonCode(code)).to.equal(true);
          expect(
            [field, value].every((text) => text.length <= 128 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)),
          ).to.equal(true);
          expect(allowed.length).to.be.within(1, 256);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is judged without throwing, whatever arrives in place of the envelope", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue()), (value) => {
        expect(parseTradeEvent(value, SYSTEMS).valid).to.equal(false);
      }),
    );
  });

  it("has one canonical form, which is its own canonical form", () => {
    fc.assert(
      fc.property(unknownFields, (fields) => {
        const { canonical } = validEvent({ ...fields, ...FULL_DETAIL });
        const again = validEvent(JSON.parse(canonical));
        expect(again.canonical).to.equal(canonical);
        expect(again.contentHash).to.equal(contentHash(canonical));
      }),
    );
  });

  it("has the same canonical form in any order of its fields", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(FULL_DETAIL), { minLength: 14 }), (entries) => {
        expect(canonicalForm(Object.fromEntries(entries) as JsonObject)).to.equal(
          validEvent(FULL_DETAIL).canonical,
        );
      }),
    );
  });

  it("keeps unknown fields in its canonical form", () => {
    fc.assert(
      fc.property(unknownFields, (fields) => {
        const kept = JSON.parse(validEvent({ ...fields, ...DETAIL }).canonical);
        for (const [key, value] of Object.entries(JSON.parse(JSON.stringify(fields)))) {
          expect(kept[key]).to.deep.equal(value);
        }
      }),
    );
  });
});
