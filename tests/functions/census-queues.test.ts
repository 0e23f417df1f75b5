import { EventBridgeClient, ResourceAlreadyExistsException } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { archiveReplay } from "../../functions/trade-census/archive-replay.ts";
import { archivedEvent } from "../../functions/trade-census/archived-event.ts";
import { censusQueue } from "../../functions/trade-census/census-queue.ts";
import { unaccountedQueue } from "../../functions/trade-census/unaccounted-queue.ts";
import { undeliveredEvents } from "../../functions/trade-census/undelivered.ts";

const { signal } = new AbortController();
const URL = "https://sqs.us-east-1.amazonaws.com/1/queue";
const RULE = "arn:aws:events:us-east-1:1:rule/bus/trades-census-dev";

interface Asked {
  readonly command: string;
  readonly input: Record<string, unknown>;
}
type Answer = (asked: Asked) => Record<string, unknown>;

/** A client that sends nothing: what it is asked is answered here. */
function scripted<Client extends SQSClient | EventBridgeClient>(client: Client, answer: Answer) {
  const asked: Asked[] = [];
  (client as SQSClient).middlewareStack.add(
    (_, { commandName = "" }) =>
      async ({ input }) => {
        const each = { command: commandName.replace(/Command$/, ""), input: { ...input } };
        asked.push(each);
        return { response: {}, output: { ...answer(each), $metadata: {} } };
      },
    { step: "initialize", priority: "high" },
  );
  return { client, asked };
}

const error = (name: string) => Object.assign(new Error(name), { name, $metadata: {} });
const copy = (id: string, replay = "census-1", more = "") =>
  `{"id":"${id}","region":"us-east-1","source":"s","time":"t","replay-name":"${replay}","detail":{}${more}}`;

/** A queue that gives each message once. */
function queueOf(messages: { body: string; rule?: string }[]): { answer: Answer; hidden: () => number } {
  const left = messages.map(({ body, rule }, index) => ({
    ...{ MessageId: String(index), ReceiptHandle: String(index), Body: body },
    ...(rule && { MessageAttributes: { RULE_ARN: { StringValue: rule } } }),
  }));
  let hidden = 0;
  const answer: Answer = ({ command, input }) => {
    if (command === "ReceiveMessage") {
      const Messages = left.splice(0, 10);
      hidden += Messages.length;
      return { Messages };
    }
    if (command === "ChangeMessageVisibilityBatch") hidden -= (input.Entries as unknown[]).length;
    return {};
  };
  return { answer, hidden: () => hidden };
}

describe("the queue of a census", () => {
  it("tells what another replay left there from nothing at all", async () => {
    const { answer } = queueOf([{ body: copy("a", "census-0") }]);
    const { client } = scripted(new SQSClient({ region: "us-east-1" }), answer);
    const queue = censusQueue(client, URL, signal);
    expect(await queue.receive("census-1", 1)).to.deep.equal({ events: [], isEmpty: false });
    expect(await queue.receive("census-1", 1)).to.deep.equal({ events: [], isEmpty: true });
  });

  it("brings what there is of its own replay, and waits only while there is nothing", async () => {
    const { answer } = queueOf(Array.from({ length: 25 }, (_, index) => ({ body: copy(`e-${index}`) })));
    const { client, asked } = scripted(new SQSClient({ region: "us-east-1" }), answer);
    const { events } = await censusQueue(client, URL, signal).receive("census-1", 20);
    expect(events.map(({ event }) => event)).to.have.length(25);
    const waits = asked.filter(({ command }) => command === "ReceiveMessage").map(({ input }) => input);
    expect(waits.map(({ WaitTimeSeconds }) => WaitTimeSeconds)).to.deep.equal([20, ...Array(10).fill(0)]);
  });
});

describe("the queue of events without an outcome", () => {
  const event = (id: string, more = "") => {
    const found = archivedEvent(copy(id, "census-1", more));
    if (!found) throw new Error("not read");
    return found;
  };

  it("gets an event's own text, to the last digit and escape", async () => {
    const { client, asked } = scripted(new SQSClient({ region: "us-east-1" }), () => ({}));
    await unaccountedQueue(client, URL, signal).report([event("a", String.raw`,"x":1e400,"y":"\uffff"`)]);
    const bodies = asked.flatMap(({ input }) => input.Entries as { MessageBody: string }[]);
    expect(bodies[0]?.MessageBody).to.equal(
      '{"event":"us-east-1#a","outcome":"unaccounted","census":"census-1","envelope":{"id":"a","region":"us-east-1",' +
        String.raw`"source":"s","time":"t","detail":{},"x":1e400,"y":"\uffff"}}`,
    );
  });

  const ways: [string, Answer][] = [
    [
      "one of a batch is refused",
      ({ command, input }) =>
        command === "SendMessageBatch" && (input.Entries as unknown[]).length === 3
          ? { Failed: [{ Id: "1", Code: "InvalidMessageContents", SenderFault: true }] }
          : {},
    ],
    [
      "the whole batch is refused for one",
      ({ command, input }) => {
        const text = JSON.stringify(input);
        if (command === "SendMessageBatch" && text.includes("us-east-1#b"))
          throw error("BatchRequestTooLong");
        return {};
      },
    ],
  ];
  for (const [what, answer] of ways)
    it(`gets every event, one without its text if ${what}`, async () => {
      const { client, asked } = scripted(new SQSClient({ region: "us-east-1" }), answer);
      await unaccountedQueue(client, URL, signal).report([event("a"), event("b"), event("c")]);
      const alone = asked.filter(({ command }) => command === "SendMessage");
      expect(alone.map(({ input }) => JSON.parse(String(input.MessageBody)))).to.deep.equal([
        {
          ...{ event: "us-east-1#b", outcome: "unaccounted", census: "census-1", archiveOnly: true },
          ...{ source: "s", time: "t", error: "the queue does not take the event's text, or it is too long" },
        },
      ]);
    });

  it("is tried again as a whole when SQS is at fault", async () => {
    const { client } = scripted(new SQSClient({ region: "us-east-1" }), () => ({
      Failed: [{ Id: "0", Code: "InternalError", SenderFault: false }],
    }));
    const thrown = await unaccountedQueue(client, URL, signal)
      .report([event("a")])
      .catch((failed: unknown) => failed);
    expect(thrown).to.include({ name: "RetryableServiceError" });
  });
});

describe("what EventBridge could not deliver", () => {
  const look = (messages: { body: string; rule?: string }[]) => {
    const queue = queueOf(messages);
    const { client } = scripted(new SQSClient({ region: "us-east-1" }), queue.answer);
    const names = { routingDeadLetterQueueUrl: URL, censusRuleArn: RULE };
    return { found: undeliveredEvents(client, names, "census-1", signal), hidden: queue.hidden };
  };

  it("are events of other rules, and copies of this replay, and every message is shown again", async () => {
    const source = "arn:aws:events:us-east-1:1:rule/bus/trades-system1-dev";
    const { found, hidden } = look([
      { body: copy("a").replace(/"replay-name":"[^"]*",/, ""), rule: source },
      { body: copy("b"), rule: RULE },
      { body: copy("c", "census-0"), rule: RULE },
      ...Array.from({ length: 30 }, (_, index) => ({ body: copy(`d-${index}`, "replay-1"), rule: source })),
      { body: "not JSON", rule: source },
    ]);
    const { events, copies } = await found;
    expect(copies).to.equal(1);
    expect([...events]).to.include.members(["us-east-1#a", "us-east-1#d-0", "us-east-1#d-29"]);
    expect([...events]).not.to.include.members(["us-east-1#b", "us-east-1#c"]);
    expect(hidden()).to.equal(0);
  });

  it("is too much to look at above 50,000 messages, which are shown again, too", async () => {
    const { found, hidden } = look(
      Array.from({ length: 50_100 }, () => ({ body: copy("a"), rule: "other" })),
    );
    const thrown = await found.catch((failed: unknown) => failed);
    expect(thrown).to.include({ name: "TooManyDeadLetters" });
    expect(hidden()).to.equal(0);
  });
});

describe("the replay of a census", () => {
  const names = {
    ...{ busArn: "arn:bus", archiveArn: "arn:aws:events:us-east-1:1:archive/trades-archive-dev" },
    censusRuleArn: RULE,
  };
  const NOW = Date.parse("2026-02-01T00:00:00Z");
  const window = (from: string) => ({ from: Date.parse(from), to: Date.parse(from) + 3_600_000 });
  const start = (from: string, answer: Answer) => {
    const { client } = scripted(new EventBridgeClient({ region: "us-east-1" }), answer);
    return archiveReplay(client, names, () => NOW, signal)
      .start(window(from))
      .catch((failed: Error) => `${failed.name}: ${failed.message}`);
  };
  it("is of an archive that keeps events for so many days, or for ever", async () => {
    const since = (RetentionDays?: number) => {
      const answer = () => ({ ...(RetentionDays !== undefined && { RetentionDays }) });
      const { client } = scripted(new EventBridgeClient({ region: "us-east-1" }), answer);
      return archiveReplay(client, names, () => NOW, signal).keptSince();
    };
    expect(await since(30)).to.equal(Date.parse("2026-01-02T00:00:00Z"));
    for (const forEver of [0, undefined]) expect(await since(forEver)).to.equal(0);
  });

  it("has begun if its name is taken: nobody else makes it, so the first answer was lost", async () => {
    const answer: Answer = ({ command }) => {
      if (command === "StartReplay")
        throw new ResourceAlreadyExistsException({ message: "taken", $metadata: {} });
      return {};
    };
    expect(await start("2026-01-31T00:00:00Z", answer)).to.match(/^census-/);
  });
});
