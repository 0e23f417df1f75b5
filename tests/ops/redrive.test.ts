import { expect } from "chai";
import fc from "fast-check";
import { readDeadLetter } from "../../ops/redrive/dead-letter.ts";
import { type Decision, decide, type Evidence } from "../../ops/redrive/decision.ts";
import { executionArn, executionName, namePrefix, prefixOf } from "../../ops/redrive/execution-name.ts";
import { FailureWindow } from "../../ops/redrive/failure-window.ts";
import { redriveOptions } from "../../ops/redrive/options.ts";
import { Pace } from "../../ops/redrive/pace.ts";
import { Report } from "../../ops/redrive/report.ts";
import { isSelected } from "../../ops/redrive/selection.ts";

const RULES = {
  sources: ["trades-system1-dev"],
  unmatched: "trades-unmatched-dev",
  forwarding: "forward-dev",
};
const ENVELOPE =
  '{"version":"0","id":"e1","detail-type":"Trade Event","source":"trading.system1","time":"2026-01-02T03:04:05Z",' +
  '"region":"us-east-1","detail":{"tradeId":"T1","amount":1.10,"big":12345678901234567890}}';
const EXECUTION = { id: "arn:aws:states:us-east-1:1:execution:m:e1", startTime: "2026-01-02T03:04:06.007Z" };
const SENT = Date.UTC(2026, 0, 3);

const workflowMessage = (rest: string) =>
  `{"event":"us-east-1#e1","execution":${JSON.stringify(EXECUTION)},"outcome":"deadLettered","stage":"validation",${rest}}`;

function read(body: string, attributes: Record<string, string> = {}) {
  return readDeadLetter({ body, attributes, sentAt: SENT }, RULES);
}

const died = (detail: object) =>
  JSON.stringify({
    source: "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    detail: {
      ...{ executionArn: EXECUTION.id, status: "TIMED_OUT", error: null, startDate: 1_767_323_046_007 },
      ...detail,
    },
  });

const onRule = (name: string) => ({
  RULE_ARN: `arn:aws:events:us-east-1:1:rule/trading-event-bus-dev/${name}`,
  ERROR_CODE: "SDK_CLIENT_ERROR",
});

describe("reading a dead letter", () => {
  const known = {
    kind: "event",
    event: "us-east-1#e1",
    source: "trading.system1",
    tradeId: "T1",
    version: 1,
  };

  it("takes the workflow's event with every digit, and when it was accepted first", () => {
    const letter = read(workflowMessage(`"error":"States.Timeout","cause":"","envelope":${ENVELOPE}`));
    expect(letter).to.deep.equal({
      ...known,
      reasons: ["States.Timeout"],
      execution: EXECUTION.id,
      time: Date.UTC(2026, 0, 2, 3, 4, 6, 7),
      input: `${ENVELOPE.slice(0, -1)},"redrive":{"acceptedAt":"2026-01-02T03:04:06.007Z"}}`,
    });
  });

  it("keeps when it was accepted first through further redrives", () => {
    const redriven = `${ENVELOPE.slice(0, -1)},"redrive":{"acceptedAt":"2026-01-01T00:00:00Z"}}`;
    const letter = read(workflowMessage(`"envelope":${redriven}`));
    expect(letter).to.include({ input: redriven, time: Date.UTC(2026, 0, 1) });
  });

  it("takes what a source rule or the default bus could not deliver as it stands", () => {
    const byArn = { RULE_ARN: "arn:aws:events:us-east-1:1:rule/forward-dev", ERROR_CODE: "NO_PERMISSIONS" };
    for (const attributes of [onRule("trades-system1-dev"), byArn]) {
      const letter = read(ENVELOPE, attributes);
      expect(letter).to.deep.equal({
        ...known,
        reasons: [attributes.ERROR_CODE],
        execution: undefined,
        time: Date.UTC(2026, 0, 2, 3, 4, 5),
        input: ENVELOPE,
      });
    }
  });

  it("does not take what was on its way elsewhere", () => {
    expect(read(ENVELOPE, onRule("trades-unmatched-dev"))).to.include({ kind: "foreign" });
  });

  it("takes the input of an execution that died, also where its report was not delivered", () => {
    for (const attributes of [{}, onRule("execution-status-dev")])
      expect(read(died({ input: ENVELOPE }), attributes)).to.deep.equal({
        ...known,
        reasons: ["TIMED_OUT"],
        execution: EXECUTION.id,
        time: 1_767_323_046_007,
        input: `${ENVELOPE.slice(0, -1)},"redrive":{"acceptedAt":"2026-01-02T03:04:06.007Z"}}`,
      });
  });

  it("says where the input of an execution is that was too large for its report", () => {
    const letter = read(died({ input: null, inputDetails: { included: false } }));
    expect(letter).to.have.property("kind", "foreign");
    expect(letter).to.have.property("why").that.includes(EXECUTION.id);
  });

  it("knows an event of which only a part was kept", () => {
    const parts = [
      '"archiveOnly":true,"id":"e1","source":"trading.system1","time":"2026-01-02T03:04:05Z","error":"E"',
      `"reasons":[{"code":"E"}],"boundedCopy":${JSON.stringify('{"id":"e1","source":"trading.system1","time":"2026-01-02T03:04:05Z"}')}`,
    ];
    for (const part of parts)
      expect(read(workflowMessage(part))).to.include({
        kind: "archiveOnly",
        event: "us-east-1#e1",
        source: "trading.system1",
        eventTime: Date.UTC(2026, 0, 2, 3, 4, 5),
        time: Date.UTC(2026, 0, 2, 3, 4, 6, 7),
      });
  });

  it("knows a function's asynchronous invocation", () => {
    const attributes = { RequestID: "r", ErrorCode: "200", ErrorMessage: "m" };
    expect(read("{}", attributes)).to.deep.equal({ kind: "invocation", reasons: ["200"], time: SENT });
  });

  it("knows an invocation that a schedule asked for in vain, whatever its input", () => {
    const attributes = {
      ...{ SCHEDULE_ARN: "arn:aws:scheduler:us-east-1:1:schedule/default/enrichment-completer-dev" },
      ...{ SCHEDULED_TIME: "2026-01-02T03:09:05Z", ERROR_CODE: "Lambda.TooManyRequestsException" },
    };
    for (const body of ["{}", "", '{"a":1}'])
      expect(read(body, attributes), body).to.deep.equal({
        ...{ kind: "invocation", reasons: ["Lambda.TooManyRequestsException"], time: SENT },
      });
  });

  it("says of anything else that it cannot be read", () => {
    for (const body of [
      "",
      "[]",
      "{",
      "{}",
      workflowMessage('"envelope":{"id":1}'),
      workflowMessage('"x":1'),
    ])
      expect(read(body), body).to.have.property("kind", "unreadable");
    expect(read('{"id":"e1"}', onRule("trades-system1-dev"))).to.have.property("kind", "unreadable");
  });

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.dictionary(fc.string(), fc.string()),
        (body, attributes) => {
          expect(read(body, attributes)).to.have.property("kind");
        },
      ),
    );
  });
});

describe("selecting dead letters", () => {
  const letter = read(workflowMessage(`"error":"States.Timeout","envelope":${ENVELOPE}`));
  const at = Date.UTC(2026, 0, 2, 3, 4, 6, 7);
  const cases: [object, boolean][] = [
    [{}, true],
    [{ reason: "States.Timeout" }, true],
    [{ reason: "States" }, false],
    [{ source: "trading.system1" }, true],
    [{ source: "trading.system2" }, false],
    [{ tradeId: "T1" }, true],
    [{ tradeId: "T2" }, false],
    [{ from: at }, true],
    [{ from: at + 1 }, false],
    [{ to: at }, false],
    [{ to: at + 1 }, true],
    [{ reason: "States.Timeout", tradeId: "T2" }, false],
  ];
  for (const [selection, expected] of cases)
    it(`${expected ? "takes" : "leaves"} ${JSON.stringify(selection)}`, () => {
      expect(isSelected(letter, selection)).to.equal(expected);
    });

  it("leaves what does not say what is asked for", () => {
    const unreadable = read("{");
    expect(isSelected(unreadable, {})).to.equal(true);
    for (const selection of [{ reason: "E" }, { source: "s" }, { tradeId: "t" }, { from: 0 }, { to: 9e15 }])
      expect(isSelected(unreadable, selection), JSON.stringify(selection)).to.equal(false);
  });
});

describe("deciding what to do with a dead letter", () => {
  const prefix = namePrefix("us-east-1#e1", "m1");
  const letter = read(workflowMessage(`"envelope":${ENVELOPE}`));
  const archiveOnly = read(workflowMessage('"archiveOnly":true,"time":"2026-01-02T03:04:05Z"'));
  const NONE: Evidence = { isRecorded: false, attempts: [] };
  const rules = { attempts: 3, includePoison: false };
  const attempt = (outcome: "duplicate" | "rejected" | "deadLettered", name = "other") => ({
    attempt: `arn:aws:states:us-east-1:1:execution:m:${name}`,
    outcome,
    timestamp: 1,
  });
  const dead = (count: number) =>
    Array.from({ length: count }, (_, index) => attempt("deadLettered", `${index}`));
  const marked = { Redrive: "poison", RedriveReason: "dead-lettered 7 times" };
  type Case = {
    name: string;
    of?: ReturnType<typeof read>;
    evidence?: Partial<Evidence>;
    attributes?: Record<string, string>;
    includePoison?: boolean;
    expected: Partial<Decision>;
  };
  const cases: Case[] = [
    { name: "starts what has no result", expected: { do: "start" } },
    { name: "starts what failed less often", evidence: { attempts: dead(2) }, expected: { do: "start" } },
    {
      name: "starts what was rejected",
      evidence: { attempts: [attempt("rejected")] },
      expected: { do: "start" },
    },
    {
      name: "drops what is recorded",
      evidence: { isRecorded: true, attempts: dead(5) },
      expected: { do: "drop" },
    },
    { name: "drops a duplicate", evidence: { attempts: [attempt("duplicate")] }, expected: { do: "drop" } },
    {
      name: "drops a part of what is recorded",
      of: archiveOnly,
      evidence: { isRecorded: true },
      expected: { do: "drop" },
    },
    {
      name: "ends what an earlier run has started",
      evidence: { attempts: [attempt("deadLettered", `${prefix}-1`)] },
      expected: { do: "finish", outcome: "deadLettered" },
    },
    {
      name: "starts again what an earlier run has started on EXPRESS, whose message may not be sent",
      evidence: {
        attempts: [
          {
            ...{ attempt: `arn:aws:states:us-east-1:1:express:m:${prefix}-1:uuid`, outcome: "rejected" },
            timestamp: 1,
          },
        ],
      },
      expected: { do: "start" },
    },
    {
      name: "drops a heartbeat, which leaves nothing in the tables",
      of: read(died({ input: ENVELOPE.replace("trading.system1", "trading.heartbeat") })),
      expected: { do: "drop" },
    },
    {
      name: "does not take another message's attempt for its own",
      evidence: { attempts: [attempt("deadLettered", `${namePrefix("us-east-1#e1", "m2")}-1`)] },
      expected: { do: "start" },
    },
    {
      name: "does not start what failed too often",
      evidence: { attempts: dead(3) },
      expected: { do: "poison", why: "dead-lettered 3 times", isMarked: false },
    },
    {
      name: "leaves what is marked, and keeps its reason",
      attributes: marked,
      expected: { do: "poison", why: "dead-lettered 7 times", isMarked: true },
    },
    {
      name: "starts what is marked when told to",
      attributes: marked,
      evidence: { attempts: dead(9) },
      includePoison: true,
      expected: { do: "start" },
    },
    {
      name: "never starts what cannot be read",
      of: read("{"),
      includePoison: true,
      expected: { do: "poison", why: "cannot be read: its body is no JSON object", isMarked: false },
    },
    {
      name: "names the window of the archive that has the rest",
      of: archiveOnly,
      expected: {
        do: "leave",
        why: "too large to be kept: replay --from 2026-01-02T03:04:00Z --to 2026-01-02T03:05:00Z",
      },
    },
    {
      name: "drops a part of what was found to be invalid since",
      of: archiveOnly,
      evidence: {
        attempts: [{ attempt: EXECUTION.id, outcome: "deadLettered", timestamp: 0 }, attempt("rejected")],
      },
      expected: { do: "drop" },
    },
    {
      name: "leaves a part of what was found to be invalid before",
      of: archiveOnly,
      evidence: {
        attempts: [{ attempt: EXECUTION.id, outcome: "deadLettered", timestamp: 2 }, attempt("rejected")],
      },
      expected: { do: "leave" },
    },
    {
      name: "leaves a part of what it found to be invalid itself",
      of: archiveOnly,
      evidence: {
        attempts: [{ attempt: EXECUTION.id, outcome: "rejected", timestamp: 0 }, attempt("rejected")],
      },
      expected: { do: "leave" },
    },
    { name: "leaves what was for another", of: read(ENVELOPE, onRule("x")), expected: { do: "leave" } },
  ];
  for (const { name, of = letter, evidence, attributes = {}, includePoison = false, expected } of cases)
    it(name, () => {
      const subject = { letter: of, attributes, namePrefix: prefix };
      expect(decide(subject, { ...NONE, ...evidence }, { ...rules, includePoison })).to.include(expected);
    });
});

describe("names of redriven executions", () => {
  it("are the same for the same event and message, and others for others", () => {
    expect(namePrefix("e", "m")).to.equal(namePrefix("e", "m"));
    expect(namePrefix("e", "m")).not.to.equal(namePrefix("e", "n"));
    expect(namePrefix("e", "m")).not.to.equal(namePrefix("f", "m"));
  });

  it("are names that Step Functions takes, and are known again in an ARN", () => {
    const prefix = namePrefix("us-east-1#x", "m");
    const name = executionName(prefix, 99);
    expect(name).to.match(/^[A-Za-z0-9_-]{1,80}$/);
    const arn = executionArn("arn:aws:states:us-east-1:1:stateMachine:trades-dev", name);
    expect(arn).to.equal(`arn:aws:states:us-east-1:1:execution:trades-dev:${name}`);
    expect(prefixOf(arn)).to.equal(prefix);
    expect(prefixOf("arn:aws:states:us-east-1:1:execution:trades-dev:e1_2")).to.equal(undefined);
  });
});

describe("the failures that stop a redrive", () => {
  const exceeded = (share: number, ends: boolean[]) => {
    const window = new FailureWindow(share);
    for (const failed of ends) window.add(failed);
    return window.isExceeded;
  };
  const ends = (failed: number, good: number) => [
    ...Array<boolean>(failed).fill(true),
    ...Array<boolean>(good).fill(false),
  ];
  it("are a share of the last 20", () => {
    expect(exceeded(0.5, ends(19, 0))).to.equal(false);
    expect(exceeded(0.5, ends(10, 10))).to.equal(true);
    expect(exceeded(0.5, ends(9, 11))).to.equal(false);
    expect(exceeded(0.5, [...ends(10, 10), false])).to.equal(false);
    expect(exceeded(1, ends(20, 0))).to.equal(true);
    expect(exceeded(1, ends(19, 1))).to.equal(false);
    expect(exceeded(0, ends(0, 20))).to.equal(false);
    expect(exceeded(0, ends(1, 19))).to.equal(true);
  });
});

describe("options of a redrive", () => {
  const read = (options: Record<string, string>) => redriveOptions({ words: [], options });
  it("have defaults", () => {
    expect(read({})).to.include({
      ...{ rate: 10, stopAtFailureRate: 0.5, attempts: 3, resultLimit: 300_000 },
      ...{ isDryRun: false, includePoison: false },
    });
    expect(read({}).queues).to.have.length(8);
    expect(read({ queue: "rule, rejects" }).queues).to.deep.equal(["rule", "rejects"]);
  });
  const wrong: [Record<string, string>, RegExp][] = [
    [{ queue: "dlq" }, /--queue: "dlq" must be one of rejects, validator/],
    [{ rate: "0" }, /--rate: "0" must be a whole number from 1 to 1000/],
    [{ attempts: "x" }, /--attempts: "x"/],
    [{ "stop-at-failure-rate": "1.5" }, /--stop-at-failure-rate: "1.5" must be a number from 0 to 1/],
    [{ from: "yesterday" }, /--from: "yesterday" must be an ISO 8601 time/],
    [{ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }, /--to: .* must be later than --from/],
  ];
  for (const [options, message] of wrong)
    it(`refuse ${JSON.stringify(options)}`, () => expect(() => read(options)).to.throw(message));
});

describe("the pace of a redrive", () => {
  it("begins at most so much a second, and has room for so much at once", async () => {
    const pace = new Pace(50, 2);
    const began = performance.now();
    let busy = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 11 }, async () => {
        await pace.enter();
        busy += 1;
        most = Math.max(most, busy);
        await pace.turn(new AbortController().signal);
        busy -= 1;
        pace.leave();
      }),
    );
    expect(most).to.equal(2);
    expect(performance.now() - began).to.be.within(195, 1_000);
  });
});

describe("the report of a redrive", () => {
  it("adds up, names what stays, and is complete only if nothing is left to do", () => {
    const report = new Report();
    report.considered("us-east-1", "rule");
    report.started("us-east-1", "rule");
    report.ended("us-east-1", "rule", "recorded");
    expect(report.isComplete(false)).to.equal(true);
    report.considered("eu-west-1", "rejects");
    report.stays({
      region: "eu-west-1",
      queue: "rejects",
      event: "eu-west-1#e",
      end: "left",
      why: "because",
    });
    expect([report.isComplete(false), report.isComplete(true)]).to.deep.equal([false, true]);
    expect(report.lines()).to.deep.equal([
      "  us-east-1/rule: 1 considered: 1 started, 1 recorded",
      "  eu-west-1/rejects: 1 considered: 1 left",
      "  eu-west-1/rejects: eu-west-1#e stays (left): because",
      "2 considered: 1 started, 1 recorded, 1 left",
    ]);
  });
});
