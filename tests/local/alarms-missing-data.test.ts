import { expect } from "chai";
import {
  ALARM_STATES,
  type AlarmState,
  MISSING_DATA,
  type StateRule,
  stateOf,
} from "../../local/cloud/monitoring/alarm-state.ts";

/** Data points as the documentation writes them, oldest first: 0, X for breaching, - for missing. */
function state(points: string, rule: StateRule): AlarmState | "retain" {
  const read = points.split(" ").map((point) => (point === "-" ? undefined : point === "X"));
  return stateOf(read, rule) ?? "retain";
}

const INSUFFICIENT = "INSUFFICIENT_DATA";
/** Columns: data points, then the state with missing, ignore, breaching and notBreaching. */
type Row = readonly [string, ...(AlarmState | "retain")[]];

// CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": its two tables, evaluation range 5.
const TABLES: readonly (readonly [number, number, readonly Row[]])[] = [
  [
    3,
    3,
    [
      ["0 - X - X", "OK", "OK", "OK", "OK"],
      ["0 - - - -", "OK", "OK", "OK", "OK"],
      ["- - - - -", INSUFFICIENT, "retain", "ALARM", "OK"],
      ["0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
      ["- - X - -", "ALARM", "retain", "ALARM", "OK"],
    ],
  ],
  [
    2,
    3,
    [
      ["0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
      ["0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
      ["0 - X - -", "OK", "OK", "ALARM", "OK"],
      ["- - - - 0", "OK", "OK", "ALARM", "OK"],
      ["- - - X -", "ALARM", "retain", "ALARM", "OK"],
    ],
  ],
];

describe("an alarm with missing data", () => {
  for (const [datapointsToAlarm, evaluationPeriods, rows] of TABLES)
    for (const [points, ...states] of rows)
      it(`${datapointsToAlarm} out of ${evaluationPeriods}: ${points}`, () => {
        expect(
          MISSING_DATA.map((treatMissingData) =>
            state(points, { datapointsToAlarm, evaluationPeriods, treatMissingData }),
          ),
        ).to.deep.equal(states);
      });

  // The same guide, "Avoiding premature transitions to alarm state".
  const missing = { evaluationPeriods: 3, datapointsToAlarm: 3, treatMissingData: "missing" } as const;
  for (const [points, expected] of [
    ["- - - - X", INSUFFICIENT],
    ["- - - X -", INSUFFICIENT],
    ["- - - X 0", "OK"],
    ["- - X - 0", "OK"],
    ["- - X - -", "ALARM"],
    ["- X - - X", "ALARM"],
  ] as const)
    it(`3 out of 3, treated as missing: ${points} is ${expected}`, () => {
      expect(state(points, missing)).to.equal(expected);
    });

  it("2 out of 3, ignored: two breaching data points are enough for an alarm", () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: "ignore" } as const;
    expect(state("- - - X X", rule)).to.equal("ALARM");
  });

  it("does not treat data as missing where there is enough, whatever stands for it", () => {
    for (const treatMissingData of MISSING_DATA) {
      const rule = { evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData };
      expect(state("X - -", rule)).to.equal("ALARM");
      expect(state("X 0 -", rule)).to.equal("OK");
    }
    expect(ALARM_STATES).to.include(state("0 0 0", missing));
  });
});
