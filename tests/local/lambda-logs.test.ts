import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { LambdaBench, ROLE } from "./lambda-support.ts";

const WRITES = `export const handler = async ({ fail, lines = 1 }) => {
  for (let line = 0; line < lines; line += 1) console.log("line " + line + " of the function");
  if (fail) throw new Error("bad");
};`;

describe("Lambda's log, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  beforeEach(() => {
    bench = new LambdaBench({ clock: new DrivenClock({ patience: 300 }) });
  });
  afterEach(() => bench.close());
  const messages = () => bench.logged.map(({ message }) => message);
  const tail = ({ LogResult }: Json) => Buffer.from(String(LogResult), "base64").toString("utf8");

  it("has START, the function's lines, END and REPORT before the result is given, as the function's role", async () => {
    await bench.create("writes", WRITES);
    await bench.invoke("writes");
    const [start, line, end, report, ...more] = messages();
    expect(start).to.match(/^START RequestId: [0-9a-f-]{36} Version: \$LATEST$/);
    expect(line).to.equal("line 0 of the function");
    expect(end).to.match(/^END RequestId: [0-9a-f-]{36}$/);
    expect(report).to.match(
      /^REPORT RequestId: [0-9a-f-]{36}\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 256 MB\tMax Memory Used: \d{2,3} MB\tInit Duration: 0.00 ms\t$/,
    );
    expect(more).to.deep.equal([]);
    expect(bench.logged[0]).to.include({ by: ROLE, group: "/aws/lambda/writes" });
    await bench.invoke("writes");
    expect(messages()[7]).to.not.contain("Init Duration");
  });

  it("gives the last 4 KB of an invocation's log to who asks for it, and to nobody else", async () => {
    await bench.create("writes", WRITES);
    expect(await bench.invoke("writes", { lines: 3 })).to.not.have.property("LogResult");
    const long = tail(await bench.invoke("writes", { lines: 1_000 }, { LogType: "Tail" }));
    expect(Buffer.byteLength(long)).to.equal(4_096);
    expect(long).to.match(/line 998 of the function\nline 999 of the function\nEND [^\n]+\nREPORT [^\n]+\n$/);
    const short = tail(await bench.invoke("writes", {}, { LogType: "Tail" }));
    expect(short.split("\n")).to.have.length(5);
  });

  for (const [level, fail, expected] of [
    ["DEBUG", false, ["platform.start", "platform.runtimeDone", "platform.report"]],
    ["INFO", false, ["platform.report"]],
    ["WARN", false, []],
    ["WARN", true, ["platform.runtimeDone", "platform.report"]],
  ] as const)
    it(`writes platform events of level ${level} and above of ${fail ? "a failure" : "a success"} as JSON`, async () => {
      await bench.create("json", WRITES, { LoggingConfig: { LogFormat: "JSON", SystemLogLevel: level } });
      await bench.invoke("json", {});
      bench.logged.length = 0;
      await bench.invoke("json", { fail });
      const events = messages().flatMap((text) => (text.startsWith('{"time"') ? [JSON.parse(text)] : []));
      expect(events.map(({ type }) => type)).to.deep.equal(expected);
      const report = events.find(({ type }) => type === "platform.report");
      if (report) {
        expect(report.time).to.equal("2026-01-05T14:30:00.000Z");
        expect(report.record).to.include({ status: fail ? "error" : "success" });
        expect(report.record.metrics).to.include({ memorySizeMB: 256, billedDurationMs: 0 });
      }
    });

  it("tells of a time limit in text, with the status in the report", async () => {
    const clock = new DrivenClock({ patience: 200 });
    const slow = new LambdaBench({ clock });
    try {
      await slow.create("hang", "export const handler = () => new Promise(() => {});", { Timeout: 600 });
      const result = slow.invoke("hang");
      let isOver = false;
      void result.then(() => {
        isOver = true;
      });
      await clock.runUntil(() => isOver);
      expect((await result).Payload).to.include({ errorType: "Sandbox.Timedout" });
      const texts = slow.logged.map(({ message }) => message);
      expect(texts[1]).to.match(
        /^2026-01-05T14:40:00.000Z [0-9a-f-]{36} Task timed out after 600.00 seconds$/,
      );
      expect(texts[3]).to.contain("Duration: 600000.00 ms").and.contain("\tStatus: timeout\t");
      expect(clock.now()).to.equal(Date.UTC(2026, 0, 5, 14, 40));
    } finally {
      await slow.close();
    }
  });

  it("makes the log group if it is missing, and loses lines that the role may not write", async () => {
    const calls: string[] = [];
    let isMissing = true;
    const refuse = (code: string) => () => {
      throw new ServiceError(code, "refused");
    };
    await bench.close();
    bench = new LambdaBench(
      {},
      {
        logs: {
          CreateLogGroup: ({ logGroupName }) => {
            calls.push(`CreateLogGroup ${logGroupName}`);
            isMissing = false;
          },
          CreateLogStream: () => {
            calls.push("CreateLogStream");
            if (isMissing) refuse("ResourceNotFoundException")();
          },
          PutLogEvents: () => {
            calls.push("PutLogEvents");
            refuse("AccessDeniedException")();
          },
        },
      },
    );
    await bench.create("writes", WRITES);
    expect(await bench.invoke("writes")).to.not.have.property("FunctionError");
    expect(calls).to.deep.equal([
      "CreateLogStream",
      "CreateLogGroup /aws/lambda/writes",
      "CreateLogStream",
      "PutLogEvents",
    ]);
  });
});
