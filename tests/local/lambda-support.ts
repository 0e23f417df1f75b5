import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createLambda, type LambdaOptions, type LambdaService } from "../../local/cloud/lambda/service.ts";
import type { Json, Operation } from "../../local/cloud/service.ts";
import { RecordedMetrics } from "./states-support.ts";

export const REGION = "us-east-1";
const ROLE = "arn:aws:iam::000000000000:role/function";

/** A local cloud with Lambda whose images are small modules in a folder of their own. */
export class LambdaBench {
  readonly cloud = new Cloud();
  readonly metrics = new RecordedMetrics();
  readonly lines: { group: string; stream: string; message: string }[] = [];
  readonly sent: Json[] = [];
  readonly lambda: LambdaService;
  readonly #folder: Promise<string>;

  constructor(options: LambdaOptions = {}) {
    this.#folder = mkdtemp(join(tmpdir(), "local-lambda-"));
    const SendMessage: Operation = (input, call) => void this.sent.push({ ...input, by: call.principal });
    this.cloud.add(() => ({ name: "sqs", operations: { SendMessage } }));
    this.lambda = this.cloud.add((surroundings) =>
      createLambda(
        surroundings,
        {
          resolveImage: async (uri) => ({
            directory: join(await this.#folder, uri),
            command: ["index.handler"],
          }),
          metrics: this.metrics,
          log: (_region, group, stream, message) => this.lines.push({ group, stream, message }),
          endpointUrl: () => "http://127.0.0.1:4566",
          credentialsFor: (role) => ({ accessKeyId: "KEY", secretAccessKey: "secret", sessionToken: role }),
        },
        options,
      ),
    );
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
