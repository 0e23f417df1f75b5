import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJson } from "../cloud/input.ts";
import type { CreateRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isKnown, refused } from "./checks.ts";
import { drift } from "./drift.ts";
import type { ProviderPorts, ResourceType } from "./resource-type.ts";
import { deployer, list, record, text, texts, unlessGone } from "./resource-type.ts";

/** The last CMD of a Dockerfile in its JSON form. Throws if it has none. */
function commandOf(dockerfile: string, location: string): string[] {
  const command = [...dockerfile.matchAll(/^CMD\s+(\[.*\])\s*$/gm)].at(-1)?.[1];
  if (!command) throw new Error(`${location}: has no CMD in JSON form, such as CMD ["index.handler"]`);
  return JSON.parse(command) as string[];
}

/** Digest over names and contents, so that an unchanged build context keeps its image digest. */
export async function contextDigest(directory: string, dockerfile: string): Promise<string> {
  const hash = createHash("sha256").update(dockerfile);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const content = await readFile(file);
    hash.update(`${file.slice(directory.length)}\0${content.length}\0`).update(content);
  }
  return `sha256:${hash.digest("hex")}`;
}

interface ImageSource {
  directory: string;
  dockerfileLocation: string;
  tags: string[];
}

function imageSource({ inputs }: CreateRequest): ImageSource {
  return {
    directory: text(record(inputs.context), "location"),
    dockerfileLocation: text(record(inputs.dockerfile), "location"),
    tags: texts(inputs.tags),
  };
}

/** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`, taken apart. */
function parseTag(tag: string): { region: string; repositoryName: string; tag: string } {
  const match = /^\d+\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+):([^:@/]+)$/.exec(tag);
  const [, region, repositoryName, name] = match ?? [];
  if (!region || !repositoryName || !name)
    throw new Error(`tags: "${tag}" must be <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`);
  return { region, repositoryName, tag: name };
}

/** Pushes the image under its tags. What is there under other tags stays. */
async function push(request: CreateRequest, { pushImage }: ProviderPorts): Promise<Properties> {
  const source = imageSource(request);
  const dockerfile = await readFile(source.dockerfileLocation, "utf8");
  const digest = await contextDigest(source.directory, dockerfile);
  const command = commandOf(dockerfile, source.dockerfileLocation);
  const hasInsights =
    /^COPY\b.*\s\/opt\s*$/m.test(dockerfile) && /lambda-insights-extension/.test(dockerfile);
  for (const tag of source.tags) {
    const { region, repositoryName, tag: name } = parseTag(tag);
    const { directory } = source;
    await pushImage({ region, repositoryName, tags: [name], digest, directory, command, hasInsights });
  }
  return outputsOf(source, digest);
}

function outputsOf({ tags }: ImageSource, digest: string): Properties {
  const ref = `${(tags[0] ?? "").replace(/:[^:/]*$/, "")}@${digest}`;
  return { digest, contextHash: digest.slice("sha256:".length), ref };
}

/** The repositories that hold an image, with the tags that it has in each. */
function places(inputs: Properties): { region: string; repositoryName: string; tags: string[] }[] {
  const found = new Map<string, { region: string; repositoryName: string; tags: string[] }>();
  for (const tag of texts(inputs.tags)) {
    const { region, repositoryName } = parseTag(tag);
    const place = found.get(`${region}/${repositoryName}`) ?? { region, repositoryName, tags: [] };
    place.tags.push(tag);
    found.set(`${region}/${repositoryName}`, place);
  }
  return [...found.values()];
}

/** An image that docker-build makes and pushes. */
export const IMAGE: ResourceType = {
  // The digest is known only once the context was read: `create` fills it in.
  describe: ({ inputs }) => ({ id: texts(inputs.tags)[0] ?? "image", outputs: {} }),
  check: (inputs) =>
    refused(inputs, { tags: (tags) => list(tags).map((tag) => isKnown(tag) && parseTag(String(tag))) }),
  create: async (request, ports, described) => {
    Object.assign(described.outputs, await push(request, ports));
  },
  replacedBy: [],
  recomputed: () => ["digest", "ref"],
  // As the provider does it: without a build in a preview, only the context's hash is known.
  foreseen: async (request) => {
    const { context, dockerfile, tags, buildOnPreview } = request.inputs;
    const locations = [record(context).location, record(dockerfile).location];
    if (!locations.every((location) => typeof location === "string" && isKnown(location))) return {};
    const source = imageSource(request);
    const digest = await contextDigest(source.directory, await readFile(source.dockerfileLocation, "utf8"));
    const { contextHash, ...built } = outputsOf(source, digest);
    return { contextHash: contextHash ?? null, ...(buildOnPreview !== false && isKnown(tags) ? built : {}) };
  },
  update: push,
  delete: async ({ inputs, outputs }, { call }) => {
    const imageIds = [{ imageDigest: outputs.digest }];
    for (const { region, repositoryName } of places(inputs))
      await unlessGone(call("ecr", "BatchDeleteImage", { repositoryName, imageIds }, deployer({ region })));
  },
  read: async ({ inputs, outputs }, { call }) => {
    const there: string[] = [];
    for (const { region, repositoryName, tags } of places(inputs)) {
      const input = { repositoryName, imageIds: [{ imageDigest: outputs.digest }] };
      const found = await unlessGone(call("ecr", "DescribeImages", input, deployer({ region })));
      const [image] = Array.isArray(found?.imageDetails) ? found.imageDetails.filter(isJson) : [];
      there.push(...tags.filter((tag) => texts(image?.imageTags as Value).includes(parseTag(tag).tag)));
    }
    return there.length === 0 ? undefined : { inputs: drift(inputs, { tags: there }) };
  },
  except: "the build context is the image; of the Dockerfile the last CMD counts, and the Insights agent",
};
