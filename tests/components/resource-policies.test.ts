import { expect } from "chai";
import fc from "fast-check";
import { arnsOf } from "../../components/arns.ts";
import { topicPolicy } from "../../components/monitoring/topic-policy.ts";
import { namesOf } from "../../components/naming.ts";
import type { EndpointService } from "../../components/network/endpoint-policies.ts";
import { endpointPolicy } from "../../components/network/endpoint-policies.ts";
import { trustPolicy } from "../../components/policy-document.ts";
import { queuePolicy } from "../../components/queues/queue-policy.ts";
import {
  archivedPattern,
  censusPattern,
  forwardingPattern,
  heartbeatPattern,
  sourcePattern,
  unmatchedPattern,
} from "../../components/routing/patterns.ts";
import { keyPolicy } from "../../components/storage/key-policy.ts";
import { parsePattern } from "../../local/cloud/events/pattern.ts";

const account = "111122223333";
const region = "us-east-1";
const arns = arnsOf({ account, region, names: namesOf("dev"), sources: ["system1"] });

describe("the customer key's policy", () => {
  const { Statement } = keyPolicy({ account, region, arns });

  it("lets each service but EventBridge in for this account only", () => {
    for (const { Principal, Condition, Sid } of Statement) {
      if (typeof Principal !== "object" || !("Service" in Principal)) continue;
      if (Principal.Service === "events.amazonaws.com") continue;
      expect(Object.keys(Condition ?? {}), Sid).to.have.length(1);
      expect(JSON.stringify(Condition), Sid).to.include(account);
    }
  });

  it("names exactly the services that use the key in their own name", () => {
    const services = Statement.flatMap(({ Principal }) =>
      typeof Principal === "object" && Principal.Service !== undefined ? [Principal.Service] : [],
    );
    expect(new Set(services)).to.deep.equal(
      new Set(["logs.us-east-1.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"]),
    );
  });

  it("leaves the account in charge, so that the key can never be locked away", () => {
    expect(Statement[0]).to.deep.include({
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "kms:*",
    });
  });
});

describe("policies of queues and topics", () => {
  it("refuse everybody without TLS", () => {
    const topic = topicPolicy({ topicArn: arns.alarmTopic, account, alarms: arns.alarm("*-dev") });
    for (const { Statement } of [queuePolicy("arn:q", []), topic])
      expect(Statement[0]).to.deep.include({
        Effect: "Deny",
        Principal: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      });
  });

  it("let EventBridge into a queue for the given rules, and not at all without one", () => {
    expect(queuePolicy("arn:q", []).Statement).to.have.length(1);
    expect(queuePolicy("arn:q", ["arn:rule"]).Statement[1]).to.deep.include({
      Principal: { Service: "events.amazonaws.com" },
      Resource: "arn:q",
      Condition: { ArnEquals: { "aws:SourceArn": ["arn:rule"] } },
    });
  });
});

describe("endpoint policies", () => {
  const services: EndpointService[] = ["dynamodb", "s3", "ssm", "logs", "events", "sqs"];
  for (const service of services)
    it(`let only this account's calls to this deployment's resources through ${service}`, () => {
      const { Statement } = endpointPolicy(service, { account, region, suffix: "dev", arns });
      expect(Statement).to.have.length(1);
      const [statement] = Statement;
      expect(statement?.Condition).to.deep.equal({ StringEquals: { "aws:PrincipalAccount": account } });
      const resources = [statement?.Resource ?? []].flat();
      expect(resources).not.to.include("*");
      for (const resource of resources)
        if (!/\/aws\/lambda-insights(:\*)?$|:replay\/census-\*$/.test(resource))
          expect(resource).to.include("dev");
    });
});

describe("trust policies", () => {
  it("bind services that say whom they act for to this account, and leave Lambda as it documents", () => {
    for (const service of ["states", "events", "scheduler"])
      expect(trustPolicy(`${service}.amazonaws.com`, account).Statement[0]?.Condition).to.deep.equal({
        StringEquals: { "aws:SourceAccount": account },
      });
    expect(trustPolicy("lambda.amazonaws.com", account).Statement[0]).not.to.have.property("Condition");
  });
});

describe("event patterns", () => {
  it("take a source's trades of the own region, and replayed ones of any", () => {
    expect(sourcePattern("trading.system1", region).$or).to.deep.equal([
      { region: [region] },
      { "replay-name": [{ exists: true }] },
    ]);
  });

  it("leave to the complement what has another source or another detail type", () => {
    const pattern = unmatchedPattern(["trading.a", "trading.b"], region);
    expect(pattern.$or).to.deep.equal([
      { source: [{ "anything-but": ["trading.a", "trading.b", "trading.heartbeat"] }] },
      { "detail-type": [{ "anything-but": ["Trade Event"] }] },
    ]);
    expect(pattern.region).to.deep.equal([region]);
  });

  it("take every event of the own region in exactly one place, and replayed trades by their source rule only", () => {
    const sources = ["trading.a", "trading.b"];
    const rules = sources.map((source) => parsePattern(JSON.stringify(sourcePattern(source, region))));
    const unmatched = parsePattern(JSON.stringify(unmatchedPattern(sources, region)));
    const heartbeats = parsePattern(JSON.stringify(heartbeatPattern(region)));
    const events = fc.record(
      {
        source: fc.constantFrom("trading.a", "trading.b", "trading.c", "trading.heartbeat", "aws.partner"),
        "detail-type": fc.constantFrom("Trade Event", "trade event", "Heartbeat"),
        region: fc.constantFrom(region, "eu-west-1"),
        "replay-name": fc.constantFrom("census-1"),
        detail: fc.constant({}),
      },
      { requiredKeys: ["source", "detail-type", "region", "detail"] },
    );
    fc.assert(
      fc.property(events, (event) => {
        const all = [...rules, unmatched, heartbeats];
        const taken = all.filter((matches) => matches(event)).length;
        const isTrade = sources.includes(event.source) && event["detail-type"] === "Trade Event";
        const isReplayed = event["replay-name"] !== undefined;
        const expected = isReplayed ? isTrade : event.region === region;
        expect(taken).to.equal(expected ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });

  it("take a region's own heartbeats as they are put, and no copies or replays of them", () => {
    const matches = parsePattern(JSON.stringify(heartbeatPattern(region)));
    const heartbeat = { source: "trading.heartbeat", "detail-type": "Trade Event", region, detail: {} };
    expect(matches(heartbeat)).to.equal(true);
    expect(matches({ ...heartbeat, region: "eu-west-1" })).to.equal(false);
    expect(matches({ ...heartbeat, "replay-name": "replay-1" })).to.equal(false);
    expect(matches({ ...heartbeat, source: "trading.system1" })).to.equal(false);
  });

  it("keep heartbeats out of the archive, and everything else in it", () => {
    const matches = parsePattern(JSON.stringify(archivedPattern()));
    expect(matches({ source: "trading.heartbeat" })).to.equal(false);
    for (const source of ["trading.system1", "trading.heartbeats", "anything"])
      expect(matches({ source }), source).to.equal(true);
  });

  it("take to the census what a census replays of the own region, and no copy, other replay or event", () => {
    const matches = parsePattern(JSON.stringify(censusPattern(["trading.a"], region)));
    const event = { source: "trading.a", "detail-type": "Trade Event", region, detail: {} };
    expect(matches({ ...event, "replay-name": "census-20260302" })).to.equal(true);
    // A copy may have another id than the event that was processed.
    expect(matches({ ...event, region: "eu-west-1", "replay-name": "census-20260302" })).to.equal(false);
    expect(matches(event)).to.equal(false);
    expect(matches({ ...event, "replay-name": "repair-census-1" })).to.equal(false);
    expect(matches({ ...event, source: "trading.b", "replay-name": "census-1" })).to.equal(false);
    expect(matches({ ...event, "detail-type": "Note", "replay-name": "census-1" })).to.equal(false);
  });

  it("forward from the default bus what the source rules would take", () => {
    expect(forwardingPattern(["trading.a"])).to.deep.equal({
      source: ["trading.a"],
      "detail-type": ["Trade Event"],
    });
  });
});
