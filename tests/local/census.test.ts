import { expect } from "chai";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { Fault } from "../../local/cloud/faults.ts";
import type { Json } from "../../local/cloud/service.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { REDRIVE } from "../../ops/redrive/command.ts";
import { carryOut, type RedriveAnswer, visible } from "../ops/redrive-support.ts";
import { outcomes, rows, startTestSystem, takeMessages, tradeDetail } from "../support/local-system.ts";
import { censusSince, figures, freshWindow, HOME, named, OTHER, processed, put } from "./census-support.ts";
import { type DrivenSystem, startDrivenSystem } from "./driven-system.ts";

const UNACCOUNTED = "unaccounted-events-dev";
const CENSUS_FUNCTION = "trade-census";
const UNACCOUNTED_ALARM = "unaccounted-events-alarm-dev";
const NOT_RETRIED = { kind: "error", code: "ResourceNotFoundException", status: 404 } as const;
const DENIED = { kind: "error", code: "AccessDeniedException", status: 400 } as const;
const down = (service: string, operation: string, more: Partial<Fault> = {}): Fault => ({
  ...{ service, operation, when: "before", effect: DENIED, ...more },
});

/** Processes an event that reaches neither the workflow nor a dead letter queue. */
async function lose(system: DeployedSystem, detail: Json | string, more: Json = {}): Promise<string> {
  const { faults } = system.services.cloud;
  const restore = [down("states", "StartExecution"), down("sqs", "SendMessage")].map((fault) =>
    faults.add(fault),
  );
  const event = await processed(system, detail, more);
  for (const each of restore) each();
  return event;
}

/** Ways through the workflow: what is sent, what is broken meanwhile, and the state that leaves the outcome behind. */
interface Way {
  readonly detail: () => Json;
  readonly fault?: Fault;
  readonly proof: string;
  /** The states that it comes through, outermost and in their order. */
  readonly through: readonly string[];
  /** What it ends as if it does not die. */
  readonly outcome: "recorded" | "duplicate" | "rejected" | "deadLettered";
  /** What it ends as if it is redriven, with nothing broken. */
  readonly redriven: "recorded" | "duplicate" | "rejected";
}

const RECORDING = ["Process", "DecideValidation", "RecordTrade"];
const END = ["OutcomeWritten", "Ended"];

function ways(taken: Json): Record<string, Way> {
  const invocation = (name: string): Fault =>
    down("lambda", "Invoke", { function: `${name}-dev`, effect: NOT_RETRIED });
  return {
    good: {
      detail: tradeDetail,
      through: ["Process", "DecideValidation", "RecordTrade", "DecideRecording", "Recorded"],
      ...{ proof: "RecordTrade", outcome: "recorded", redriven: "recorded" },
    },
    invalid: {
      detail: () => tradeDetail({ amount: "0" }),
      through: [
        "Process",
        "DecideValidation",
        "DescribeRejection",
        "ChooseCopy",
        "AppendRejection",
        "SendRejection",
        ...END,
      ],
      ...{ proof: "AppendRejection", outcome: "rejected", redriven: "rejected" },
    },
    repeated: {
      detail: () => taken,
      through: [...RECORDING, "DecideRecording", "AppendDuplicate", ...END],
      ...{ proof: "AppendDuplicate", outcome: "duplicate", redriven: "duplicate" },
    },
    conflicting: {
      detail: () => ({ ...taken, amount: "7" }),
      through: [...RECORDING, "DecideRecording", "AppendConflict", "SendConflict", ...END],
      ...{ proof: "AppendConflict", outcome: "rejected", redriven: "rejected" },
    },
    unvalidated: {
      detail: tradeDetail,
      fault: invocation("trade-validator"),
      through: [
        "Process",
        "DecideValidation",
        "DescribeValidatorFailure",
        "AppendValidatorDeadLetter",
        "SendValidatorDeadLetter",
        ...END,
      ],
      ...{ proof: "AppendValidatorDeadLetter", outcome: "deadLettered", redriven: "recorded" },
    },
    unrecorded: {
      detail: tradeDetail,
      fault: invocation("compliance-recorder"),
      through: [
        ...RECORDING,
        "ChooseRecorderFailure",
        "DescribeRecorderFailure",
        "AppendRecorderDeadLetter",
        "SendRecorderDeadLetter",
        ...END,
      ],
      ...{ proof: "AppendRecorderDeadLetter", outcome: "deadLettered", redriven: "recorded" },
    },
  };
}

for (const type of ["STANDARD", "EXPRESS"])
  describe(`a census of ${type} executions that died`, function () {
    this.timeout(240_000);
    let system: DeployedSystem;
    before(async () => {
      system = await startTestSystem({ overrides: { workflow: { type } } });
    });
    after(() => system?.close());
    afterEach(() => system.services.cloud.faults.clear());
    const call = (service: string, operation: string, input: Json) =>
      system.services.cloud.surroundings.call(service, operation, input, {
        region: HOME,
        principal: OPERATOR,
      });
    const machine = async () => {
      const stateMachineArn = String(system.deployment.outputs.StateMachineArn);
      const { definition } = await call("states", "DescribeStateMachine", { stateMachineArn });
      return { stateMachineArn, definition: String(definition) };
    };

    /** Carries out work while every execution that comes to a state dies there, with nothing of the state done. */
    async function dyingAt(state: string, work: () => Promise<void>): Promise<void> {
      const { stateMachineArn, definition } = await machine();
      const parsed = JSON.parse(definition) as { States: Record<string, Json>; StartAt: string };
      const States: Record<string, Json> = { ...parsed.States, [state]: { Type: "Fail", Error: "Died" } };
      const reached = [...reachedFrom(States, parsed.StartAt)].map((name) => [name, States[name]]);
      const broken = JSON.stringify({ ...parsed, States: Object.fromEntries(reached) });
      await call("states", "UpdateStateMachine", { stateMachineArn, definition: broken });
      await work().finally(() => call("states", "UpdateStateMachine", { stateMachineArn, definition }));
    }

    async function send(way: Way, state: string): Promise<string> {
      let event = "";
      await dyingAt(state, async () => {
        const restore = way.fault && system.services.cloud.faults.add(way.fault);
        event = await processed(system, way.detail());
        restore?.();
      });
      return event;
    }

    const failures = () =>
      system.services.monitoring.metrics.sum(HOME, "AWS/States", "ExecutionsFailed", {
        StateMachineArn: String(system.deployment.outputs.StateMachineArn),
      });

    it("names those that died before they left an outcome, at whatever state, and no others", async () => {
      const from = await freshWindow();
      const taken = tradeDetail();
      await processed(system, taken);
      const expected = { recorded: 1, duplicate: 0, rejected: 0, deadLettered: 0 };
      const lost: { event: string; way: Way }[] = [];
      for (const [name, way] of Object.entries(ways(taken)))
        for (const [index, state] of way.through.entries()) {
          const before = failures();
          const event = await send(way, state);
          expect(failures(), `${name} at ${state}`).to.equal(before + 1);
          // Whoever dies as the proving state begins has left nothing.
          if (index <= way.through.indexOf(way.proof)) lost.push({ event, way });
          else expected[way.outcome] += 1;
        }
      const census = await censusSince(system, from, { region: HOME });
      expect(named(census).sort()).to.deep.equal(lost.map(({ event }) => event).sort());
      const known = Object.values(expected).reduce((sum, count) => sum + count, 0);
      expect(figures(census)).to.deep.equal({
        ...{ events: known + lost.length, ...expected, unaccounted: lost.length },
      });
      expect({ proven: census.proven, complete: census.complete }).to.deep.equal({
        ...{ proven: false, complete: false },
      });

      const redrive = await carryOut(system, REDRIVE, { queue: "unaccounted", rate: "100" });
      const answer = redrive.json as RedriveAnswer;
      expect(answer).to.include({ considered: lost.length });
      const count = (outcome: string) => lost.filter(({ way }) => way.redriven === outcome).length;
      expect(answer.byQueue[`${HOME}/unaccounted`]).to.include({
        ...{ recorded: count("recorded"), rejected: count("rejected"), duplicate: count("duplicate") },
      });
      expect(await takeMessages(system, UNACCOUNTED)).to.deep.equal([]);
      const again = await censusSince(system, from, { region: HOME });
      expect(again).to.include({ proven: true, complete: true });
      for (const outcome of ["recorded", "duplicate", "rejected"] as const)
        expected[outcome] += count(outcome);
      expect(figures(again)).to.deep.equal({ events: known + lost.length, ...expected, unaccounted: 0 });
    });

    it("counts an event that only its dead letter queue has, and leaves the message there", async () => {
      const from = await freshWindow();
      system.services.cloud.faults.add(down("states", "StartExecution"));
      const detail = tradeDetail();
      const event = await processed(system, detail);
      system.services.cloud.faults.clear();
      const census = await censusSince(system, from, { region: HOME });
      expect(figures(census)).to.include({ events: 1, deadLettered: 1, unaccounted: 0 });
      expect(census).to.include({ proven: true, complete: true });
      expect(await visible(system, UNACCOUNTED)).to.deep.equal([]);
      const letters = await visible(system, "eventbridge-dlq-dev");
      expect(letters.map(({ body }) => `${HOME}#${JSON.parse(body).id}`)).to.deep.equal([event]);
      await carryOut(system, REDRIVE, { queue: "rule" });
      const again = await censusSince(system, from, { region: HOME });
      expect(figures(again)).to.include({ events: 1, recorded: 1, deadLettered: 0, unaccounted: 0 });
    });

    it("fails while its own queue refuses what the archive has, whatever else it knows", async () => {
      const from = await freshWindow();
      const event = await processed(system, tradeDetail());
      const QueueUrl = `https://sqs.${HOME}.amazonaws.com/000000000000/trades-census-dev`;
      const { Attributes } = await call("sqs", "GetQueueAttributes", {
        QueueUrl,
        AttributeNames: ["Policy"],
      });
      await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: "" } });
      const failed = await censusSince(system, from, { region: HOME }).catch(String);
      await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: Attributes as Json });
      expect(failed).to.match(/trade-census: CensusNotDelivered: 1 events of replay census-/);
      const [letter, ...more] = await takeMessages(system, "eventbridge-dlq-dev");
      expect(more).to.deep.equal([]);
      expect(letter?.attributes).to.include({ ERROR_CODE: "NO_PERMISSIONS" });
      expect(`${HOME}#${letter?.body.id}`).to.equal(event);
      expect(await censusSince(system, from, { region: HOME })).to.include({ proven: true });
    });

    it("names an event whose text no queue takes but escaped, and hands it on as it is", async () => {
      const from = await freshWindow();
      const detail = tradeDetail();
      const text = JSON.stringify(detail).replace("}", String.raw`,"note":"\uffff","limit":1e400}`);
      const event = await lose(system, text);
      expect(named(await censusSince(system, from, { region: HOME }))).to.deep.equal([event]);
      const [message] = await visible(system, UNACCOUNTED);
      expect(message?.body).to.include(String.raw`"note":"\uffff","limit":1e400`);
      await carryOut(system, REDRIVE, { queue: "unaccounted" });
      expect(figures(await censusSince(system, from, { region: HOME }))).to.include({ unaccounted: 0 });
    });

    it("names an event whose delivery was given up while its dead letter queue could not be reached", async () => {
      const from = await freshWindow();
      const detail = tradeDetail();
      const event = await lose(system, detail);
      expect(named(await censusSince(system, from, { region: HOME }))).to.deep.equal([event]);
      const [message, ...more] = await visible(system, UNACCOUNTED);
      expect(more).to.deep.equal([]);
      expect(JSON.parse(message?.body ?? "")).to.deep.include({ event, outcome: "unaccounted" });
      await carryOut(system, REDRIVE, { queue: "unaccounted" });
      expect((await rows(system, detail.tradeId)).map((row) => row.event)).to.deep.equal([event]);
      expect(await censusSince(system, from, { region: HOME })).to.include({ proven: true });
    });

    it("names an event whose outcome and message could both not be written", async () => {
      const from = await freshWindow();
      const { faults } = system.services.cloud;
      faults.add(down("dynamodb", "PutItem"));
      faults.add(down("sqs", "SendMessage"));
      const events = [
        await processed(system, tradeDetail()),
        await processed(system, tradeDetail({ amount: "0" })),
      ];
      faults.clear();
      expect(named(await censusSince(system, from, { region: HOME })).sort()).to.deep.equal(events.sort());
      await carryOut(system, REDRIVE, { queue: "unaccounted" });
      const again = await censusSince(system, from, { region: HOME });
      expect(figures(again)).to.deep.include({ recorded: 1, rejected: 1, unaccounted: 0 });
    });
  });

/** States that may follow a state, itself included. */
function reachedFrom(states: Record<string, Json>, state: string): Set<string> {
  const next = (each: Json): string[] => [
    ...[each.Next, each.Default].filter((name) => typeof name === "string"),
    ...[each.Choices, each.Catch].flatMap((list) =>
      Array.isArray(list) ? list.map(({ Next }: Json) => String(Next)) : [],
    ),
  ];
  const reached = new Set<string>();
  const visit = (name: string) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const each of next(states[name] ?? {})) visit(each);
  };
  visit(state);
  return reached;
}

describe("a census", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system?.close());
  afterEach(() => system.services.cloud.faults.clear());
  const call = (service: string, operation: string, input: Json, region = HOME) =>
    system.services.cloud.surroundings.call(service, operation, input, { region, principal: OPERATOR });
  it("is of each region's own archive", async () => {
    const from = await freshWindow();
    await processed(system, tradeDetail());
    await processed(system, tradeDetail({ amount: "0" }), { region: OTHER });
    const lost = await lose(system, tradeDetail(), { region: OTHER });
    const census = await censusSince(system, from);
    expect(figures(census, HOME)).to.deep.include({ events: 1, recorded: 1, rejected: 0, unaccounted: 0 });
    expect(figures(census, OTHER)).to.deep.include({ events: 2, recorded: 0, rejected: 1, unaccounted: 1 });
    expect(named(census, OTHER)).to.deep.equal([lost]);
    expect(await takeMessages(system, UNACCOUNTED, HOME)).to.deep.equal([]);
    expect(await takeMessages(system, UNACCOUNTED, OTHER)).to.have.length(1);
  });

  it("counts events that came by the global endpoint where they were put, and their copies nowhere", async () => {
    const from = await freshWindow();
    const EndpointId = system.services.outputs.GlobalEndpointId;
    const EventBusName = "trading-event-bus-dev";
    const Detail = JSON.stringify(tradeDetail());
    const Entries = [{ Source: "trading.system1", DetailType: "Trade Event", EventBusName, Detail }];
    const archived = async () =>
      (await call("events", "DescribeArchive", { ArchiveName: "trades-archive-dev" }, OTHER)).EventCount;
    const before = Number(await archived());
    await call("events", "PutEvents", { EndpointId, Entries });
    await drain(system);
    const census = await censusSince(system, from);
    expect(await archived()).to.equal(before + 1);
    expect(figures(census, HOME)).to.deep.include({ events: 1, recorded: 1, unaccounted: 0 });
    expect(figures(census, OTHER)).to.deep.include({ events: 0, unaccounted: 0 });
  });

  it("goes by the events' own times", async () => {
    const from = await freshWindow();
    const Time = Math.floor(Date.now() / 1_000) - 86_400;
    const lost = await lose(system, tradeDetail(), { Time });
    expect(figures(await censusSince(system, from, { region: HOME }))).to.deep.include({ events: 0 });
    const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();
    const day = { from: iso(Time), to: iso(Time + 1), region: HOME };
    expect(named(await censusSince(system, from, day))).to.deep.equal([lost]);
    await takeMessages(system, UNACCOUNTED);
  });

  it("takes any detail that a trade event may have", async () => {
    const from = await freshWindow();
    const strange = [
      "{}",
      '{"tradeId":""}',
      `{"tradeId":"${"x".repeat(3_000)}"}`,
      '{"tradeId":"A","version":1e300}',
      '{"tradeId":"A","version":-1}',
      '{"tradeId":"A","version":1.5}',
      '{"tradeId":["A"],"version":{}}',
    ];
    for (const detail of strange) await put(system, detail);
    await drain(system);
    expect(figures(await censusSince(system, from, { region: HOME }))).to.deep.equal({
      ...{ events: strange.length, recorded: 0, duplicate: 0, rejected: strange.length, deadLettered: 0 },
      unaccounted: 0,
    });
  });

  it("that is cut off leaves its copies to the next one, which does not count them", async () => {
    const from = await freshWindow();
    for (let count = 0; count < 5; count += 1) await put(system, tradeDetail());
    await drain(system);
    const cutOff = system.services.cloud.faults.add(down("sqs", "ReceiveMessage"));
    await censusSince(system, from, { region: HOME }).then(
      () => expect.fail("it has not failed"),
      (error: Error) => expect(error.message).to.match(/^trade-census: AccessDeniedException: /),
    );
    cutOff();
    const later = await freshWindow();
    await processed(system, tradeDetail());
    expect(await visible(system, "trades-census-dev")).to.have.length(5);
    expect(figures(await censusSince(system, later, { region: HOME }))).to.deep.include({
      ...{ events: 1, recorded: 1, unaccounted: 0 },
    });
    expect(await visible(system, "trades-census-dev")).to.deep.equal([]);
    const whole = await censusSince(system, from, { region: HOME });
    expect(figures(whole)).to.deep.include({ events: 6, recorded: 6, unaccounted: 0 });
  });

  it("waits for another one that is running", async () => {
    const from = await freshWindow();
    await processed(system, tradeDetail());
    const both = await Promise.all([
      censusSince(system, from, { region: HOME }),
      censusSince(system, from, { region: HOME }),
    ]);
    for (const census of both)
      expect(figures(census)).to.deep.include({ events: 1, recorded: 1, unaccounted: 0 });
    expect(
      both.filter(({ printed }) => /waits, since another census is running/.test(printed)),
    ).to.have.length(1);
  });

  it("is no second processing: rows and outcomes stay as they are", async () => {
    const from = await freshWindow();
    await processed(system, tradeDetail());
    await processed(system, tradeDetail({ amount: "0" }));
    const before = [await rows(system), await outcomes(system)];
    await censusSince(system, from);
    await drain(system);
    expect([await rows(system), await outcomes(system)]).to.deep.equal(before);
  });
});

describe("a scheduled census", function () {
  this.timeout(180_000);
  let system: DrivenSystem;
  before(async () => {
    system = await startDrivenSystem(Date.now(), {
      ...{ census: { everyMinutes: 15 }, failover: { enabled: false } },
    });
  });
  after(() => system?.close());
  const censuses = () =>
    [HOME, OTHER].map((region) => system.metric(CENSUS_FUNCTION, "CensusEvents", region));

  it("names a lost event and alarms, and neither for those that were tried again for minutes", async () => {
    const { faults } = system.services.cloud;
    const remove = [down("states", "StartExecution"), down("sqs", "SendMessage")].map((fault) =>
      faults.add({ ...fault, region: HOME }),
    );
    const lost = await system.put(HOME, tradeDetail(), tradeDetail());
    await system.settle();
    for (const each of remove) each();
    const late = tradeDetail();
    faults.add({
      service: "states",
      operation: "StartExecution",
      effect: { kind: "throttle" },
      when: "before",
      times: 2,
    });
    faults.add({
      ...{
        service: "lambda",
        operation: "Invoke",
        function: "compliance-recorder-dev",
        when: "before",
        times: 4,
      },
      effect: { kind: "throttle" },
    });
    await system.put(HOME, late, tradeDetail({ amount: "0" }));
    await system.put(OTHER, tradeDetail());
    await system.minutes(9);
    expect(censuses()).to.deep.equal([0, 0]);
    expect(await system.alarmStates(UNACCOUNTED_ALARM)).not.to.include("ALARM");
    // A window of a quarter of an hour, ten minutes until it is settled, and a run every quarter of an hour.
    await system.minutes(32);
    expect(await system.metricOnce(4, CENSUS_FUNCTION, "CensusEvents")).to.equal(4);
    expect(await system.metricOnce(1, CENSUS_FUNCTION, "CensusEvents", OTHER)).to.equal(1);
    expect(system.metric(CENSUS_FUNCTION, "CensusUnaccounted")).to.equal(2);
    const messages = await visible(system, UNACCOUNTED);
    expect(messages.map(({ body }) => JSON.parse(body).event).sort()).to.deep.equal(
      lost.map((id) => `${HOME}#${id}`).sort(),
    );
    expect(await rows(system, late.tradeId)).to.have.length(1);
    expect(await system.alarm(UNACCOUNTED_ALARM)).to.equal("ALARM");
    expect(await system.alarmStates(UNACCOUNTED_ALARM, OTHER)).not.to.include("ALARM");
  });

  it("looks at each window once, also where a run fails and is tried again", async () => {
    const failing = system.services.cloud.faults.add({
      ...{ service: "lambda", function: "trade-census-dev", region: OTHER, when: "before", times: 1 },
      effect: { kind: "crash" },
    });
    const before = censuses()[1] ?? 0;
    for (let count = 0; count < 3; count += 1) {
      await system.put(OTHER, tradeDetail());
      await system.minutes(15);
    }
    await system.minutes(30);
    failing();
    expect(await system.metricOnce(before + 3, CENSUS_FUNCTION, "CensusEvents", OTHER)).to.equal(before + 3);
    expect(await takeMessages(system, UNACCOUNTED, OTHER)).to.deep.equal([]);
    expect(await takeMessages(system, "trade-census-dlq-dev", OTHER)).to.deep.equal([]);
  });
});
