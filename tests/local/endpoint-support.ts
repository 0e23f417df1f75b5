import { Cloud, type CloudOptions } from "../../local/cloud/cloud.ts";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Service, Surroundings } from "../../local/cloud/service.ts";

/** Settings of a real SDK client that talks to an endpoint. */
export function clientSettings(endpoint: Endpoint, region = "us-east-1", accessKeyId = "AKIDEXAMPLE") {
  return {
    endpoint: endpoint.url,
    region,
    credentials: { accessKeyId, secretAccessKey: "secret" },
    maxAttempts: 1,
  };
}

/** A cloud of the given services behind an endpoint. */
export async function serve(
  makers: ((surroundings: Surroundings) => Service)[],
  options: CloudOptions = {},
): Promise<{ cloud: Cloud; endpoint: Endpoint; close: () => Promise<void> }> {
  const cloud = new Cloud(options);
  for (const make of makers) cloud.add(make);
  const endpoint = await startEndpoint(cloud);
  const close = async (): Promise<void> => {
    await cloud.close();
    await endpoint.close();
  };
  return { cloud, endpoint, close };
}

/** The error that a promise is refused with; fails if it is not refused. */
export async function refusal(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error as Error & Record<string, unknown>;
    throw error;
  }
  throw new Error("It was not refused");
}
