import {
  DescribeReplayCommand,
  EventBridgeClient,
  ListRulesCommand,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import { expect } from "chai";
import { startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Json } from "../../local/cloud/service.ts";
import { clientSettings } from "./endpoint-support.ts";
import { EventsBench, MACHINE, queueArn, REGION, ROLE, RULE } from "./events-support.ts";
import { refusal } from "./states-support.ts";

const BUS = `arn:aws:events:${REGION}:000000000000:event-bus/default`;

// EventBridge API Reference.
describe("EventBridge's buses and rules, locally", () => {
  let bench: EventsBench;

  beforeEach(() => {
    bench = new EventsBench();
  });
  afterEach(() => bench.cloud.close());

  describe("the policy of a bus", () => {
    const statement = { StatementId: "other", Action: "events:PutEvents", Principal: "111111111111" };
    const policyOf = async () => {
      const { Policy } = await bench.call("DescribeEventBus", {});
      expect(bench.events.resourcePolicy?.(BUS)).to.equal(Policy);
      return Policy === undefined ? undefined : JSON.parse(String(Policy));
    };

    it("is put together from statements", async () => {
      expect(await policyOf()).to.equal(undefined);
      await bench.call("PutPermission", statement);
      const Condition = { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1" };
      await bench.call("PutPermission", { ...statement, StatementId: "all", Principal: "*", Condition });
      expect(await policyOf()).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            ...{ Sid: "other", Effect: "Allow", Action: "events:PutEvents", Resource: BUS },
            Principal: { AWS: "arn:aws:iam::111111111111:root" },
          },
          {
            ...{ Sid: "all", Effect: "Allow", Action: "events:PutEvents", Resource: BUS, Principal: "*" },
            Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } },
          },
        ],
      });
      await bench.call("PutPermission", { ...statement, Principal: "222222222222" });
      const { Statement } = await policyOf();
      expect(Statement.map(({ Sid }: Json) => Sid)).to.deep.equal(["all", "other"]);
      await bench.call("RemovePermission", { StatementId: "other" });
      expect((await policyOf()).Statement).to.have.length(1);
      await bench.call("RemovePermission", { RemoveAllPermissions: true });
      expect(await policyOf()).to.equal(undefined);
    });

    it("is replaced as a whole", async () => {
      await bench.call("PutPermission", statement);
      const denied = { Sid: "s", Effect: "Deny", Principal: "*", Action: "events:PutEvents", Resource: BUS };
      const whole = { Version: "2012-10-17", Statement: [denied] };
      await bench.call("PutPermission", { Policy: JSON.stringify(whole) });
      expect(await policyOf()).to.deep.equal(whole);
    });

    it("is refused where it is none, too long, or a statement is not there", async () => {
      const put = (Policy: string) => refusal(bench.call("PutPermission", { Policy }));
      expect((await put("x")).code).to.equal("InvalidInputException");
      const without = await put('{"Statement":[{"Effect":"Allow","Principal":"*","Resource":"*"}]}');
      expect(without.code).to.equal("InvalidInputException");
      expect(without.message).to.equal("Policy statement must contain actions.");
      expect((await put(`{"Statement":[{"Sid":"${"x".repeat(10_240)}"}]}`)).code).to.equal(
        "PolicyLengthExceededException",
      );
      const absent = await refusal(bench.call("RemovePermission", { StatementId: "absent" }));
      expect(absent.code).to.equal("ResourceNotFoundException");
    });
  });

  it("changes a bus, which keeps what is not named", async () => {
    await bench.call("CreateEventBus", { Name: "custom", Description: "d", KmsKeyIdentifier: "key" });
    await bench.clock.advance(60_000);
    await bench.call("UpdateEventBus", { Name: "custom", Description: "e" });
    const bus = await bench.call("DescribeEventBus", { Name: "custom" });
    expect(bus).to.include({ Description: "e", KmsKeyIdentifier: "key" });
    expect(Number(bus.LastModifiedTime) - Number(bus.CreationTime)).to.equal(60);
    expect(bench.events.encryptionKey?.(String(bus.Arn))).to.equal("key");
  });

  it("tags buses and rules", async () => {
    const Tags = [{ Key: "a", Value: "1" }];
    const { EventBusArn } = await bench.call("CreateEventBus", { Name: "custom", Tags });
    await bench.rule({ Arn: queueArn("q") });
    await bench.call("TagResource", { ResourceARN: RULE, Tags: [...Tags, { Key: "b", Value: "2" }] });
    await bench.call("UntagResource", { ResourceARN: RULE, TagKeys: ["a"] });
    const tags = async (ResourceARN: unknown) =>
      (await bench.call("ListTagsForResource", { ResourceARN })).Tags;
    expect(await tags(EventBusArn)).to.deep.equal(Tags);
    expect(await tags(RULE)).to.deep.equal([{ Key: "b", Value: "2" }]);
    expect((await refusal(tags(`${RULE}2`))).code).to.equal("ResourceNotFoundException");
  });

  it("lists rules page by page, and those of a target", async () => {
    await bench.rule({ Arn: queueArn("q") });
    const EventPattern = '{"source":["s"]}';
    for (const Name of ["a", "b"]) await bench.call("PutRule", { Name, EventPattern });
    const Targets = [{ Id: "t", Arn: MACHINE, RoleArn: ROLE }];
    await bench.call("PutTargets", { Rule: "b", Targets });
    expect(await bench.call("ListRuleNamesByTarget", { TargetArn: MACHINE })).to.deep.equal({
      RuleNames: ["b"],
    });
    const first = await bench.call("ListRules", { Limit: 2 });
    const second = await bench.call("ListRules", { Limit: 2, NextToken: first.NextToken });
    expect([first, second].map(({ Rules }) => (Rules as Json[]).map(({ Name }) => Name))).to.deep.equal([
      ["rule", "a"],
      ["b"],
    ]);
    expect(second).to.not.have.property("NextToken");
    expect((await refusal(bench.call("ListRules", { NextToken: "x" }))).code).to.equal("ValidationException");
  });

  it("takes AWS services' own events on the default bus", async () => {
    const EventPattern = JSON.stringify({ source: ["aws.states"], detail: { status: ["FAILED"] } });
    await bench.rule({ Arn: queueArn("q") }, { EventPattern });
    const event = {
      ...{ source: "aws.states", detailType: "Step Functions Execution Status Change" },
      ...{ resources: ["arn:execution"], detail: { status: "FAILED", cause: null } },
    };
    bench.events.publishServiceEvent(REGION, event);
    bench.events.publishServiceEvent("eu-west-1", event);
    await bench.clock.settle();
    const [received, ...others] = bench.bodies();
    expect(others).to.deep.equal([]);
    expect(received).to.deep.include({
      ...{ source: "aws.states", "detail-type": "Step Functions Execution Status Change", region: REGION },
      ...{ account: "000000000000", time: "2026-01-02T03:04:05Z", resources: ["arn:execution"] },
      detail: { status: "FAILED", cause: null },
    });
    expect(bench.sum("PutEventsEntriesCount", {})).to.equal(0);
  });

  it("answers AWS's own client", async () => {
    const endpoint = await startEndpoint(bench.cloud);
    const client = new EventBridgeClient(clientSettings(endpoint));
    try {
      await bench.call("CreateArchive", { ArchiveName: "archive", EventSourceArn: BUS });
      await bench.rule({ Arn: queueArn("q") });
      await bench.put();
      const EventStartTime = new Date(bench.clock.now() - 60_000);
      const EventEndTime = new Date(bench.clock.now() + 60_000);
      const EventSourceArn = `arn:aws:events:${REGION}:000000000000:archive/archive`;
      await client.send(
        new StartReplayCommand({
          ...{ ReplayName: "replay", EventSourceArn, EventStartTime, EventEndTime },
          Destination: { Arn: BUS },
        }),
      );
      await bench.clock.advance(1_000);
      const replay = await client.send(new DescribeReplayCommand({ ReplayName: "replay" }));
      expect(replay).to.deep.include({ State: "COMPLETED", EventStartTime, EventEndTime });
      expect(replay.EventLastReplayedTime).to.deep.equal(new Date("2026-01-02T03:04:05Z"));
      const { Rules } = await client.send(new ListRulesCommand({ NamePrefix: "ru" }));
      expect(Rules?.map(({ Arn }) => Arn)).to.deep.equal([RULE]);
      const error = await client
        .send(new DescribeReplayCommand({ ReplayName: "absent" }))
        .catch((each) => each);
      expect(error.name).to.equal("ResourceNotFoundException");
    } finally {
      client.destroy();
      await endpoint.close();
    }
  });
});
