import type { SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { QueuePass } from "../../ops/redrive/queue-pass.ts";

type Input = { ReceiptHandle?: string; Entries?: { ReceiptHandle: string }[] };

/** A queue that answers each call for messages with the next of these batches of ids, and then with none. */
class Batches {
  readonly calls: { command: string; input: Input }[] = [];
  /** What a call waits for, by operation. */
  readonly waits = new Map<string, Promise<void>>();
  readonly #left: string[][];

  constructor(...batches: readonly string[][]) {
    this.#left = [...batches];
  }

  get client(): SQSClient {
    const send = async (command: { constructor: { name: string }; input: Input }) => {
      const { name } = command.constructor;
      this.calls.push({ command: name, input: command.input });
      await this.waits.get(name);
      if (name !== "ReceiveMessageCommand") return {};
      const Messages = this.#left
        .shift()
        ?.map((MessageId) => ({ MessageId, ReceiptHandle: `${MessageId}/${this.calls.length}`, Body: "" }));
      return { Messages };
    };
    return { send } as unknown as SQSClient;
  }

  handles(command: string): string[] {
    return this.calls
      .filter((call) => call.command === command)
      .flatMap(({ input: { ReceiptHandle, Entries = [] } }) =>
        [...(ReceiptHandle ? [ReceiptHandle] : []), ...Entries.map((entry) => entry.ReceiptHandle)].map(
          (handle) => String(handle.split("/")[0]),
        ),
      );
  }
}

async function idsOf(pass: QueuePass, onEach: (id: string) => unknown = () => {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of pass.messages(new AbortController().signal)) {
    ids.push(id);
    await onEach(id);
  }
  await pass.close();
  return ids;
}

describe("going through a queue once", () => {
  it("goes on after messages that were given twice, and gives each once", async () => {
    const pass = new QueuePass(new Batches(["a", "b"], ["a", "c"], ["b"], ["a"], ["d"]).client, "q");
    expect(await idsOf(pass)).to.deep.equal(["a", "b", "c", "d"]);
    expect(pass.isCutShort).to.equal(false);
  });

  it("goes on where everything that it holds comes back once", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => [`m${index}`]);
    const pass = new QueuePass(new Batches(...ids, ...ids, ["last"]).client, "q");
    expect(await idsOf(pass)).to.have.length(31);
    expect(pass.isCutShort).to.equal(false);
  });

  it("ends where the same message comes again and again, and says so", async () => {
    const queue = new Batches(["a"], ...Array.from({ length: 100 }, () => ["a"]));
    const pass = new QueuePass(queue.client, "q");
    expect(await idsOf(pass)).to.deep.equal(["a"]);
    expect(pass.isCutShort).to.equal(true);
    expect(queue.handles("ChangeMessageVisibilityBatchCommand")).to.deep.equal(["a"]);
  });

  it("deletes once more what comes again after it was deleted", async () => {
    const queue = new Batches(["a"], ["a", "b"]);
    const pass = new QueuePass(queue.client, "q");
    await idsOf(pass, (id) => id === "a" && pass.delete(id));
    expect(queue.handles("DeleteMessageCommand")).to.deep.equal(["a", "a"]);
    expect(queue.handles("ChangeMessageVisibilityBatchCommand")).to.deep.equal(["b"]);
  });

  it("changes the time of what it holds side by side", async () => {
    const queue = new Batches(...Array.from({ length: 60 }, (_, index) => [`m${index}`]));
    const pass = new QueuePass(queue.client, "q");
    let goOn = () => {};
    const change = "ChangeMessageVisibilityBatchCommand";
    queue.waits.set(change, new Promise((done) => (goOn = () => done(undefined))));
    const ended = idsOf(pass);
    // No batch is answered yet, and all six are asked for.
    while (queue.handles(change).length < 60) await new Promise((done) => setTimeout(done, 1));
    goOn();
    await ended;
    expect(queue.calls.filter(({ command }) => command === change)).to.have.length(6);
  });
});
