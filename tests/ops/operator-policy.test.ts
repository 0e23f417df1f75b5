import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { operatorDocuments } from "../../components/operators/documents.ts";
import {
  OPERATOR_DOCUMENTS,
  type OperatorDocument,
  operatorPermissions,
} from "../../components/operators/permissions.ts";
import { peopleContext } from "../../components/people/context.ts";
import { operatorFiles } from "../../local/access/operator-files.ts";
import type { Fault } from "../../local/cloud/faults.ts";
import type { Json } from "../../local/cloud/service.ts";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { COMMANDS } from "../../ops/commands.ts";
import { outcomes, process, rows, startTestSystem, tapeLine, tradeDetail } from "../support/local-system.ts";
import { becomeHealthy, call } from "./failover-support.ts";
import { put, REGIONS, row } from "./reconcile-support.ts";
import { type RunOptions, runCommand } from "./run-command.ts";

const [HOME, OTHER] = REGIONS;
const ACCOUNT = "000000000000";
const STACK = { suffix: "dev", primaryRegion: HOME, replicaRegion: OTHER };
const context = peopleContext(STACK);
/** "IAM and AWS STS quotas": characters of a managed policy, without white space. */
const MANAGED_POLICY_CHARACTERS = 6_144;

/** Who has which documents, as the table for people says. */
const PEOPLE = {
  producer: ["producer"],
  auditor: ["operator-look"],
  operator: ["operator-look", "operator-recover"],
  decider: ["operator-look", "operator-failover"],
  mender: ["operator-look", "operator-mend"],
} as const satisfies Record<string, readonly OperatorDocument[]>;
type Person = keyof typeof PEOPLE;

describe("the policies of who operates", function () {
  this.timeout(180_000);
  const directory = mkdtempSync(join(tmpdir(), "operator-policy-"));
  const tape = join(directory, "tape.jsonl");
  let system: DeployedSystem;
  let window: { from: string; to: string };
  const credentials = new Map<Person, NonNullable<RunOptions["credentials"]>>();

  before(async () => {
    system = await startTestSystem();
    for (const person of Object.keys(PEOPLE) as Person[]) credentials.set(person, await assumed(person));
    const second = () => new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString();
    const from = second();
    await process(system, tradeDetail(), tradeDetail({ amount: "0" }));
    await pause(1_100);
    window = { from, to: second() };
    writeFileSync(tape, tapeLine(tradeDetail()));
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await system?.close();
  });

  /** A role with a person's documents and nothing else, and credentials of it. */
  async function assumed(person: Person): Promise<NonNullable<RunOptions["credentials"]>> {
    const RoleName = `people-${person}`;
    const trust = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" },
      ],
    };
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    await call(system, "iam", "CreateRole", { RoleName, AssumeRolePolicyDocument });
    const documents = operatorDocuments(context);
    for (const PolicyName of PEOPLE[person]) {
      const PolicyDocument = JSON.stringify(documents[PolicyName]);
      await call(system, "iam", "PutRolePolicy", { RoleName, PolicyName, PolicyDocument });
    }
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${RoleName}`;
    const { Credentials } = await call(system, "sts", "AssumeRole", { RoleArn, RoleSessionName: person });
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Json;
    return {
      ...{ accessKeyId: String(AccessKeyId), secretAccessKey: String(SecretAccessKey) },
      sessionToken: String(SessionToken),
    };
  }

  /** Carries out a command as a person. */
  async function as(person: Person, command: string, options: Record<string, string> = {}) {
    const [name = "", ...words] = command.split(" ");
    const found = COMMANDS[name];
    const own = credentials.get(person);
    if (!found || !own) throw new Error(`no ${name} or ${person}`);
    return runCommand(system, found, options, { words, credentials: own });
  }

  const denials = () =>
    system.services.permissions
      .denials()
      .filter(({ request }) => request.principal.includes(":role/people-"))
      .map(({ message }) => message);
  /** What somebody is told whose command does not do all that it should. */
  const refusal = (...given: Parameters<typeof as>) =>
    as(...given).then(
      ({ complete, ...told }) => (complete ? "done" : JSON.stringify(told)),
      (error: Error) => error.message,
    );
  const failing = (service: string, operation: string, more: Partial<Fault> = {}) =>
    system.services.cloud.faults.add({
      ...{ service, operation, when: "before", ...more },
      effect: { kind: "error", code: "AccessDeniedException", status: 400 },
    });

  it("are what the documents have", () => {
    for (const [name, content] of Object.entries(operatorFiles(STACK)))
      expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8"), name).to.equal(content);
  });

  it("fit into managed policies, with the longest suffix too, and have no statement twice", () => {
    for (const suffix of ["dev", "abcdefghijklmnopqrst"]) {
      const documents = operatorDocuments(peopleContext({ ...STACK, suffix }));
      for (const [name, document] of Object.entries(documents)) {
        expect(JSON.stringify(document).length, name).to.be.at.most(MANAGED_POLICY_CHARACTERS);
        const ids = document.Statement.map(({ Sid }) => Sid);
        expect(new Set(ids).size, name).to.equal(ids.length);
      }
    }
  });

  it("name commands that there are", () => {
    for (const { commands, sid } of operatorPermissions(context))
      for (const command of commands)
        expect(Object.keys(COMMANDS), sid).to.include(command.split(" ")[0] ?? "");
  });

  it("let a producer send trades, and look at nothing", async () => {
    for (const way of [{}, { region: OTHER }, { endpoint: "true" }])
      expect((await as("producer", `send ${tape}`, way)).complete, JSON.stringify(way)).to.equal(true);
    expect(await refusal("producer", "status", window)).to.match(/not authorized to perform: dynamodb:/);
  });

  it("let an auditor see and prove everything", async () => {
    const before = denials().length;
    const undelivered = failing("states", "StartExecution");
    await process(system, tradeDetail());
    undelivered();
    const { json } = await as("auditor", "status", window);
    expect(json).to.have.nested.property("proof.outcomes.recorded", 1);
    const census = await as("auditor", "census", { ...window, "settled-after": "0" });
    expect(census.complete).to.equal(true);
    const exported = await as("auditor", "export", { ...window, tape: join(directory, "out.jsonl") });
    expect(exported.complete).to.equal(true);
    expect((await as("auditor", "reconcile")).complete).to.equal(true);
    await becomeHealthy(system);
    const { lines } = await as("auditor", "failover status");
    expect(lines.join()).not.to.include("unknown");
    expect(denials().slice(before)).to.deep.equal([]);
  });

  it("let an auditor change nothing", async () => {
    const before = [await rows(system), await outcomes(system)];
    expect(await refusal("auditor", "redrive")).to.match(/not authorized to perform: sqs:ReceiveMessage/i);
    for (const [command, options, action] of [
      [`send ${tape}`, {}, "events:PutEvents"],
      ["replay", { ...window, "settled-after": "0" }, "events:StartReplay"],
      ["failover start", { reason: "r", yes: "true" }, "route53:UpdateHealthCheck"],
    ] as const) {
      const told = await refusal("auditor", command, options);
      expect(told, command).to.include(`not authorized to perform: ${action}`);
    }
    expect([await rows(system), await outcomes(system)]).to.deep.equal(before);
  });

  it("let an operator bring back what failed, and decide nothing about regions", async () => {
    const broken = failing("lambda", "Invoke", { function: "trade-validator-dev" });
    await process(system, tradeDetail());
    broken();
    // Marked as poison, and then taken all the same.
    const marked = await as("operator", "redrive", { queue: "validator", attempts: "1" });
    expect(marked.complete).to.equal(false);
    const { json } = await as("operator", "redrive", { attempts: "99", "include-poison": "true" });
    expect(json).to.have.property("recorded").that.is.at.least(2);
    const replayed = await as("operator", "replay", { ...window, wait: "true", "settled-after": "0" });
    expect(replayed.complete).to.equal(true);
    const [taken, writing] = ["route53:UpdateHealthCheck", "dynamodb:PutItem"];
    expect(await refusal("operator", "failover start", { reason: "r", yes: "true" })).to.include(taken);
    await drain(system);
    await differ();
    const options = { margin: "0", mend: "true", yes: "true" };
    expect(await refusal("operator", "reconcile", options)).to.include(writing);
    system.services.dynamodb.replication.resume();
  });

  it("let a mender end differences", async () => {
    await differ();
    const { complete } = await as("mender", "reconcile", { margin: "0", mend: "true", yes: "true" });
    expect(complete).to.equal(true);
    system.services.dynamodb.replication.resume();
    expect(await refusal("mender", "replay", { ...window, "settled-after": "0" })).to.include("StartReplay");
  });

  it("let whoever decides start a failover and end it", async () => {
    await becomeHealthy(system);
    const options = { reason: "a drill", yes: "true" };
    expect((await as("decider", "failover start", options)).complete).to.equal(true);
    await becomeHealthy(system);
    expect((await as("decider", "failover return", options)).complete).to.equal(true);
  });

  // Last: it looks at what all of the above have used.
  it("have no action that no command takes", () => {
    const used = new Set(
      system.services.permissions
        .uses()
        .filter(({ principal }) => principal.includes(":role/people-"))
        .map(({ policy, sid, action }) => `${policy.split(": ").at(-1)} ${sid} ${action}`),
    );
    const declared = operatorPermissions(context).flatMap(({ document, sid, actions }) =>
      actions.map((action) => `${document} ${sid} ${action}`),
    );
    expect(
      OPERATOR_DOCUMENTS.flatMap((name) => [...used].filter((use) => use.startsWith(`${name} `))).sort(),
    ).to.deep.equal(declared.sort());
  });

  /** One region has what the other lacks, until replication is resumed. */
  async function differ(): Promise<void> {
    system.services.dynamodb.replication.pause();
    const id = `M-${Date.now()}`;
    await put(system, "trades", HOME, row({ tradeId: id, event: `${HOME}#${id}` }));
  }
});
