import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { PROJECT_DIRECTORY } from "../../local/deploy.ts";
import type { Pulumi } from "../../local/engine/pulumi.ts";
import type { Toolchain } from "../../local/engine/toolchain.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { type ProgramResource, ROWS, violating } from "./policy-rows.ts";
import { EngineProject, eventsOf, toolchain } from "./support.ts";

/** Makes what `resources.json` lists, with providers of three kinds; `arn of NAME` is another resource's output. */
const PROGRAM = `import { readFileSync } from "node:fs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export default async function program() {
  const tags = { Project: "TradeProcessing", Environment: "dev", ManagedBy: "Pulumi" };
  const providers = {
    good: new aws.Provider("good", { region: "us-east-1", defaultTags: { tags } }),
    untagged: new aws.Provider("untagged", { region: "us-east-1", defaultTags: { tags: { Environment: "dev" } } }),
    elsewhere: new aws.Provider("elsewhere", { region: "ap-southeast-2", defaultTags: { tags } }),
  };
  const made = {};
  const arnOf = (text) => made[/^arn of (.*)$/.exec(text)?.[1]]?.arn;
  const resolved = (value) =>
    typeof value !== "object" || value === null ? (arnOf(value) ?? value)
    : Array.isArray(value) ? value.map(resolved)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
  for (const { type, name, inputs, provider } of JSON.parse(readFileSync("resources.json", "utf8")))
    made[name] = new pulumi.CustomResource(type, name, { arn: undefined, ...resolved(inputs) }, { provider: providers[provider] });
  return {};
}
`;

const EVERY = RULES.map(({ name }) => name);

describe("the policy pack in the real engine", function () {
  this.timeout(180_000);
  let project: EngineProject;
  let cli: Toolchain | undefined;
  let elsewhere: string;

  const program = (resources: readonly ProgramResource[]) =>
    writeFile(join(project.directory, "resources.json"), JSON.stringify(resources));

  /** Exit code, and `rule resource` of each mandatory violation. */
  async function preview(
    ...options: string[]
  ): Promise<{ code: number | null; violations: string[]; out: string }> {
    const { code, out, error } = await project.engine("preview", "--json", ...options);
    return { code, violations: violationsIn(out), out: out + error };
  }

  /** The CLI that the copied project would run. */
  async function pulumi(): Promise<Pulumi> {
    const file = pathToFileURL(join(project.directory, "local/engine/pulumi.ts")).href;
    const module = (await import(file)) as { Pulumi: typeof Pulumi };
    if (!cli || !project.host) throw new Error("there is no CLI, or no local cloud");
    return new module.Pulumi(cli, project.host);
  }

  before(async function () {
    cli = await toolchain();
    if (!cli) this.skip();
    elsewhere = await mkdtemp(join(tmpdir(), "policy-pack-"));
    project = await EngineProject.copy("policies");
    await writeFile(join(project.directory, "index.ts"), PROGRAM);
  });

  after(async () => {
    await project?.stop();
    if (elsewhere) await rm(elsewhere, { recursive: true, force: true });
  });

  it("has a row for each of its rules", () => {
    expect(ROWS.map(({ rule }) => rule).sort()).to.deep.equal([...EVERY].sort());
  });

  it("lets a program pass that keeps to every rule", async () => {
    await program(violating([]));
    const { code, violations, out } = await preview();
    expect(violations).to.deep.equal([]);
    expect(code, out).to.equal(0);
  });

  describe("stops a program in the preview", () => {
    let found: { code: number | null; violations: string[]; out: string };
    before(async () => {
      await program(violating(EVERY));
      found = await preview();
    });

    it("for what it breaks, and for nothing else", () => {
      expect(found.code, found.out).to.not.equal(0);
      expect(found.violations).to.have.length(ROWS.length);
    });

    for (const { rule, name } of ROWS)
      it(`that breaks ${rule}`, () => {
        expect(found.violations).to.include(`${rule} ${name}`);
      });
  });

  it("runs from a folder of its own, with what its manifest asks for and nothing else of this project", async () => {
    await cp(join(project.directory, "policy/dist"), elsewhere, { recursive: true });
    const { dependencies } = JSON.parse(await readFile(join(elsewhere, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    // Linked instead of installed, so that no registry is needed.
    for (const name of Object.keys(dependencies)) {
      const link = join(elsewhere, "node_modules", name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(PROJECT_DIRECTORY, "node_modules", name), link);
    }
    await program(violating(["log-retention", "dead-letter-retention"]));
    const options = await (await pulumi()).policyOptions(elsewhere);
    const { code, violations, out } = await preview("--no-policies", ...options);
    expect(violations).to.deep.equal(["dead-letter-retention orders-dlq", "log-retention endless"]);
    expect(code, out).to.not.equal(0);
  });

  it("judges an exported state", async () => {
    const isMade = ({ type }: { type: string }) => /:(Queue|LogGroup)$/.test(type);
    const rows = ROWS.filter(isMade);
    await program(violating(["log-retention", "environment-suffix"], rows).filter(isMade));
    const run = await pulumi();
    const stack = await run.stackOptions("dev");
    const up = await run.run(["up", ...stack, "--yes", "--skip-preview"], { capture: true });
    expect(up.code, up.out + up.error).to.equal(0);
    const file = join(elsewhere, "state.json");
    const exported = await run.run(["stack", "export", "--stack", "dev", "--file", file], { capture: true });
    expect(exported.code, exported.error).to.equal(0);
    const options = await run.policyOptions(elsewhere);
    const analyzed = await run.run(["policy", "analyze", "--file", file, "--json", ...options], {
      capture: true,
    });
    expect(violationsIn(analyzed.out), analyzed.error).to.deep.equal([
      ...["environment-suffix nameless", "log-retention endless"],
    ]);
    expect(analyzed.code).to.not.equal(0);
  });

  it("is not needed to refuse, in a preview, what the service itself would refuse", async () => {
    const inputs = { name: "brief-dev", messageRetentionSeconds: 5 };
    await program([{ type: "aws:sqs/queue:Queue", name: "brief", inputs, provider: "good" }]);
    const { code, out } = await preview("--no-policies");
    expect(code).to.not.equal(0);
    expect(out).to.match(/messageRetentionSeconds.*Must be an integer from 60 to 1209600/s);
  });
});

function violationsIn(out: string): string[] {
  const events = eventsOf(out).flatMap(({ policyEvent }) => (policyEvent ? [policyEvent] : []));
  const mandatory = events.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
  return [
    ...new Set(
      mandatory.map(
        ({ policyName, resourceUrn }) => `${policyName} ${resourceUrn?.split("::").at(-1) ?? ""}`,
      ),
    ),
  ].sort();
}
