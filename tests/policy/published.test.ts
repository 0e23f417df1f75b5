import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { withTables } from "../../local/documentation.ts";
import { buildPolicyPack } from "../../policy/build.ts";
import { ruleTable } from "../../policy/documentation.ts";
import { RULES } from "../../policy/rules/rules.ts";

describe("the published policy pack", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "policy-pack-"));
    await buildPolicyPack(directory);
  });
  after(() => rm(directory, { recursive: true }));

  it("depends by exact version on what it does not carry", async () => {
    const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
    const project = JSON.parse(await readFile("package.json", "utf8"));
    const names = ["@pulumi/policy", "@pulumi/pulumi"];
    expect(manifest.dependencies).to.deep.equal(
      Object.fromEntries(names.map((name) => [name, project.dependencies[name]])),
    );
    const bundle = await readFile(join(directory, "index.js"), "utf8");
    const required = [...bundle.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
    expect([...new Set(required)]).to.deep.equal(["@pulumi/policy"]);
  });

  it("is a policy pack of Node's", async () => {
    const project = parse(await readFile(join(directory, "PulumiPolicy.yaml"), "utf8"));
    expect(project).to.include({ runtime: "nodejs", version: "1.0.0" });
  });

  it("has the same bytes each time", async () => {
    const before = await readFile(join(directory, "index.js"));
    await buildPolicyPack(directory);
    expect((await readFile(join(directory, "index.js"))).equals(before)).to.equal(true);
  });
});

describe("docs/policies.md", () => {
  it("has every rule as the code has it; else run `npm run docs`", async () => {
    const document = await readFile("docs/policies.md", "utf8");
    expect(document).to.equal(withTables(document, { rules: ruleTable(RULES) }));
    for (const { name } of RULES) expect(document).to.include(`| \`${name}\` |`);
  });
});
