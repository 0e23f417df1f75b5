import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { PROJECT_DIRECTORY } from "../support/program.ts";

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, unknown>;
  with?: Record<string, unknown>;
}

interface Job {
  if?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  steps: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions?: unknown;
  concurrency?: { group?: string };
  jobs: Record<string, Job>;
}

const FOLDER = join(PROJECT_DIRECTORY, ".github/workflows");
const texts = Object.fromEntries(
  readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]),
);
const workflow = (name: string) => parse(texts[name] ?? "") as Workflow;
const SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository";

describe("the workflows", () => {
  it("are check.yml and preview.yml", () => {
    expect(Object.keys(texts).sort()).to.deep.equal(["check.yml", "preview.yml"]);
  });

  for (const [name, text] of Object.entries(texts))
    describe(name, () => {
      const { on, permissions, concurrency, jobs } = workflow(name);
      const steps = Object.values(jobs).flatMap((job) => job.steps);

      it("pins every action by a whole commit, with the release in a comment", () => {
        const uses = text.match(/uses: .*/g) ?? [];
        expect(uses).to.have.length(steps.filter((step) => step.uses !== undefined).length);
        for (const each of uses)
          expect(each).to.match(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it("gives nothing by default, and each job what it needs, for a bounded time", () => {
        expect(permissions).to.deep.equal({});
        expect(concurrency?.group).to.be.a("string");
        for (const [job, { permissions: own, "timeout-minutes": minutes }] of Object.entries(jobs)) {
          expect(own, job).to.be.an("object");
          expect(minutes, job).to.be.within(1, 60);
        }
      });

      it("keeps its token out of the working copy", () => {
        for (const { uses, with: inputs } of steps)
          if (uses?.startsWith("actions/checkout@"))
            expect(inputs).to.include({ "persist-credentials": false });
      });

      it("writes no expression into a script: values come by the environment", () => {
        for (const { run, with: inputs } of steps) {
          expect(run ?? "").not.to.include("${{");
          expect(String(inputs?.script ?? "")).not.to.include("${{");
        }
      });

      it("never runs with the base's rights on foreign code", () => {
        expect(Object.keys(on)).not.to.include.members(["pull_request_target"]);
        expect(Object.keys(on)).not.to.include.members(["workflow_run"]);
        expect(Object.keys(on)).to.include("pull_request");
      });
    });

  it("give a credential only to branches of the repository, and a token that writes only to what runs no code", () => {
    const { aws, local, comment } = workflow("preview.yml").jobs;
    expect(aws?.permissions).to.deep.equal({ contents: "read", "id-token": "write" });
    expect(aws?.if).to.match(new RegExp(`^${SAME_REPOSITORY} && `));
    expect(local?.permissions).to.deep.equal({ contents: "read" });
    expect(local?.if).to.equal(undefined);
    expect(comment?.permissions).to.deep.equal({ "pull-requests": "write" });
    expect(comment?.if).to.equal(`always() && ${SAME_REPOSITORY}`);
    expect(comment?.steps.map(({ uses, run }) => [uses?.split("@")[0], run])).to.deep.equal([
      ["actions/github-script", undefined],
    ]);
    const holders = Object.keys(texts).flatMap((name) =>
      Object.entries(workflow(name).jobs).flatMap(([job, { permissions }]) =>
        permissions && "id-token" in permissions ? [`${name} ${job}`] : [],
      ),
    );
    expect(holders).to.deep.equal(["preview.yml aws"]);
  });

  it("check what `npm test` and `npm run check` check", () => {
    const runs = workflow("check.yml").jobs.check?.steps.flatMap(({ run }) => run ?? []);
    expect(runs).to.deep.equal(["npm ci", "npm run check", "npm test"]);
  });

  it("run only scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT_DIRECTORY, "package.json"), "utf8"));
    const named = Object.values(texts).flatMap((text) => [
      ...text.matchAll(/npm run (?:--silent )?([\w:]+)/g),
    ]);
    expect(named.length).to.be.greaterThan(3);
    for (const [, script] of named) expect(Object.keys(scripts)).to.include(script);
  });
});
