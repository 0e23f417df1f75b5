import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../naming.ts";
import type { RegionContext } from "../region-context.ts";

/** The enricher's configuration in Parameter Store, and the record of failovers. */
export class Parameters extends pulumi.ComponentResource {
  readonly names: Names["parameters"];
  readonly failoverRecord: string;

  constructor(name: string, args: { context: RegionContext }, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:Parameters", name, {}, opts);
    const { names, settings } = args.context;
    this.names = names.parameters;
    this.failoverRecord = names.failoverRecord;
    const { apiEndpoint, processingThreshold, maxRetries } = settings.enrichment;
    const parameter = (purpose: string, parameterName: string, value: string, description: string) =>
      new aws.ssm.Parameter(
        `${name}-${purpose}`,
        { name: parameterName, type: "String", value, description },
        // The first value only: an operator's change outlives the next deployment.
        { parent: this, ignoreChanges: ["value"] },
      );
    parameter(
      "api-endpoint",
      names.parameters.apiEndpoint,
      apiEndpoint,
      "Market data endpoint of enrichment",
    );
    parameter(
      "processing-threshold",
      names.parameters.processingThreshold,
      String(processingThreshold),
      "Amount at and above which a trade is marked aboveThreshold",
    );
    parameter(
      "max-retries",
      names.parameters.maxRetries,
      String(maxRetries),
      "Attempts of the market data client",
    );
    parameter("failover", names.failoverRecord, "{}", "What operators did about failover; written by them");
    this.registerOutputs({});
  }
}
