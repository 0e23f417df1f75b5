import {
  CreateEndpointCommand,
  DescribeEndpointCommand,
  EventBridgeClient,
  ListEndpointsCommand,
  PutEventsCommand,
} from "@aws-sdk/client-eventbridge";
import "@aws-sdk/signature-v4a";
import { expect } from "chai";
import { startEndpoint } from "../../local/cloud/endpoint/server.ts";
import { endpointIdOf } from "../../local/cloud/events/endpoint-settings.ts";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { clientSettings, refusal } from "./endpoint-support.ts";
import {
  busArn,
  ENDPOINT,
  ENDPOINT_ARN,
  EndpointBench,
  HEALTH_CHECK_ARN,
  PRIMARY,
  ROLE,
  SECONDARY,
} from "./global-endpoint-support.ts";

const MINUTE = 60_000;

describe("a global endpoint", () => {
  let bench: EndpointBench;
  beforeEach(() => {
    bench = new EndpointBench();
  });
  afterEach(() => bench.cloud.close());

  it("shows what it was made with, its id and its URL", async () => {
    const id = await bench.build({ Description: "of trades" });
    const described = await bench.call("DescribeEndpoint", { Name: "trades" });
    expect(described).to.deep.equal({
      ...ENDPOINT,
      ...{
        Description: "of trades",
        Arn: ENDPOINT_ARN,
        State: "ACTIVE",
        ReplicationConfig: { State: "ENABLED" },
      },
      ...{ EndpointId: id, EndpointUrl: `https://${id}.endpoint.events.amazonaws.com` },
      ...{ CreationTime: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000 },
      ...{ LastModifiedTime: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000 },
    });
    // PutEvents, EndpointId: the pattern that the API has for it.
    expect(id).to.match(/^[A-Za-z0-9-]+[.][A-Za-z0-9-]+$/);
    expect(id).to.equal(endpointIdOf(ENDPOINT_ARN));
    expect((await bench.call("ListEndpoints", { NamePrefix: "tr" })).Endpoints).to.deep.equal([described]);
    expect((await bench.call("ListEndpoints", { NamePrefix: "x" })).Endpoints).to.deep.equal([]);
    expect((await bench.call("ListEndpoints", { HomeRegion: PRIMARY }, SECONDARY)).Endpoints).to.have.length(
      1,
    );
    expect((await bench.call("ListEndpoints", {}, SECONDARY)).Endpoints).to.have.length(0);
  });

  const routing = (HealthCheck: string, Route: string) => ({
    RoutingConfig: { FailoverConfig: { Primary: { HealthCheck }, Secondary: { Route } } },
  });
  const buses = (...arns: string[]) => ({ EventBuses: arns.map((EventBusArn) => ({ EventBusArn })) });
  const UNFIT: readonly (readonly [string, Json, RegExp])[] = [
    ["one bus", buses(busArn(PRIMARY)), /length 2/],
    ["buses of different names", buses(busArn(PRIMARY), busArn(SECONDARY, "other")), /identical/],
    ["default buses", buses(busArn(PRIMARY, "default"), busArn(SECONDARY, "default")), /custom event buses/],
    ["two buses of one region", buses(busArn(PRIMARY), busArn(PRIMARY)), /one in eu-west-1/],
    [
      "a bus that does not exist",
      buses(busArn(PRIMARY, "none"), busArn(SECONDARY, "none")),
      /none does not exist/,
    ],
    ["no bus in the primary region", buses(busArn("us-west-2"), busArn(SECONDARY)), /must be in us-east-1/],
    [
      "an unknown health check",
      routing("arn:aws:route53:::healthcheck/abc", SECONDARY),
      /healthcheck\/abc does not exist/,
    ],
    ["a URL as its health check", routing("https://example.com", SECONDARY), /'HealthCheck'/],
    ["a secondary region without a bus", routing(HEALTH_CHECK_ARN, "us-west-2"), /one in us-west-2/],
    ["replication and no role", { RoleArn: undefined }, /'RoleArn'/],
    ["a member that is unknown", { Weight: 1 }, /'Weight'/],
  ];
  for (const [what, change, message] of UNFIT)
    it(`is refused with ${what}`, async () => {
      await bench.build({ Name: "other" }).catch(() => {});
      const { name, message: said } = await refusal(bench.call("CreateEndpoint", { ...ENDPOINT, ...change }));
      expect(name).to.equal("ValidationException");
      expect(said).to.match(message);
    });

  it("needs no role without replication, and is refused under a name that is taken", async () => {
    await bench.build({ ReplicationConfig: { State: "DISABLED" }, RoleArn: undefined });
    expect((await refusal(bench.call("CreateEndpoint", ENDPOINT))).name).to.equal(
      "ResourceAlreadyExistsException",
    );
  });

  it("keeps what an update leaves out, and is gone once it is deleted", async () => {
    const id = await bench.build();
    await bench.call("UpdateEndpoint", { Name: "trades", ReplicationConfig: { State: "DISABLED" } });
    const described = await bench.call("DescribeEndpoint", { Name: "trades" });
    expect(described).to.deep.include({ ...ENDPOINT, ReplicationConfig: { State: "DISABLED" } });
    await bench.call("DeleteEndpoint", { Name: "trades" });
    for (const work of [
      bench.call("DescribeEndpoint", { Name: "trades" }),
      bench.call("DeleteEndpoint", { Name: "trades" }),
      bench.put(id),
    ])
      expect((await refusal(work)).name).to.equal("ResourceNotFoundException");
  });

  it("puts events on the primary region's bus, whatever region the request was sent to", async () => {
    const id = await bench.build();
    await bench.put(id, {}, SECONDARY);
    expect(bench.accepted()).to.deep.equal([1, 0]);
    const permitted = bench.calls
      .filter(({ operation }) => operation === "PutEvents")
      .map(({ region }) => region);
    expect(permitted).to.deep.equal([PRIMARY]);
  });

  it("refuses entries for other buses, and unknown endpoints", async () => {
    const id = await bench.build();
    for (const EventBusName of [undefined, "default", busArn(PRIMARY)])
      expect((await refusal(bench.put(id, { EventBusName }))).name).to.equal("ValidationException");
    expect((await refusal(bench.put("abcde.veo"))).message).to.include("abcde.veo does not exist");
    expect(bench.accepted()).to.deep.equal([0, 0]);
  });

  it("copies an event to the other bus: with another id, the region where it was put, and as it is for the rest", async () => {
    const id = await bench.build();
    await bench.put(id, { Resources: ["r"] });
    await bench.clock.advance(1_000);
    const [original] = bench.received[PRIMARY] ?? [];
    const [copy] = bench.received[SECONDARY] ?? [];
    expect(original).to.deep.include({ region: PRIMARY, resources: ["r", ENDPOINT_ARN] });
    expect({ ...copy, id: "" }).to.deep.equal({ ...original, id: "" });
    expect(copy?.id).not.to.equal(original?.id);
    expect(bench.arrived()).to.deep.equal([1, 1]);
    expect(await bench.archived()).to.deep.equal([1, 1]);
  });

  it("counts a copy nowhere: not as accepted, not as forwarded, not as taken, not when it is replayed", async () => {
    const id = await bench.build();
    await bench.put(id);
    await bench.clock.advance(1_000);
    const replay = (region: string) =>
      bench.call(
        "StartReplay",
        {
          ...{ ReplayName: "again", EventSourceArn: `arn:aws:events:${region}:000000000000:archive/archive` },
          ...{ Destination: { Arn: busArn(region) }, EventStartTime: 0, EventEndTime: 4e9 },
        },
        region,
      );
    await replay(PRIMARY);
    await replay(SECONDARY);
    await bench.clock.advance(1_000);
    expect(bench.arrived()).to.deep.equal([2, 2]);
    expect(bench.accepted()).to.deep.equal([1, 0]);
    expect(
      bench.events.takenEvents(PRIMARY, "trades").map(({ rules, events }) => [rules, events]),
    ).to.deep.equal([[["all", "own"], 1]]);
    expect(bench.events.forwardedEvents(SECONDARY, "trades")).to.equal(0);
    expect(bench.events.takenEvents(SECONDARY, "trades")).to.deep.equal([]);
  });

  for (const kept of ["changes", "a snapshot"] as const)
    it(`keeps a copy uncounted in another life of the services, from ${kept}`, async () => {
      const { durable } = bench.events;
      const id = await bench.build();
      const changes: Json[] = [];
      if (durable) durable.onChange = (change) => void changes.push(change);
      await bench.put(id);
      await bench.clock.advance(1_000);
      const next = new EndpointBench();
      await next.build();
      const all = kept === "changes" ? changes : [...((durable?.snapshot() ?? []) as Iterable<Json>)];
      for (const change of all)
        await next.events.durable?.restore(JSON.parse(JSON.stringify(change)) as Json);
      await next.events.durable?.restored();
      expect(await next.archived()).to.deep.equal([1, 1]);
      expect(next.accepted()).to.deep.equal([1, 0]);
      expect(next.events.forwardedEvents(SECONDARY, "trades")).to.equal(0);
      const events = (region: string) =>
        next.events.takenEvents(region, "trades").reduce((sum, taken) => sum + taken.events, 0);
      await next.call(
        "StartReplay",
        {
          ...{
            ReplayName: "again",
            EventSourceArn: `arn:aws:events:${SECONDARY}:000000000000:archive/archive`,
          },
          ...{ Destination: { Arn: busArn(SECONDARY) }, EventStartTime: 0, EventEndTime: 4e9 },
        },
        SECONDARY,
      );
      await next.clock.advance(1_000);
      expect([next.arrived(), events(PRIMARY), events(SECONDARY)]).to.deep.equal([[0, 1], 1, 0]);
      await next.cloud.close();
    });

  it("does not copy copies, nor events that are put without it", async () => {
    await bench.build();
    await bench.put(undefined);
    await bench.clock.advance(1_000);
    expect(bench.arrived()).to.deep.equal([1, 0]);
    expect(bench.events.globalEndpoints.replication.pending()).to.equal(0);
  });

  it("copies with its role, which EventBridge assumes on behalf of the endpoint", async () => {
    const id = await bench.build();
    await bench.put(id);
    await bench.clock.advance(1_000);
    expect(bench.calls.filter(({ operation }) => operation === "PutEvents").at(-1)).to.deep.include({
      ...{ region: SECONDARY, principal: ROLE, assumedBy: "events.amazonaws.com", sourceArn: ENDPOINT_ARN },
    });
  });

  it("drops a copy that the role may not put, and counts it as failed", async () => {
    const id = await bench.build();
    bench.cloud.authorize = ({ principal }) => {
      if (principal === ROLE) throw new ServiceError("AccessDeniedException", "no", 403);
    };
    await bench.put(id);
    await bench.clock.advance(10_000);
    expect(bench.arrived()).to.deep.equal([1, 0]);
    expect(bench.events.globalEndpoints.replication.pending()).to.equal(0);
    expect(bench.metrics.points.filter(({ name }) => name === "FailedInvocations")).to.have.length(1);
  });

  it("tries a copy again until the other region takes it", async () => {
    const id = await bench.build();
    const restore = bench.cloud.faults.loseRegion(SECONDARY);
    await bench.put(id);
    await bench.clock.advance(60 * MINUTE);
    expect(bench.arrived()).to.deep.equal([1, 0]);
    expect(bench.events.globalEndpoints.replication.pending()).to.equal(1);
    restore();
    await bench.clock.advance(1_000);
    expect(bench.arrived()).to.deep.equal([1, 1]);
  });

  it("keeps in a lost region what has not left it, until the region is back", async () => {
    const id = await bench.build();
    await bench.put(id);
    const restore = bench.cloud.faults.loseRegion(PRIMARY);
    await bench.clock.advance(10 * MINUTE);
    expect(bench.arrived()[1]).to.equal(0);
    restore();
    await bench.clock.advance(1_000);
    expect(bench.arrived()).to.deep.equal([1, 1]);
  });

  it("keeps in a lost secondary region what has not left that", async () => {
    const id = await bench.build();
    bench.health(false);
    await bench.clock.advance(MINUTE);
    await bench.put(id);
    const restore = bench.cloud.faults.loseRegion(SECONDARY);
    await bench.clock.advance(10 * MINUTE);
    expect(bench.received[PRIMARY]).to.deep.equal([]);
    restore();
    await bench.clock.advance(1_000);
    expect(bench.arrived()).to.deep.equal([1, 1]);
  });

  it("can be slowed down and stopped in its replication", async () => {
    const id = await bench.build();
    const { replication } = bench.events.globalEndpoints;
    replication.setLag(5_000, SECONDARY);
    await bench.put(id);
    await bench.clock.advance(4_999);
    expect(bench.arrived()[1]).to.equal(0);
    await bench.clock.advance(1);
    expect(bench.arrived()[1]).to.equal(1);
    replication.pause();
    await bench.put(id);
    await bench.clock.advance(MINUTE);
    expect([bench.arrived()[1], replication.pending()]).to.deep.equal([1, 1]);
    replication.resume();
    await bench.clock.settle();
    await bench.clock.advance(0);
    expect([bench.arrived()[1], replication.pending()]).to.deep.equal([2, 0]);
    expect(() => replication.setLag(-1)).to.throw(RangeError);
  });

  it("leads to the secondary region a minute after the primary one was found unhealthy, and back", async () => {
    const id = await bench.build();
    const active = () => bench.events.globalEndpoints.activeRegion(id);
    bench.health(false);
    await bench.clock.advance(MINUTE - 1);
    expect(active()).to.equal(PRIMARY);
    await bench.clock.advance(1);
    expect(active()).to.equal(SECONDARY);
    await bench.put(id);
    await bench.clock.advance(1_000);
    expect(bench.accepted()).to.deep.equal([0, 1]);
    expect(bench.received[PRIMARY]?.[0]).to.deep.include({ region: SECONDARY, resources: [ENDPOINT_ARN] });
    bench.health(true);
    await bench.clock.advance(MINUTE);
    expect(active()).to.equal(PRIMARY);
  });

  it("waits no longer for being told the same twice", async () => {
    const id = await bench.build();
    bench.health(false);
    await bench.clock.advance(30_000);
    bench.health(false, true);
    await bench.clock.advance(30_000);
    expect(bench.events.globalEndpoints.activeRegion(id)).to.equal(SECONDARY);
    bench.health(true);
    await bench.clock.advance(MINUTE - 1);
    expect(bench.events.globalEndpoints.activeRegion(id)).to.equal(SECONDARY);
  });

  it("stays where it is when the health check recovers before names are resolved anew", async () => {
    const id = await bench.build();
    bench.health(false);
    await bench.clock.advance(15_000);
    bench.health(false, true);
    await bench.clock.advance(15_000);
    bench.health(true);
    await bench.clock.advance(10 * MINUTE);
    expect(bench.events.globalEndpoints.activeRegion(id)).to.equal(PRIMARY);
  });

  it("switches after another delay if it is told so", async () => {
    const id = await bench.build();
    bench.events.globalEndpoints.setRoutingDelay(0);
    bench.health(false);
    await bench.clock.advance(0);
    expect(bench.events.globalEndpoints.activeRegion(id)).to.equal(SECONDARY);
    expect(() => bench.events.globalEndpoints.setRoutingDelay(-1)).to.throw(RangeError);
  });

  it("goes back without replication only when its health check is reset by hand", async () => {
    const id = await bench.build({ ReplicationConfig: { State: "DISABLED" } });
    const active = () => bench.events.globalEndpoints.activeRegion(id);
    bench.health(false);
    await bench.clock.advance(MINUTE);
    await bench.put(id);
    bench.health(true);
    await bench.clock.advance(60 * MINUTE);
    expect(active()).to.equal(SECONDARY);
    bench.health(true, true);
    await bench.clock.advance(MINUTE);
    expect(active()).to.equal(PRIMARY);
    expect(bench.arrived()).to.deep.equal([0, 1]);
  });

  it("made while its primary region is unhealthy soon leads to the secondary one", async () => {
    bench.health(false);
    const id = await bench.build();
    await bench.clock.advance(MINUTE);
    expect(bench.events.globalEndpoints.activeRegion(id)).to.equal(SECONDARY);
  });
});

describe("a global endpoint over the wire", () => {
  it("takes PutEvents with EndpointId from the SDK, signed for every region", async () => {
    const bench = new EndpointBench();
    await bench.build({ Name: "first" });
    const endpoint = await startEndpoint(bench.cloud);
    const home = new EventBridgeClient(clientSettings(endpoint));
    const away = new EventBridgeClient(clientSettings(endpoint, "ap-southeast-1"));
    try {
      const made = await home.send(new CreateEndpointCommand(ENDPOINT));
      expect(made.State).to.equal("ACTIVE");
      const { EndpointId } = await home.send(new DescribeEndpointCommand({ Name: "trades" }));
      const { Endpoints } = await home.send(new ListEndpointsCommand({ MaxResults: 1 }));
      expect(Endpoints?.map(({ Name }) => Name)).to.deep.equal(["first"]);
      const entry = {
        Source: "trading.system1",
        DetailType: "Trade Event",
        Detail: "{}",
        EventBusName: "trades",
      };
      const put = () => away.send(new PutEventsCommand({ EndpointId, Entries: [entry] }));
      expect((await put()).FailedEntryCount).to.equal(0);
      expect(bench.accepted()).to.deep.equal([1, 0]);
      bench.health(false);
      await bench.clock.advance(MINUTE);
      await put();
      expect(bench.accepted()).to.deep.equal([1, 1]);
      const unknown = new PutEventsCommand({ EndpointId: "abcde.veo", Entries: [entry] });
      expect((await refusal(away.send(unknown))).name).to.equal("ResourceNotFoundException");
    } finally {
      home.destroy();
      away.destroy();
      await endpoint.close();
      await bench.cloud.close();
    }
  });
});
