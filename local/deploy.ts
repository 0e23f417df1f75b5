import { fileURLToPath } from "node:url";
import { LOCAL_ACCOUNT } from "./cloud/cloud.ts";
import type { Caller } from "./cloud/service.ts";
import { evaluateProgram } from "./program/evaluate.ts";
import type { EvaluatedResource } from "./program/provider.ts";
import { readStackConfig } from "./program/stack-file.ts";
import type { Properties } from "./program/wire.ts";
import { createResourceProvider } from "./providers/resource-provider.ts";
import { DEPLOYER } from "./providers/resource-type.ts";
import type { LocalServices } from "./services.ts";

export const PROJECT_DIRECTORY = fileURLToPath(new URL("..", import.meta.url));

export interface DeployOptions {
  stack: string;
  /** Configuration over the stack file's, by key without the project's name; objects are merged at their top level. */
  overrides?: Readonly<Record<string, unknown>>;
  onResource?: (resource: EvaluatedResource) => void;
}

export interface Deployment {
  stack: string;
  resources: readonly EvaluatedResource[];
  outputs: Properties;
}

/**
 * Deploys a stack to the local cloud: evaluates the program in this process and makes what it declares. Throws with
 * everything that was refused; nothing is rolled back, as with the engine.
 */
export async function deploy(services: LocalServices, options: DeployOptions): Promise<Deployment> {
  const { project, config } = await readStackConfig(PROJECT_DIRECTORY, options.stack);
  const overrides = Object.fromEntries(
    Object.entries(options.overrides ?? {}).map(([name, value]) => {
      const key = `${project}:${name}`;
      return [key, merged(config[key], value)];
    }),
  );
  const { default: program } = (await import("../index.ts")) as {
    default: () => Promise<Record<string, unknown>>;
  };
  const { cloud, ecr, endpoint } = services;
  const environment = {
    ...clientEnvironment(endpoint.url),
    ...(await deployerCredentials(cloud.surroundings.call)),
  };
  const evaluation = await withEnvironment(environment, () =>
    evaluateProgram({
      program,
      project,
      stack: options.stack,
      config: { ...config, ...overrides },
      projectDirectory: PROJECT_DIRECTORY,
      provider: createResourceProvider({
        call: cloud.surroundings.call,
        pushImage: async (image) => {
          await ecr.pushImage(image);
        },
      }),
      ...(options.onResource ? { onResource: options.onResource } : {}),
    }),
  );
  if (evaluation.errors.length > 0)
    throw new AggregateError(
      evaluation.errors,
      `Stack "${options.stack}" could not be deployed:\n${evaluation.errors.map(({ message }) => `  ${message}`).join("\n")}`,
    );
  return { stack: options.stack, resources: evaluation.resources, outputs: evaluation.outputs };
}

/** A configuration value as text: objects over what the stack file has, everything else in its place. */
function merged(configured: string | undefined, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify({ ...(JSON.parse(configured ?? "{}") as object), ...value });
}

/** What an AWS client needs to speak to the local cloud instead of AWS. */
export function clientEnvironment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** With which dynamic providers call as whoever deploys, like the other providers. */
export async function deployerCredentials(call: Caller): Promise<Record<string, string>> {
  const { Credentials } = await call(
    "sts",
    "AssumeRole",
    { RoleArn: DEPLOYER, RoleSessionName: "deployment" },
    { region: "us-east-1", principal: `arn:aws:iam::${LOCAL_ACCOUNT}:root` },
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Record<string, string>;
  return {
    AWS_ACCESS_KEY_ID: String(AccessKeyId),
    AWS_SECRET_ACCESS_KEY: String(SecretAccessKey),
    AWS_SESSION_TOKEN: String(SessionToken),
  };
}

/** Dynamic providers find their endpoint in the environment, as they find AWS. */
async function withEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
