import type { dynamic } from "@pulumi/pulumi";
import type { OwnRule } from "./registry-rules.ts";
import { foreignRules } from "./registry-rules.ts";

/*
 * Serialized into the stack's state with the dynamic provider: packages are imported inside the functions, and no
 * credentials are captured.
 */

/** What the ownership of a registry's replication is checked from. */
export interface OwnershipInputs extends OwnRule {
  /** Region of the registry. */
  region: string;
  /** Changes whenever the provider's behaviour does. */
  providerVersion: string;
}

/** Stands for a value that a preview does not know yet (Pulumi's engine). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Makes nothing: its check, which every preview and deployment makes, refuses a registry with rules that are neither the
 * stack's own nor what they were at the last deployment, because the replication configuration replaces them all.
 */
export const ownershipProvider: dynamic.ResourceProvider<OwnershipInputs, OwnershipInputs> = {
  async check(olds: Partial<OwnershipInputs>, news: OwnershipInputs) {
    const { registryId, destinationRegion, repository, region } = news;
    const failed = (reason: string) => ({
      inputs: news,
      failures: [{ property: "ownsRegistryReplication", reason }],
    });
    if ([registryId, destinationRegion, repository, region].includes(UNKNOWN))
      return { inputs: news, failures: [] };
    const { DescribeRegistryCommand, ECRClient } = await import("@aws-sdk/client-ecr");
    const client = new ECRClient({ region });
    try {
      const { replicationConfiguration } = await client.send(new DescribeRegistryCommand({}));
      const before = olds.repository === undefined ? [] : [olds as OwnershipInputs];
      const foreign = foreignRules(replicationConfiguration?.rules ?? [], [news, ...before]);
      if (foreign.length === 0) return { inputs: news, failures: [] };
      return failed(
        `is true, but the registry of account ${registryId} in ${region} has rules that this stack did not make, and ` +
          `would lose them: ${foreign.join("; ")}. Remove them there, or set ownsRegistryReplication to false`,
      );
    } catch (error) {
      const { name, message } = error as Error;
      // Without credentials nothing is deployed either, so that there is nothing to lose.
      if (name === "CredentialsProviderError") return { inputs: news, failures: [] };
      return failed(
        `is true, but the rules of the registry in ${region} cannot be read: ${name}: ${message}`,
      );
    } finally {
      client.destroy();
    }
  },

  async diff(_id: string, olds: OwnershipInputs, news: OwnershipInputs) {
    // Pulumi keeps the provider's code under this key; changed code is a change of the resource.
    const keys = ["registryId", "region", "destinationRegion", "repository", "providerVersion", "__provider"];
    const differs = (key: string) => Reflect.get(olds, key) !== Reflect.get(news, key);
    return { changes: keys.some(differs), replaces: [] };
  },

  async create(inputs: OwnershipInputs) {
    return { id: `${inputs.registryId}/${inputs.region}`, outs: inputs };
  },

  async update(_id: string, _olds: OwnershipInputs, news: OwnershipInputs) {
    return { outs: news };
  },
};
