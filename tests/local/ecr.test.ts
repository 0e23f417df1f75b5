import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createEcr, type EcrService } from "../../local/cloud/ecr/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { refusal } from "./endpoint-support.ts";

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

// Expectations: Amazon ECR API Reference; AWS Lambda API Reference, CreateFunction, for images that are not there.
describe("the local image registry", () => {
  let folder: string;
  let context: string;
  let ecr: EcrService;
  let call: (operation: string, input: Json) => Promise<Json>;
  const repositoryName = "trade-processing-dev";
  const uri = `000000000000.dkr.ecr.us-east-1.amazonaws.com/${repositoryName}`;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "registry-"));
    context = await mkdtemp(join(folder, "context-"));
    await writeFile(join(context, "index.mjs"), "export const n = 1;");
    const cloud = new Cloud();
    ecr = cloud.add((surroundings) => createEcr(surroundings, join(folder, "state")));
    call = (operation, input) =>
      cloud.call({ service: "ecr", operation, region: "us-east-1", principal: "test" }, input);
    await call("CreateRepository", { repositoryName, imageTagMutability: "MUTABLE" });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const push = (letter: string, tags: string[], more: object = {}) =>
    ecr.pushImage({
      region: "us-east-1",
      repositoryName,
      tags,
      digest: digestOf(letter),
      directory: context,
      command: ["index.handler"],
      ...more,
    });

  it("keeps an image's content although the context changes later, by digest and by tag", async () => {
    expect(await push("a", ["validator-1"])).to.equal(`${uri}@${digestOf("a")}`);
    await writeFile(join(context, "index.mjs"), "export const n = 2;");
    for (const imageUri of [`${uri}@${digestOf("a")}`, `${uri}:validator-1`]) {
      const { directory, command } = ecr.resolveImage(imageUri);
      expect(await readFile(join(directory, "index.mjs"), "utf8")).to.equal("export const n = 1;");
      expect(command).to.deep.equal(["index.handler"]);
      expect(directory).not.to.equal(context);
    }
  });

  it("moves a tag to the image that was pushed last, and not in an immutable repository", async () => {
    await push("a", ["live"]);
    await push("b", ["live"]);
    const { imageDetails } = await call("DescribeImages", {
      repositoryName,
      imageIds: [{ imageTag: "live" }],
    });
    expect((imageDetails as Json[])[0]?.imageDigest).to.equal(digestOf("b"));
    await call("CreateRepository", { repositoryName: "fixed", imageTagMutability: "IMMUTABLE" });
    await push("a", ["live"], { repositoryName: "fixed" });
    const error = await refusal(push("b", ["live"], { repositoryName: "fixed" }));
    expect(error.name).to.equal("ImageTagAlreadyExistsException");
  });

  it("refuses to run an image whose digest, tag or repository is not there", async () => {
    await push("a", ["live"]);
    for (const imageUri of [
      `${uri}@${digestOf("c")}`,
      `${uri}:gone`,
      uri,
      `${uri}x:live`,
      "docker.io/library/node:24",
    ]) {
      const error = await refusal(Promise.resolve().then(() => ecr.resolveImage(imageUri)));
      expect(error.name).to.equal("InvalidParameterValueException");
      expect(error.message).to.equal(
        `Source image ${imageUri} does not exist. Provide a valid source image.`,
      );
    }
  });

  it("deletes images one by one and says which were not found", async () => {
    await push("a", ["one", "two"]);
    const first = await call("BatchDeleteImage", {
      repositoryName,
      imageIds: [{ imageTag: "one" }, { imageTag: "no" }],
    });
    expect((first.failures as Json[])[0]).to.include({ failureCode: "ImageNotFound" });
    ecr.resolveImage(`${uri}:two`);
    await call("BatchDeleteImage", { repositoryName, imageIds: [{ imageDigest: digestOf("a") }] });
    expect((await call("DescribeImages", { repositoryName })).imageDetails).to.deep.equal([]);
  });

  it("deletes a repository with images only by force", async () => {
    await push("a", ["one"]);
    expect((await refusal(call("DeleteRepository", { repositoryName }))).name).to.equal(
      "RepositoryNotEmptyException",
    );
    await call("DeleteRepository", { repositoryName, force: true });
    const error = await refusal(call("DescribeRepositories", { repositoryNames: [repositoryName] }));
    expect(error.name).to.equal("RepositoryNotFoundException");
  });

  it("shows a repository as it was made, and makes a name only once", async () => {
    const { repositories } = await call("DescribeRepositories", { repositoryNames: [repositoryName] });
    expect((repositories as Json[])[0]).to.include({
      repositoryArn: `arn:aws:ecr:us-east-1:000000000000:repository/${repositoryName}`,
      repositoryUri: uri,
      imageTagMutability: "MUTABLE",
    });
    expect((await refusal(call("CreateRepository", { repositoryName }))).name).to.equal(
      "RepositoryAlreadyExistsException",
    );
    expect((await refusal(call("CreateRepository", { repositoryName: "Upper" }))).message).to.match(
      /Value "Upper" at 'repositoryName'/,
    );
  });
});
