import { expect } from "chai";
import { FUNCTION_NAMES } from "../../functions/contract.ts";
import type { Evaluation } from "../../local/program/evaluate.ts";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import { evaluatedStack, evaluateOffline, jsonOf, ofType, one, REGIONS, ROLES } from "./support/stacks.ts";

const rulesOf = (evaluation: Evaluation) => ofType(evaluation, "aws:cloudwatch/eventRule:EventRule");
const targetsOf = (evaluation: Evaluation) => ofType(evaluation, "aws:cloudwatch/eventTarget:EventTarget");
const here = (role: string) => (resource: EvaluatedResource) => resource.name.startsWith(`${role}-`);

/** Whose target is a queue: which queue's policy lets its rule in. */
const QUEUE_POLICIES: Readonly<Record<string, string>> = {
  "unmatched-events": "unmatched",
  census: "census",
  "executions-status": "executions",
};

describe("before it is used, a deployment has", () => {
  let evaluation: Evaluation;
  const urnOf = (type: string, name: string) => one(evaluation, type, name).urn;
  before(async () => {
    evaluation = await evaluatedStack("dev");
  });

  it("the permissions of a function, and of the workflow", () => {
    const policy = (name: string) => urnOf("aws:iam/rolePolicy:RolePolicy", `${name}-policy`);
    for (const role of ROLES) {
      for (const name of FUNCTION_NAMES) {
        const own = one(evaluation, "aws:lambda/function:Function", `${role}-${name}-function`);
        expect(own.dependencies, own.name).to.include(policy(`${role}-${name}`));
      }
      const machine = one(evaluation, "aws:sfn/stateMachine:StateMachine", `${role}-workflow-state-machine`);
      expect(machine.dependencies).to.include(policy(`${role}-workflow`));
    }
  });

  it("both tables, before the primary region takes its first trade", () => {
    const tables = ["tables-trades", "tables-outcomes"].map((name) =>
      urnOf("aws:dynamodb/table:Table", name),
    );
    for (const each of [...rulesOf(evaluation), ...targetsOf(evaluation)].filter(here("primary")))
      expect(each.dependencies, each.name).to.include.members(tables);
  });

  it("what lets each target's rule deliver, and what lets it dead-letter", () => {
    for (const target of targetsOf(evaluation)) {
      const [role = "", purpose = ""] = target.name.split(/-routing-|-target$/);
      const forwarding = purpose.startsWith("forwarding");
      const needed = [
        // A heartbeat that is lost is no dead letter.
        ...(purpose === "heartbeat"
          ? []
          : [
              urnOf(
                "aws:sqs/queuePolicy:QueuePolicy",
                `${role}-routing-${forwarding ? "forwarding-" : ""}dlq-policy`,
              ),
            ]),
        QUEUE_POLICIES[purpose] !== undefined
          ? urnOf("aws:sqs/queuePolicy:QueuePolicy", `${role}-routing-${QUEUE_POLICIES[purpose]}-policy`)
          : urnOf(
              "aws:iam/rolePolicy:RolePolicy",
              `${role}-routing${forwarding ? "-forwarding" : ""}-policy`,
            ),
      ];
      expect(target.dependencies, target.name).to.include.members(needed);
    }
  });
});

describe("access in a deployment", () => {
  let evaluation: Evaluation;
  before(async () => {
    evaluation = await evaluatedStack("dev");
  });

  it("lets only the role of a rule act for it, a queue needs none", () => {
    for (const { name, inputs } of targetsOf(evaluation)) {
      const [role = "", purpose = ""] = name.split(/-routing-|-target$/);
      const region = REGIONS[role === "primary" ? "primary" : "replica"];
      const principal = purpose.startsWith("forwarding") ? "forwarding" : "routing";
      expect(inputs.roleArn, name).to.equal(
        QUEUE_POLICIES[purpose] !== undefined
          ? undefined
          : `arn:aws:iam::000000000000:role/role-${principal}-dev-${region}`,
      );
    }
  });

  it("lets each role be assumed by its service alone", () => {
    const services = {
      "trade-validator": "lambda",
      "metadata-enricher": "lambda",
      "compliance-recorder": "lambda",
      "enrichment-completer": "lambda",
      "replacement-recorder": "lambda",
      "trade-census": "lambda",
      workflow: "states",
      routing: "events",
      forwarding: "events",
      scheduling: "scheduler",
      replication: "events",
    };
    // The endpoint replicates between both regions with one role, in the primary one.
    const regionsOf = (principal: string) =>
      principal === "replication" ? [REGIONS.primary] : Object.values(REGIONS);
    const roles = ofType(evaluation, "aws:iam/role:Role");
    expect(roles).to.have.length(2 * Object.keys(services).length - 1);
    for (const [principal, service] of Object.entries(services))
      for (const region of regionsOf(principal)) {
        const role = roles.find(({ inputs }) => inputs.name === `role-${principal}-dev-${region}`);
        const { Statement } = jsonOf<{ Statement: { Principal: unknown }[] }>(role?.inputs.assumeRolePolicy);
        expect(Statement.map(({ Principal }) => Principal)).to.deep.equal([
          { Service: `${service}.amazonaws.com` },
        ]);
      }
  });

  it("lets HTTPS into the interface endpoints from the functions, and nothing in anywhere else", () => {
    for (const role of ROLES) {
      const group = (purpose: string) =>
        one(evaluation, "aws:ec2/securityGroup:SecurityGroup", `${role}-network-${purpose}`).id;
      const ingress = ofType(evaluation, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").filter(
        here(role),
      );
      expect(ingress).to.have.length(1);
      expect(ingress[0]?.inputs).to.deep.include({
        securityGroupId: group("endpoints"),
        referencedSecurityGroupId: group("functions"),
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
      });
      expect(ingress[0]?.inputs).not.to.have.any.keys("cidrIpv4", "cidrIpv6", "prefixListId");
      for (const { inputs } of ofType(evaluation, "aws:ec2/vpcEndpoint:VpcEndpoint").filter(here(role)))
        if (inputs.vpcEndpointType === "Interface")
          expect(inputs.securityGroupIds).to.deep.equal([group("endpoints")]);
    }
  });

  it("empties the default group of each VPC, which lets its members talk to each other", () => {
    const groups = ofType(evaluation, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup");
    expect(groups).to.have.length(2);
    for (const { inputs } of groups) expect(inputs).to.deep.include({ ingress: [], egress: [] });
  });

  it("lets a rule's dead letters in from the source rules and the rule for the rest", () => {
    for (const role of ROLES) {
      const { inputs } = one(evaluation, "aws:sqs/queuePolicy:QueuePolicy", `${role}-routing-dlq-policy`);
      const rules = rulesOf(evaluation)
        .filter(here(role))
        .filter(({ name }) => name !== `${role}-routing-heartbeat-rule`);
      for (const { outputs, inputs: rule } of rules.filter((each) => each.inputs.eventBusName !== undefined))
        expect(inputs.policy, String(rule.name)).to.include(`"${outputs.arn}"`);
    }
  });

  it("lets only this deployment's alarms publish to its topic", () => {
    for (const { inputs } of ofType(evaluation, "aws:sns/topicPolicy:TopicPolicy"))
      expect(inputs.policy).to.match(/"aws:SourceArn":"arn:aws:cloudwatch:[a-z0-9-]+:\d{12}:alarm:\*-dev"/);
  });
});

describe("a replica", () => {
  it("has recovery, the stack's tags and the key of its own region", async () => {
    const evaluation = await evaluateOffline("dev", { environmentSuffix: "desk" });
    const key = one(evaluation, "aws:kms/key:Key", "replica-key-key");
    const replicas = ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica");
    expect(replicas).to.have.length(2);
    for (const { inputs } of replicas)
      expect(inputs).to.deep.include({
        pointInTimeRecovery: true,
        replicaKmsKeyArn: key.outputs.arn,
        tags: { Project: "TradeProcessing", Environment: "desk", ManagedBy: "Pulumi" },
        accountId: "000000000000",
      });
  });
});
