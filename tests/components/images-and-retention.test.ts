import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { refuseRetention } from "../../components/destroyable.ts";
import { contentHash } from "../../components/functions/content-hash.ts";
import { evaluateProgram } from "../../local/program/evaluate.ts";
import { createResourceProvider } from "../../local/providers/resource-provider.ts";

describe("the content hash of an image", () => {
  let folder: string;
  const write = (name: string, files: Record<string, string>) => {
    const directory = join(folder, name);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(directory, path, ".."), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    return directory;
  };
  const hashOf = (name: string, files: Record<string, string>, dockerfile = "FROM a") =>
    contentHash(write(name, files), join(write(`${name}-docker`, { Dockerfile: dockerfile }), "Dockerfile"));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "content-hash-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is the same for the same files, whenever and in whatever order they were written", () => {
    const one = hashOf("one", { "index.mjs": "a", "lib/b.mjs": "b" });
    const other = hashOf("other", { "lib/b.mjs": "b", "index.mjs": "a" });
    utimesSync(join(folder, "other", "index.mjs"), 0, 0);
    expect(other)
      .to.equal(one)
      .and.to.match(/^[0-9a-f]{16}$/);
  });

  it("changes with a file's content, its name, and the Dockerfile", () => {
    const hashes = [
      hashOf("a", { "index.mjs": "a" }),
      hashOf("b", { "index.mjs": "b" }),
      hashOf("c", { "main.mjs": "a" }),
      hashOf("d", { "index.mjs": "a" }, "FROM b"),
      hashOf("e", { "index.mjs": "", a: "" }),
    ];
    expect(new Set(hashes).size).to.equal(hashes.length);
  });
});

describe("a resource that would outlive the stack", () => {
  class Kept extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.ComponentResourceOptions) {
      super("test:index:Kept", name, {}, opts);
      this.registerOutputs({});
    }
  }
  const evaluate = (opts: pulumi.ComponentResourceOptions) =>
    evaluateProgram({
      program: async () => {
        refuseRetention();
        new Kept("kept", opts);
        return {};
      },
      project: "trade-processing",
      stack: "dev",
      config: {},
      projectDirectory: process.cwd(),
      provider: createResourceProvider(),
    });

  it("is refused by the program itself, which a policy pack is not told of", async () => {
    for (const option of ["retainOnDelete", "protect"] as const) {
      const { errors } = await evaluate({ [option]: true });
      expect(String(errors[0])).to.include(`test:index:Kept "kept": ${option}: got true`);
    }
  });

  it("is no matter otherwise", async () => {
    const { errors } = await evaluate({ protect: false });
    expect(errors).to.deep.equal([]);
  });
});
