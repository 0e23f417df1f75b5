/**
 * Runs one function in its own process: loads the handler that `_HANDLER` names, takes invocations from the Runtime
 * API at AWS_LAMBDA_RUNTIME_API one after the other, and reports results and errors in the form of AWS's own client
 * for Node (AWS Lambda, "Using the Lambda runtime API").
 */
import { Agent, request } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 2 });
let currentRequestId;

// The parent holds the other end: when it is gone, so is this process. Ctrl-C is the parent's to handle.
process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGINT", () => undefined);

process.on("uncaughtException", (error) => fail(error, 129));
process.on("unhandledRejection", (reason) => {
  const error = new Error(reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason));
  error.name = "Runtime.UnhandledPromiseRejection";
  if (reason instanceof Error && reason.stack) error.stack = reason.stack;
  void fail(error, 128);
});

async function fail(error, exitCode) {
  const path = currentRequestId === undefined ? "init/error" : `invocation/${currentRequestId}/error`;
  await report(path, error).catch(() => undefined);
  process.exit(exitCode);
}

/** Resolves when what was written has left the process, so that the log is whole before the answer. */
async function flush() {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writableLength > 0) await new Promise((done) => stream.write("", done));
}

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, agent, path: `/2018-06-01/runtime/${path}`, headers };
    const sent = request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function describe(error) {
  if (types.isNativeError(error) || error instanceof Error)
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function report(path, error) {
  const described = describe(error);
  const body = JSON.stringify(described);
  process.stderr.write(`${new Date().toISOString()}\t${currentRequestId}\tERROR\tInvoke Error\t${body}\n`);
  await flush();
  await call("POST", path, body, {
    "Content-Type": "application/vnd.aws.lambda.error+json",
    "Content-Length": Buffer.byteLength(body),
    "Lambda-Runtime-Function-Error-Type": described.errorType,
    "Lambda-Local-Usage": usage(),
  });
}

/** What the process has used, for reports of memory and processor time. */
function usage() {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return `${maxRSS},${userCPUTime},${systemCPUTime}`;
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

async function load() {
  const [module, ...members] = (process.env._HANDLER ?? "").split(".");
  const root = process.env.LAMBDA_TASK_ROOT ?? process.cwd();
  const loaded = await importFirst([join(root, `${module}.mjs`), join(root, `${module}.js`)]);
  const handler = members.reduce((value, member) => value?.[member], loaded);
  if (typeof handler !== "function")
    throw named("Runtime.HandlerNotFound", `${process.env._HANDLER} is undefined or not exported`);
  if (handler.length > 2)
    throw named("Runtime.CallbackHandlerDeprecated", "Handlers with a callback are not supported: use async");
  return handler;
}

async function importFirst(files) {
  for (const file of files) {
    const url = pathToFileURL(file).href;
    try {
      return await import(url);
    } catch (error) {
      const isAbsent = error?.code === "ERR_MODULE_NOT_FOUND" && error.url === url;
      if (isAbsent) continue;
      if (error instanceof SyntaxError) throw named("Runtime.UserCodeSyntaxError", String(error));
      if (error?.code === "ERR_MODULE_NOT_FOUND") throw named("Runtime.ImportModuleError", String(error));
      throw error;
    }
  }
  throw named("Runtime.ImportModuleError", `Error: Cannot find module '${files[0]}'`);
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    ...(clientContext === undefined ? {} : { clientContext: JSON.parse(clientContext) }),
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function carryOut(handler, invocation) {
  currentRequestId = invocation.headers["lambda-runtime-aws-request-id"];
  const trace = invocation.headers["lambda-runtime-trace-id"];
  if (trace) process.env._X_AMZN_TRACE_ID = trace;
  let body;
  try {
    const result = await handler(JSON.parse(invocation.text || "{}"), contextOf(invocation.headers));
    body = JSON.stringify(result) ?? "null";
  } catch (error) {
    await report(`invocation/${currentRequestId}/error`, error);
    return;
  }
  await flush();
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Lambda-Local-Usage": usage(),
  };
  await call("POST", `invocation/${currentRequestId}/response`, body, headers);
}

let handler;
try {
  handler = await load();
} catch (error) {
  await fail(error, 1);
}
for (;;) await carryOut(handler, await call("GET", "invocation/next"));
