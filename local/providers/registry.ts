import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CreateRequest } from "../program/provider.ts";
import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, record, tagList, text, texts } from "./resource-type.ts";

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

/** Amazon ECR, and the images that docker-build pushes to it. */
export const REGISTRY_TYPES: ResourceTypes = {
  "aws:ecr/repository:Repository": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return {
        id: name,
        outputs: {
          arn: arn(request, "ecr", `repository/${name}`),
          registryId: request.account,
          repositoryUrl: `${request.account}.dkr.ecr.${request.region}.amazonaws.com/${name}`,
        },
      };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = { repositoryName: text(inputs, "name"), tags: tagList(inputs) };
      await call("ecr", "CreateRepository", input, { region, principal: DEPLOYER });
    },
    autoname: "name",
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    describe: ({ inputs, account }) => ({ id: text(inputs, "repository"), outputs: { registryId: account } }),
    inert: "images are kept for as long as the local cloud runs",
  },
  "aws:ecr/repositoryPolicy:RepositoryPolicy": {
    describe: ({ inputs, account }) => ({ id: text(inputs, "repository"), outputs: { registryId: account } }),
    inert: "permissions are not evaluated yet",
  },
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": {
    describe: ({ account }) => ({ id: account, outputs: { registryId: account } }),
    inert: "images are pushed to both regions' repositories, and nothing waits for replication",
  },
  "docker-build:index:Image": {
    // The digest is known only once the context was read: `create` fills it in.
    describe: ({ inputs }) => ({ id: texts(inputs.tags)[0] ?? "image", outputs: {} }),
    create: async (request, { pushImage }, described) => {
      const source = imageSource(request);
      const dockerfile = await readFile(source.dockerfileLocation, "utf8");
      const digest = await contextDigest(source.directory, dockerfile);
      for (const tag of source.tags) {
        const { region, repositoryName, tag: name } = parseTag(tag);
        const command = commandOf(dockerfile, source.dockerfileLocation);
        await pushImage({
          region,
          repositoryName,
          tags: [name],
          digest,
          directory: source.directory,
          command,
        });
      }
      Object.assign(described.outputs, {
        digest,
        contextHash: digest.slice("sha256:".length),
        ref: `${(source.tags[0] ?? "").replace(/:[^:/]*$/, "")}@${digest}`,
      });
    },
    except: "the build context is the image; of the Dockerfile only the last CMD counts",
  },
};
