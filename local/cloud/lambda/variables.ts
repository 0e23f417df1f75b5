import { randomBytes } from "node:crypto";
import type { FunctionRecord } from "./functions.ts";
import type { LogDestination } from "./log-writer.ts";
import type { FunctionSettings } from "./settings.ts";

/** Credentials that a process gets for its role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The log group of a function and a new stream in it, named as Lambda names them. */
export function logDestination(
  record: FunctionRecord,
  settings: FunctionSettings,
  now: number,
): LogDestination {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "/");
  const group =
    typeof settings.logging.LogGroup === "string" ? settings.logging.LogGroup : `/aws/lambda/${record.name}`;
  return { group, stream: `${day}/[${settings.version}]${randomBytes(16).toString("hex")}` };
}

/**
 * All environment variables of a function's process but the Runtime API's address: what Lambda defines ("Defined
 * runtime environment variables"), the way to the local services, and the function's own. Nothing is inherited.
 */
export function variablesOf(
  record: FunctionRecord,
  settings: FunctionSettings,
  logs: LogDestination,
  local: {
    endpointUrl: string;
    credentials: Credentials;
    compileCache: string | undefined;
    isProvisioned: boolean;
  },
): Record<string, string> {
  const logging: Record<string, string> = {
    AWS_LAMBDA_LOG_FORMAT: String(settings.logging.LogFormat ?? "Text"),
  };
  if (typeof settings.logging.ApplicationLogLevel === "string")
    logging.AWS_LAMBDA_LOG_LEVEL = settings.logging.ApplicationLogLevel;
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_ENDPOINT_URL: local.endpointUrl,
    ...(local.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: local.compileCache }),
    ...settings.variables,
    AWS_REGION: record.region,
    AWS_DEFAULT_REGION: record.region,
    AWS_ACCESS_KEY_ID: local.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: local.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: local.credentials.sessionToken,
    AWS_EXECUTION_ENV: "AWS_Lambda_Image",
    AWS_LAMBDA_FUNCTION_NAME: record.name,
    AWS_LAMBDA_FUNCTION_VERSION: settings.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: logs.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logs.stream,
    AWS_LAMBDA_INITIALIZATION_TYPE: local.isProvisioned ? "provisioned-concurrency" : "on-demand",
    // Lambda sets these for functions without tracing, too; nothing listens there.
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
    ...logging,
    LAMBDA_TASK_ROOT: settings.image.directory,
    _HANDLER: settings.command[0] ?? "",
  };
}
