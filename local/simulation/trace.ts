import { createHash } from "node:crypto";
import type { Call, Json } from "../cloud/service.ts";
import type { LocalServices } from "../services.ts";

/** Services whose calls are the story of an event; logs, keys and traces only accompany it. */
const TOLD = new Set(["events", "states", "lambda", "dynamodb", "sqs"]);
/** Calls that look and change nothing, and are made again and again. */
const LOOKING = /^(Describe|Get|List|Query|Scan|Receive|ChangeMessageVisibility)/;

/** What has happened in a run, line by line, in the order in which it happened. */
export class Trace {
  #lines: string[] = [];
  #start = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Begins anew; times are counted from now on. */
  begin(): void {
    this.#lines = [];
    this.#start = this.#now();
  }

  add(text: string): void {
    this.#lines.push(`+${this.#now() - this.#start}ms ${text}`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** SHA-256 over all lines. */
  hash(): string {
    return createHash("sha256").update(this.#lines.join("\n")).digest("hex");
  }
}

/** Writes down every call between services, every fault that strikes, and every write of an item. */
export function follow({ cloud, dynamodb }: LocalServices, trace: Trace): void {
  const { authorize } = cloud;
  cloud.authorize = (call, input) => {
    if (TOLD.has(call.service) && !LOOKING.test(call.operation)) trace.add(told(call, input));
    authorize(call, input);
  };
  const { onReport } = cloud.faults;
  cloud.faults.onReport = (report) => {
    if (report.event === "applied") {
      const { region, service, operation } = report.site;
      const { effect, when } = report.active.fault;
      trace.add(`${region} fault: ${effect.kind} ${when} ${service}:${operation}`);
    }
    onReport(report);
  };
  dynamodb.onWrite(({ region, table, before, after, replicated }) => {
    const { tradeId, version, event, attempt } = after ?? before ?? {};
    const key = [tradeId?.S, version?.N, event?.S, attempt?.S].filter((each) => each !== undefined).join(" ");
    trace.add(`${region} ${replicated ? "replicated" : "written"}: ${table} ${key}`);
  });
}

function told({ region, service, operation, principal }: Call, input: Json): string {
  const subject = input.FunctionName ?? input.stateMachineArn ?? input.TableName ?? input.QueueUrl ?? "";
  const what = String(subject).split(/[:/]/).slice(-2).join(":");
  const name = typeof input.name === "string" ? ` ${input.name}` : "";
  return `${region} ${principal.split("/").at(-1)} ${service}:${operation} ${what}${name}`;
}
