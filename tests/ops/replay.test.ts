import { expect } from "chai";
import { type DeployedSystem, readLedger } from "../../local/system.ts";
import { outputsOf, parseOutputs, type RegionOutputs } from "../../ops/frame/outputs.ts";
import { REPLAY } from "../../ops/replay/command.ts";
import { allowedFrom, replayName, sourceRuleArns } from "../../ops/replay/window.ts";
import { outcomes, process, rows, startTestSystem, tradeDetail } from "../support/local-system.ts";
import { carryOut } from "./redrive-support.ts";
import type { RunOptions } from "./run-command.ts";

const NOTHING = { sent: 0, refused: [], accepted: 0 };
const WINDOW = { from: Date.UTC(2026, 0, 2, 14, 30), to: Date.UTC(2026, 0, 2, 15, 0, 0, 5) };

describe("a replay's window", () => {
  it("names its replays, within what StartReplay allows", () => {
    expect(replayName(WINDOW, 1)).to.equal("replay-20260102T143000Z-20260102T150000.005Z-1");
    const longest = replayName({ from: WINDOW.to, to: WINDOW.to }, 99);
    expect(longest).to.match(/^[.\-_A-Za-z0-9]{1,64}$/);
  });

  it("may be replayed once it is settled", () => {
    expect(allowedFrom(WINDOW, 600)).to.equal(Date.UTC(2026, 0, 2, 15, 10, 0, 5));
  });

  it("goes to the source rules alone", () => {
    const outputs = {
      eventBusArn: "arn:aws:events:us-east-1:1:event-bus/trades",
      ruleNames: { sources: ["a", "b"], unmatched: "u", census: "c" },
    } as unknown as RegionOutputs;
    expect(sourceRuleArns(outputs)).to.deep.equal([
      "arn:aws:events:us-east-1:1:rule/trades/a",
      "arn:aws:events:us-east-1:1:rule/trades/b",
    ]);
  });
});

/** Of StartReplay: whether it asks for the first name of a window. */
const isTaken = (input: unknown) => /-1$/.test((input as { ReplayName?: string }).ReplayName ?? "");
const taken = () => Object.assign(new Error("taken"), { name: "ResourceAlreadyExistsException" });

describe("replaying", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system?.close());

  // The event's own time has whole seconds.
  const soon = () => new Date(Math.ceil((Date.now() + 1) / 1_000) * 1_000);
  const replay = (options: Record<string, string>, run: RunOptions = {}) =>
    carryOut(system, REPLAY, { region: "us-east-1", "settled-after": "0", ...options }, run);

  async function settledWindow(...details: Record<string, unknown>[]) {
    const from = new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString();
    await process(system, ...details);
    const to = soon();
    await new Promise((done) => setTimeout(done, to.getTime() - Date.now() + 10));
    return { from, to: to.toISOString() };
  }

  it("processes the window again, and changes no row and no event's outcome", async () => {
    const details = [tradeDetail(), tradeDetail({ amount: "0" }), tradeDetail()];
    const window = await settledWindow(...details);
    const [before, allRows] = [await readLedger(system, NOTHING, 1), await rows(system)];
    const { json, complete, printed, lines } = await replay({ ...window, wait: "true" });
    const [one] = (json as { replays: Record<string, string>[] }).replays;
    expect(one).to.include({ region: "us-east-1", state: "COMPLETED" });
    expect(one?.name).to.match(/^replay-\d{8}T\d{6}Z-\d{8}T\d{6}Z-1$/);
    expect(Date.parse(one?.lastReplayed ?? "")).to.be.within(Date.parse(window.from), Date.parse(window.to));
    expect(complete).to.equal(true);
    expect(printed).to.match(/Started: replay-\S+-1 in us-east-1; the archive has 3 events in all/);
    expect(lines[0]).to.match(/-1 in us-east-1: COMPLETED, the last event of /);
    const after = await readLedger(system, NOTHING, 1);
    expect(after.repeated - before.repeated).to.equal(3);
    const { matched, recorded, duplicate, rejected, deadLettered } = before;
    expect(after).to.include({ matched, recorded, duplicate, rejected, deadLettered, inFlight: 0 });
    expect(await rows(system)).to.deep.equal(allRows);
    expect(await outcomes(system)).to.have.length(2);
    const again = await replay({ ...window, wait: "true" });
    expect((again.json as { replays: { name: string }[] }).replays[0]?.name).to.match(/-2$/);
  });

  it("records what had been dead-lettered", async () => {
    const effect = { kind: "error", code: "ResourceNotFoundException", status: 404 } as const;
    const on = { service: "lambda", operation: "Invoke", function: "trade-validator-dev" };
    const remove = system.services.cloud.faults.add({ ...on, effect, when: "before" });
    const detail = tradeDetail();
    const window = await settledWindow(detail);
    remove();
    expect(await rows(system, detail.tradeId)).to.deep.equal([]);
    await replay({ ...window, wait: "true" });
    expect(await rows(system, detail.tradeId)).to.have.length(1);
  });

  it("says how to look at a replay and to cancel it, also when it is interrupted", async () => {
    const window = await settledWindow(tradeDetail());
    const first = await replay(window);
    const name = (first.json as { replays: { name: string }[] }).replays[0]?.name;
    expect(first.lines.join("\n"))
      .to.include(`aws events describe-replay --replay-name ${name} --region us-east-1`)
      .and.include(`aws events cancel-replay --replay-name ${name} --region us-east-1`);
    const abort = new AbortController();
    const other = { from: window.from, to: new Date(Date.parse(window.to) - 1).toISOString() };
    const waiting = replay(
      { ...other, wait: "true" },
      {
        signal: abort.signal,
        adapt: (clients) =>
          clients.eventBridge("us-east-1").middlewareStack.add((next, context) => async (args) => {
            const answer = await next(args);
            if (context.commandName === "DescribeReplayCommand") abort.abort();
            return answer;
          }),
      },
    );
    const interrupted = await waiting;
    expect(interrupted.lines.join("\n")).to.match(
      /interrupted: the replay itself goes on[\s\S]*cancel-replay/,
    );
  });

  it("does not take another stack's replay of the same window for its own", async () => {
    const window = await settledWindow(tradeDetail());
    const { archiveArn } = outputsOf(parseOutputs(system.services.outputs), "us-east-1");
    const first = await replay(window, {
      adapt: (clients) =>
        clients.eventBridge("us-east-1").middlewareStack.add(
          (next, context) => async (args) => {
            const answer = await next(args);
            const output = answer.output as { EventSourceArn?: string };
            // As if the name were taken by a replay of another archive, which is running.
            if (context.commandName === "StartReplayCommand" && isTaken(args.input)) throw taken();
            if (context.commandName === "DescribeReplayCommand")
              Object.assign(output, { EventSourceArn: `${archiveArn}-other`, State: "RUNNING" });
            return answer;
          },
          { step: "initialize" },
        ),
    });
    expect((first.json as { replays: { name: string }[] }).replays[0]?.name).to.match(/-2$/);
    expect(first.printed).to.match(/^Started: /);
  });

  it("refuses a window that is not settled, and says when it will be", async () => {
    const now = Date.now();
    const window = { from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() };
    const error = await failure(replay({ ...window, "settled-after": "600" }));
    const allowed = new Date(now + 600_000).toISOString();
    expect(error).to.include(`this window can be replayed from ${allowed} on`);
  });

  it("refuses less than ten minutes on AWS", async () => {
    const run = await REPLAY.prepare({
      words: [],
      options: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", "settled-after": "599" },
    });
    const error = await failure(run({ isLocal: false } as Parameters<typeof run>[0]));
    expect(error).to.equal('--settled-after: "599" must be at least 600; less is allowed with --local only');
  });

  it("refuses a window that ends before it begins", async () => {
    const options = { from: "2026-01-02T00:00:00Z", to: "2026-01-02T00:00:00Z" };
    expect(await failure(replay(options))).to.match(/--to: .* must be later than --from/);
  });

  async function failure(work: Promise<unknown>): Promise<string> {
    return await work.then(
      () => "no error",
      (error: Error) => error.message,
    );
  }
});
