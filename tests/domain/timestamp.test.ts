import { expect } from "chai";
import fc from "fast-check";
import {
  compareTimestamps,
  epochMilliseconds,
  parseTimestamp,
  precision,
  type Timestamp,
} from "../../functions/domain/timestamp.ts";

function parsed(text: string): Timestamp {
  const timestamp = parseTimestamp(text);
  if (timestamp === undefined) throw new Error(`not a timestamp: ${text}`);
  return timestamp;
}

describe("timestamps", () => {
  for (const text of [
    "2026-01-05T14:30:00Z",
    "2026-01-05T14:30:00.123456789012Z",
    "2024-02-29T23:59:59+14:00",
    "2016-12-31T23:59:60Z",
    "2017-01-01T00:59:60+01:00",
  ]) {
    it(`accepts ${text}`, () => expect(parseTimestamp(text)).to.not.equal(undefined));
  }

  for (const text of [
    "2026-01-05",
    "2026-01-05T14:30:00",
    "2026-01-05T14:30Z",
    "2026-01-05 14:30:00Z",
    "2026-13-05T14:30:00Z",
    "2026-02-29T14:30:00Z",
    "1900-02-29T00:00:00Z",
    "2026-01-05T24:00:00Z",
    "2026-01-05T14:60:00Z",
    "2026-01-05T14:30:60Z",
    "2026-01-05T14:30:00.Z",
    "2026-01-05T14:30:00.1234567890123Z",
    "2026-01-05T14:30:00+24:00",
    "2026-01-05T14:30:00z",
    "20260105T143000Z",
  ]) {
    it(`rejects ${text}`, () => expect(parseTimestamp(text)).to.equal(undefined));
  }

  it("knows the precision of what was sent", () => {
    expect(precision(parsed("2026-01-05T14:30:00Z"))).to.equal(0);
    expect(precision(parsed("2026-01-05T14:30:00.120Z"))).to.equal(3);
  });

  it("compares at any precision and across zones", () => {
    const compare = (left: string, right: string) => compareTimestamps(parsed(left), parsed(right));
    expect(compare("2026-01-05T14:30:00.1Z", "2026-01-05T14:30:00.100Z")).to.equal(0);
    expect(compare("2026-01-05T14:30:00.100000001Z", "2026-01-05T14:30:00.1Z")).to.equal(1);
    expect(compare("2026-01-05T14:30:00+01:00", "2026-01-05T14:00:00Z")).to.equal(-1);
    expect(compare("2026-01-05T14:30:00.09Z", "2026-01-05T14:30:00.1Z")).to.equal(-1);
  });

  it("agrees with the platform's clock to the millisecond", () => {
    const dates = fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(epochMilliseconds(parsed(date.toISOString()))).to.equal(date.getTime());
      }),
    );
  });
});
