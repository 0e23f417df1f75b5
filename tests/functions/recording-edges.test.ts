import { expect } from "chai";
import { isRetryable } from "../../functions/adapters/service-errors.ts";
import { record } from "../../functions/compliance-recorder/record.ts";
import { DETAIL, validEvent } from "../domain/trade-events.ts";

describe("recording at its edges", () => {
  it("gives no negative age while this machine's clock is behind the workflow's", async () => {
    const execution = { id: "e", startTime: "2026-01-05T14:30:02Z" };
    const ports = {
      store: { putIfAbsent: async () => undefined },
      now: () => new Date("2026-01-05T14:30:00Z"),
    };
    const enrichment = { status: "pending", error: "down" } as const;
    const { signal } = new AbortController();
    const output = await record(validEvent(DETAIL), enrichment, execution, ports, signal);
    expect(output).to.deep.equal({ outcome: "recorded", ageMilliseconds: 0 });
  });

  it("tries again what was refused for load, by whatever name, and not what was refused for good", () => {
    const refused = (httpStatusCode: number) =>
      Object.assign(new Error("refused"), { name: "SomethingNew", $metadata: { httpStatusCode } });
    expect([400, 403, 404, 429, 499, 500, 503].map((status) => isRetryable(refused(status)))).to.deep.equal([
      false,
      false,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});
