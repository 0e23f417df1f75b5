import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { refuseRetention } from "./components/destroyable.ts";
import { globalEndpoint } from "./components/failover/global-endpoint.ts";
import { bundleFunctions } from "./components/functions/bundles.ts";
import { FunctionImages } from "./components/functions/function-images.ts";
import { functionZones } from "./components/network/zones.ts";
import { stackOutputs } from "./components/outputs.ts";
import { defaultTags, regionProviders } from "./components/providers.ts";
import { regionContext } from "./components/region-context.ts";
import { RegionalStack } from "./components/regional-stack.ts";
import { Replication } from "./components/replication/replication.ts";
import { parseSettings } from "./components/settings.ts";
import { CustomerKey } from "./components/storage/customer-key.ts";
import { ImageRepository } from "./components/storage/image-repository.ts";
import { RegistryReplication } from "./components/storage/registry-replication.ts";
import { Tables } from "./components/storage/tables.ts";

/** The whole system: both regions, the tables and their replicas. Returns the stack's outputs. */
export default async function tradeProcessing(): Promise<Record<string, pulumi.Input<unknown>>> {
  const settings = parseSettings(pulumi.runtime.allConfig());
  const bundles = await bundleFunctions();
  refuseRetention();

  const providers = regionProviders(settings);
  const inPrimary = { providers: { aws: providers.primary } };
  const inReplica = { providers: { aws: providers.replica } };
  const account = aws.getCallerIdentityOutput({}, { provider: providers.primary }).accountId;
  const [primaryZones, replicaZones] = await Promise.all([
    functionZones(providers.primary),
    functionZones(providers.replica),
  ]);
  const primaryContext = regionContext("primary", settings, account, primaryZones);
  const replicaContext = regionContext("replica", settings, account, replicaZones);

  const primaryKey = new CustomerKey("primary-key", { context: primaryContext }, inPrimary);
  const replicaKey = new CustomerKey("replica-key", { context: replicaContext }, inReplica);

  const primaryRepository = new ImageRepository(
    "primary-images",
    { context: primaryContext, keyArn: primaryKey.keyArn },
    inPrimary,
  );
  const replicaRepository = new ImageRepository(
    "replica-images",
    { context: replicaContext, keyArn: replicaKey.keyArn },
    inReplica,
  );
  const { digests } = new FunctionImages("images", {
    bundles,
    repositories: [primaryRepository, replicaRepository],
  });
  if (settings.ownsRegistryReplication)
    new RegistryReplication(
      "registry",
      {
        names: primaryContext.names,
        account,
        region: primaryContext.region,
        destinationRegion: replicaContext.region,
      },
      inPrimary,
    );

  const tables = new Tables("tables", { names: primaryContext.names, keyArn: primaryKey.keyArn }, inPrimary);
  const replication = new Replication("replication", {
    tables: { trades: tables.trades, outcomes: tables.outcomes },
    homeRegion: primaryContext.region,
    replicaRegion: replicaContext.region,
    account,
    replicaKeyArn: replicaKey.keyArn,
    tags: defaultTags(settings),
  });

  const primary = new RegionalStack(
    "primary",
    {
      context: primaryContext,
      keyArn: primaryKey.keyArn,
      repositoryUrl: primaryRepository.url,
      digests,
      otherRegion: replicaContext.region,
      tradesStreamArn: tables.trades.streamArn,
      takeTradesAfter: [tables.trades, tables.outcomes],
    },
    inPrimary,
  );
  const replica = new RegionalStack(
    "replica",
    {
      context: replicaContext,
      keyArn: replicaKey.keyArn,
      repositoryUrl: replicaRepository.url,
      digests,
      otherRegion: primaryContext.region,
      tradesStreamArn: replication.replicas.trades.replicaStreamArn,
      takeTradesAfter: Object.values(replication.replicas),
    },
    inReplica,
  );
  const { keyArn } = primaryKey;
  const endpoint = globalEndpoint(
    "endpoint",
    { context: primaryContext, keyArn, primary, replica },
    inPrimary,
  );
  return stackOutputs({ settings, tables, repositoryUrl: primaryRepository.url, primary, replica, endpoint });
}
