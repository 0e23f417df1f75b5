import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud, type CloudOptions } from "../../local/cloud/cloud.ts";
import { createLambda, type LambdaOptions, type LambdaService } from "../../local/cloud/lambda/service.ts";
import type { Json, Operation } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const REGION = "us-east-1";
export const ROLE = "arn:aws:iam::000000000000:role/function";

/** A local cloud with Lambda whose images are small modules in a folder of their own. */
export class LambdaBench {
  readonly cloud: Cloud;
  /** The clock that it was given, if it is driven. */
  readonly clock: DrivenClock;
  readonly metrics = new RecordedMetrics();
  /** What functions and Lambda itself have logged, but for what Lambda writes of each invocation. */
  readonly lines: { group: string; stream: string; message: string }[] = [];
  /** Everything that was logged. */
  readonly logged: { group: string; stream: string; message: string; by: string }[] = [];
  readonly sent: Json[] = [];
  readonly lambda: LambdaService;
  readonly #folder: Promise<string>;

  constructor(
    options: LambdaOptions & CloudOptions = {},
    services: Record<string, Record<string, Operation>> = {},
  ) {
    this.#folder = mkdtemp(join(tmpdir(), "local-lambda-"));
    const SendMessage: Operation = (input, call) => void this.sent.push({ ...input, by: call.principal });
    this.cloud = new Cloud(options);
    this.clock = options.clock instanceof DrivenClock ? options.clock : new DrivenClock();
    const operations = { ...this.#logOperations(), ...services.logs };
    this.cloud.add(() => ({ name: "logs", operations }));
    this.cloud.add(() => ({ name: "sqs", operations: { SendMessage, ...services.sqs } }));
    for (const [name, more] of Object.entries(services))
      if (name !== "logs" && name !== "sqs") this.cloud.add(() => ({ name, operations: more }));
    this.lambda = this.cloud.add((surroundings) =>
      createLambda(
        surroundings,
        {
          resolveImage: async (uri) => ({
            directory: join(await this.#folder, uri.startsWith("0") ? "f" : uri),
            command: ["index.handler"],
            hasInsights: uri === "insights",
          }),
          metrics: this.metrics,
          endpointUrl: () => "http://127.0.0.1:4566",
          credentialsFor: (role) => ({ accessKeyId: "KEY", secretAccessKey: "secret", sessionToken: role }),
        },
        options,
      ),
    );
  }

  /** CloudWatch Logs with streams that exist as soon as they are written to. */
  #logOperations(): Record<string, Operation> {
    return {
      CreateLogStream: () => {},
      PutLogEvents: ({ logGroupName, logStreamName, logEvents }, { principal: by }) => {
        for (const { message } of logEvents as { message: string }[]) {
          const line = { group: String(logGroupName), stream: String(logStreamName), message };
          this.logged.push({ ...line, by });
          if (!/^(START|END|REPORT) RequestId: /.test(message)) this.lines.push(line);
        }
      },
    };
  }

  call(operation: string, input: Json): Promise<Json> {
    return this.cloud.call({ service: "lambda", operation, region: REGION, principal: "tester" }, input);
  }

  /** Makes a function of a module's text. */
  async create(name: string, module: string, more: Json = {}): Promise<Json> {
    await this.image(name, module);
    const request = { FunctionName: name, PackageType: "Image", Code: { ImageUri: name }, Role: ROLE };
    return this.call("CreateFunction", { ...request, Timeout: 10, MemorySize: 256, ...more });
  }

  async image(name: string, module: string): Promise<void> {
    const directory = join(await this.#folder, name);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "index.mjs"), module);
  }

  /** Invokes a function and gives the response with its payload decoded. */
  async invoke(FunctionName: string, payload: unknown = {}, more: Json = {}): Promise<Json> {
    const response = await this.call("Invoke", { FunctionName, Payload: JSON.stringify(payload), ...more });
    return { ...response, Payload: response.Payload ? JSON.parse(String(response.Payload)) : undefined };
  }

  /** Sum of a metric of one function, all its versions and aliases together. */
  sum(metric: string, FunctionName: string): number {
    return this.metrics.points
      .filter(({ name, dimensions }) => name === metric && isDeepStrictEqual(dimensions, { FunctionName }))
      .reduce((total, { value }) => total + value, 0);
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await rm(await this.#folder, { recursive: true, force: true });
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}

/** Whether a process with this id is still there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
