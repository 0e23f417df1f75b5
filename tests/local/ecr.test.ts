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

  it("changes a repository's settings", async () => {
    await call("PutImageTagMutability", { repositoryName, imageTagMutability: "IMMUTABLE" });
    await call("PutImageScanningConfiguration", {
      repositoryName,
      imageScanningConfiguration: { scanOnPush: true },
    });
    const { repositories } = await call("DescribeRepositories", { repositoryNames: [repositoryName] });
    expect((repositories as Json[])[0]).to.deep.include({
      ...{ imageTagMutability: "IMMUTABLE", imageScanningConfiguration: { scanOnPush: true } },
    });
    await push("a", ["validator-1"]);
    expect((await refusal(push("b", ["validator-1"]))).name).to.equal("ImageTagAlreadyExistsException");
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

  it("lists images by tag and digest, tagged or untagged, in pages", async () => {
    await push("a", ["one", "two"]);
    await push("b", ["three"]);
    await push("b", ["three"]);
    await push("c", ["three"]);
    const list = (input: Json = {}) => call("ListImages", { repositoryName, ...input });
    expect((await list()).imageIds).to.deep.equal([
      { imageDigest: digestOf("a"), imageTag: "one" },
      { imageDigest: digestOf("a"), imageTag: "two" },
      { imageDigest: digestOf("b") },
      { imageDigest: digestOf("c"), imageTag: "three" },
    ]);
    expect((await list({ filter: { tagStatus: "UNTAGGED" } })).imageIds).to.deep.equal([
      { imageDigest: digestOf("b") },
    ]);
    const first = await list({ maxResults: 3 });
    expect(first.imageIds).to.have.length(3);
    const { imageIds, nextToken } = await list({ maxResults: 3, nextToken: first.nextToken });
    expect(imageIds).to.deep.equal([{ imageDigest: digestOf("c"), imageTag: "three" }]);
    expect(nextToken).to.equal(undefined);
    const { imageDetails } = await call("DescribeImages", {
      repositoryName,
      filter: { tagStatus: "TAGGED" },
      maxResults: 1,
    });
    expect(imageDetails).to.have.length(1);
  });

  it("gives a manifest of what it has, and says which images were not found", async () => {
    await push("a", ["one"]);
    const get = (input: Json) => call("BatchGetImage", { repositoryName, ...input });
    const { images, failures } = await get({ imageIds: [{ imageTag: "one" }, { imageTag: "none" }] });
    const [image] = images as Json[];
    expect(image).to.deep.include({
      repositoryName,
      imageId: { imageTag: "one", imageDigest: digestOf("a") },
      imageManifestMediaType: "application/vnd.oci.image.manifest.v1+json",
    });
    expect(JSON.parse(String(image?.imageManifest))).to.deep.include({
      schemaVersion: 2,
      annotations: { command: "index.handler" },
    });
    const [layer] = JSON.parse(String(image?.imageManifest)).layers as Json[];
    const download = (layerDigest: unknown) =>
      call("GetDownloadUrlForLayer", { repositoryName, layerDigest });
    const { downloadUrl } = await download(layer?.digest);
    expect(await readFile(new URL(`${downloadUrl}/index.mjs`), "utf8")).to.equal("export const n = 1;");
    expect((await refusal(download(digestOf("f")))).name).to.equal("LayersNotFoundException");
    expect(failures).to.deep.equal([
      {
        imageId: { imageTag: "none" },
        failureCode: "ImageNotFound",
        failureReason: "Requested image not found",
      },
    ]);
    const acceptedMediaTypes = ["application/vnd.docker.distribution.manifest.v2+json"];
    const error = await refusal(get({ imageIds: [{ imageTag: "one" }], acceptedMediaTypes }));
    expect(error.name).to.equal("InvalidParameterException");
    expect((await refusal(get({ imageIds: [] }))).name).to.equal("InvalidParameterException");
  });

  it("gives a token of twelve hours, has no scan, and replicates nothing", async () => {
    const { authorizationData } = await call("GetAuthorizationToken", {});
    const [{ authorizationToken, expiresAt, proxyEndpoint }] = authorizationData as [Json];
    expect(Buffer.from(String(authorizationToken), "base64").toString()).to.match(/^AWS:.+/);
    expect(Number(expiresAt) * 1000 - Date.now()).to.be.within(43_190_000, 43_200_000);
    expect(proxyEndpoint).to.equal("https://000000000000.dkr.ecr.us-east-1.amazonaws.com");
    await push("a", ["one"]);
    const imageId = { imageTag: "one" };
    const scan = await refusal(call("DescribeImageScanFindings", { repositoryName, imageId }));
    expect(scan.name).to.equal("ScanNotFoundException");
    expect(scan.message).to.match(/the local cloud scans nothing/);
    const status = await call("DescribeImageReplicationStatus", { repositoryName, imageId });
    expect(status.replicationStatuses).to.deep.equal([]);
    const missing = call("DescribeImageReplicationStatus", { repositoryName, imageId: { imageTag: "no" } });
    expect((await refusal(missing)).name).to.equal("ImageNotFoundException");
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
