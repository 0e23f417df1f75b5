import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readStackConfig } from "../../local/program/stack-file.ts";

describe("a stack's configuration", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "stack-file-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const read = async (projectFile: string, stackFile: string) => {
    await writeFile(join(directory, "Pulumi.yaml"), projectFile);
    await writeFile(join(directory, "Pulumi.dev.yaml"), stackFile);
    return readStackConfig(directory, "dev");
  };
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "",
      (error: Error) => error.message,
    );

  it("has values as text and structures as JSON, under their full keys", async () => {
    const { project, config } = await read(
      "name: shop",
      "config:\n  shop:size: 3\n  shop:open: true\n  name: plain\n  aws:region: eu-west-1\n" +
        "  shop:list: [a, 1]\n  shop:nested: { deep: { yes: true } }\n",
    );
    expect(project).to.equal("shop");
    expect(config).to.deep.equal({
      "shop:size": "3",
      "shop:open": "true",
      "shop:name": "plain",
      "aws:region": "eu-west-1",
      "shop:list": '["a",1]',
      "shop:nested": '{"deep":{"yes":true}}',
    });
  });

  it("takes values and defaults of the project's file, and the stack's over them", async () => {
    const { config } = await read(
      "name: shop\nconfig:\n  pulumi:disable-default-providers: { value: [aws] }\n" +
        "  size: { type: integer, default: 5 }\n  color: { default: red }\n  plain: text\n" +
        "  declared: { type: string, description: set by each stack }\n",
      "config:\n  shop:color: blue\n",
    );
    expect(config).to.deep.equal({
      "pulumi:disable-default-providers": '["aws"]',
      "shop:size": "5",
      "shop:color": "blue",
      "shop:plain": "text",
    });
  });

  it("may be empty", async () => {
    expect((await read("name: shop", "")).config).to.deep.equal({});
  });

  it("is refused with the key of an encrypted value, at any depth", async () => {
    for (const value of ["{ secure: AAAB }", "{ users: [{ key: { secure: AAAB } }] }"])
      expect(await refusal(read("name: shop", `config:\n  shop:secret: ${value}\n`))).to.equal(
        "Pulumi.dev.yaml: config: shop:secret: is encrypted, and only the Pulumi CLI can decrypt it",
      );
    const { config } = await read("name: shop", "config:\n  shop:flags: { secure: true }\n");
    expect(config).to.deep.equal({ "shop:flags": '{"secure":true}' });
  });

  it("is refused by file name if a file is missing or is no mapping", async () => {
    expect(await refusal(readStackConfig(directory, "dev"))).to.equal(
      `Cannot read ${join(directory, "Pulumi.yaml")}`,
    );
    expect(await refusal(read("name: shop", "- list"))).to.include("Pulumi.dev.yaml: must be a mapping");
    expect(await refusal(read("name: shop", "config: [a]"))).to.equal(
      "Pulumi.dev.yaml: config: must be a mapping",
    );
    expect(await refusal(read("runtime: nodejs", ""))).to.equal("Pulumi.yaml: name: must be a text");
  });
});
