import { expect } from "chai";
import { parseSourceSystems } from "../../functions/domain/source-systems.ts";
import { recordReplacements } from "../../functions/replacement-recorder/record-replacements.ts";

const SYSTEMS = parseSourceSystems("system1=trading.system1") ?? new Map();
const SIGNAL = new AbortController().signal;
const ACCEPTED = Date.UTC(2026, 0, 5, 14, 30);

type Image = Record<string, { S?: string; N?: string }>;

function image(event: string, contentHash: string, change: Image = {}): Image {
  const [region = "", eventId = ""] = event.split("#");
  return {
    ...{ event: { S: event }, eventId: { S: eventId }, region: { S: region } },
    ...{ tradeId: { S: "T-1" }, version: { N: "1" }, sourceSystem: { S: "system1" } },
    ...{ timestamp: { N: String(ACCEPTED) }, contentHash: { S: contentHash } },
    content: { S: '{"amount":"1","tradeId":"T-1"}' },
    ...change,
  };
}
const modified = (OldImage: Image, NewImage: Image) => ({
  eventName: "MODIFY",
  dynamodb: { OldImage, NewImage },
});
const [HERE, THERE] = ["us-east-1#a", "eu-west-1#b"];

/** Outcomes as they were appended, and whoever was told of what could not be read. */
async function record(...records: unknown[]) {
  const items = new Map<string, Readonly<Record<string, string>>>();
  const unreadable: string[] = [];
  const store = {
    append: async (item: Readonly<Record<string, string>>) => {
      const key = `${item.event} ${item.attempt}`;
      if (items.has(key)) return false;
      items.set(key, item);
      return true;
    },
  };
  const onUnreadable = ({ message }: Error) => unreadable.push(message);
  const counts = await recordReplacements(records, { store, systems: SYSTEMS, onUnreadable }, SIGNAL);
  return { items: [...items.values()], counts, unreadable };
}

describe("a row that another region's write replaced", () => {
  it("makes its event a duplicate if the content is the same", async () => {
    const { items, counts } = await record(modified(image(HERE, "x"), image(THERE, "x")));
    expect(counts).to.deep.equal({ duplicate: 1, rejected: 0 });
    expect(items).to.have.length(1);
    expect(items[0]).to.deep.include({
      ...{ event: HERE, attempt: `replaced-by#${THERE}`, outcome: "duplicate", stage: "replication" },
      ...{ source: "trading.system1", tradeId: "T-1", timestamp: "2026-01-05T14:30:00.000Z" },
    });
    expect(items[0]).to.not.have.property("reasons");
  });

  it("makes its event rejected, for a conflict, if the content is another", async () => {
    const { items, counts } = await record(modified(image(HERE, "x"), image(THERE, "y")));
    expect(counts).to.deep.equal({ duplicate: 0, rejected: 1 });
    const [reason] = JSON.parse(items[0]?.reasons ?? "[]");
    expect(reason).to.include({ code: "version.conflict", field: "version", value: "T-1 version 1" });
    expect(reason.allowed).to.include(THERE);
  });

  it("keeps an envelope that the workflow can be started with", async () => {
    const { items } = await record(modified(image(HERE, "x"), image(THERE, "y")));
    expect(JSON.parse(items[0]?.envelope ?? "")).to.deep.equal({
      ...{ id: "a", "detail-type": "Trade Event", source: "trading.system1", region: "us-east-1" },
      ...{ time: "2026-01-05T14:30:00.000Z", detail: { amount: "1", tradeId: "T-1" } },
    });
  });

  it("is written down once, however often the change is seen", async () => {
    const change = modified(image(HERE, "x"), image(THERE, "y"));
    const { items, counts } = await record(change, change);
    expect(items).to.have.length(1);
    expect(counts.rejected).to.equal(1);
  });

  it("is nothing if the row is still that event's: its enrichment was completed", async () => {
    const completed = image(HERE, "x", { enrichment: { S: "complete" } });
    expect((await record(modified(image(HERE, "x"), completed))).items).to.deep.equal([]);
  });

  it("is nothing if the row is new or gone", async () => {
    const records = ["INSERT", "REMOVE"].map((eventName) => ({
      ...modified(image(HERE, "x"), image(THERE, "y")),
      eventName,
    }));
    expect((await record(...records)).items).to.deep.equal([]);
  });

  it("is told and passed over if it lacks an attribute, and the next one is written down", async () => {
    const { contentHash: _, ...without } = image(HERE, "x");
    const { items, unreadable } = await record(
      modified(without, image(THERE, "y")),
      modified(image(HERE, "x"), image(THERE, "y")),
    );
    expect(items).to.have.length(1);
    expect(unreadable).to.deep.equal(["row attribute contentHash: absent; allowed is one of type S"]);
  });
});
