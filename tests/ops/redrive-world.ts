/** Queues, workflow and tables in memory, which the world may leave at any call. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { SQSClient } from "@aws-sdk/client-sqs";

/** "unsent" is dead-lettered as the tables have it, but its message cannot be sent. */
export type Ending = "recorded" | "duplicate" | "rejected" | "deadLettered" | "unsent" | "failed";

/** What each execution of an event ends as, one after the other; the last one stays. */
export type Fate = readonly [Ending, ...Ending[]];

interface Stored {
  readonly body: string;
  readonly attributes: Record<string, object>;
  isHidden: boolean;
}

/** An execution that has written its outcome, and has its message still to send. */
interface Sending {
  readonly arn: string;
  readonly input: string;
  readonly isSent: boolean;
  /** Calls of others until then. */
  left: number;
}

type Input = Record<string, unknown>;
const CALLS_UNTIL_SENT = 4;
const MACHINE = "arn:aws:states:us-east-1:1:stateMachine:trades";

export class World {
  readonly queue = new Map<string, Stored>();
  readonly rows = new Map<string, string>();
  readonly attempts: { event: string; attempt: string; outcome: string }[] = [];
  /** ARNs and ends of executions; EXPRESS ones are not known by name. */
  readonly executions = new Map<string, string>();
  /** Calls by the operation's name. */
  readonly calls = new Map<string, number>();
  /** Calls of an operation that are throttled before it is carried out again. */
  readonly throttled = new Map<string, number>();
  readonly #sending: Sending[] = [];
  readonly starts: string[] = [];
  readonly isStandard: boolean;
  /** Called before each call. */
  onCall?: (command: string) => void;
  readonly #fates: ReadonlyMap<string, Fate>;
  #count = 0;
  /** Calls until the caller dies; it dies before or after the effect of the last one. */
  #left = Number.POSITIVE_INFINITY;
  #diesBefore = false;

  constructor(fates: ReadonlyMap<string, Fate>, isStandard: boolean) {
    this.#fates = fates;
    this.isStandard = isStandard;
  }

  /** What was hidden from others can be seen again, as after the time limit. */
  revive(): void {
    this.#goOn(Number.POSITIVE_INFINITY);
    this.#left = Number.POSITIVE_INFINITY;
    for (const message of this.queue.values()) message.isHidden = false;
  }

  dieAfter(calls: number, isBefore: boolean): void {
    this.#left = calls;
    this.#diesBefore = isBefore;
  }

  put(body: string): void {
    this.#put(body, {});
  }

  #put(body: string, attributes: Record<string, object>): string {
    this.#count += 1;
    this.queue.set(`m${this.#count}`, { body, attributes, isHidden: false });
    return `m${this.#count}`;
  }

  readonly stateMachineArn = MACHINE;

  get clients(): { sqs: SQSClient; states: SFNClient; tables: DynamoDBClient } {
    const send = async (command: { constructor: { name: string }; input: Input }) => {
      this.onCall?.(command.constructor.name);
      this.#left -= 1;
      if (this.#left < 0 || (this.#left === 0 && this.#diesBefore)) throw new Error("the process died");
      const answer = this.#carryOut(command.constructor.name, command.input);
      if (this.#left === 0) throw new Error("the process died");
      return answer;
    };
    const client = { send } as unknown;
    return { sqs: client as SQSClient, states: client as SFNClient, tables: client as DynamoDBClient };
  }

  #carryOut(command: string, input: Input): unknown {
    this.calls.set(command, (this.calls.get(command) ?? 0) + 1);
    const throttled = this.throttled.get(command) ?? 0;
    this.throttled.set(command, throttled - 1);
    if (throttled > 0) throw Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    this.#goOn(1);
    switch (command) {
      case "ReceiveMessageCommand": {
        const visible = [...this.queue].filter(([, { isHidden }]) => !isHidden).slice(0, 3);
        return {
          Messages: visible.map(([id, message]) => {
            message.isHidden = true;
            return {
              MessageId: id,
              ReceiptHandle: id,
              Body: message.body,
              MessageAttributes: message.attributes,
            };
          }),
        };
      }
      case "ChangeMessageVisibilityBatchCommand":
        for (const { ReceiptHandle, VisibilityTimeout } of input.Entries as Input[]) {
          const message = this.queue.get(String(ReceiptHandle));
          if (message) message.isHidden = VisibilityTimeout !== 0;
        }
        return {};
      case "DeleteMessageCommand":
        this.queue.delete(String(input.ReceiptHandle));
        return {};
      case "SendMessageCommand":
        return {
          MessageId: this.#put(String(input.MessageBody), input.MessageAttributes as Record<string, object>),
        };
      case "StartExecutionCommand":
        return { executionArn: this.#start(String(input.name), String(input.input)) };
      case "StartSyncExecutionCommand": {
        if (this.isStandard)
          throw Object.assign(new Error("not EXPRESS"), { name: "StateMachineTypeNotSupported" });
        const executionArn = this.#start(String(input.name), String(input.input));
        this.#goOn(Number.POSITIVE_INFINITY);
        return { executionArn, status: this.executions.get(executionArn) };
      }
      case "DescribeExecutionCommand":
        return { status: this.executions.get(String(input.executionArn)) };
      case "QueryCommand":
        return { Items: this.#query(input) };
      default:
        throw new Error(`no ${command} here`);
    }
  }

  #start(name: string, input: string): string {
    const arn = this.isStandard
      ? `${MACHINE.replace("stateMachine", "execution")}:${name}`
      : `${MACHINE.replace("stateMachine", "express")}:${name}:${this.starts.length}`;
    if (this.executions.has(arn)) throw Object.assign(new Error(arn), { name: "ExecutionAlreadyExists" });
    const { id, region, detail } = JSON.parse(input);
    const event = `${region}#${id}`;
    const fate = this.#fates.get(event) ?? ["recorded"];
    const before = this.starts.filter((each) => each === event).length;
    this.starts.push(event);
    const ending = this.rows.get(detail.tradeId) === event ? "recorded" : (fate[before] ?? fate.at(-1));
    this.executions.set(arn, ending === "failed" ? "FAILED" : "SUCCEEDED");
    if (ending === "failed" || ending === undefined) return arn;
    if (ending === "recorded") this.rows.set(detail.tradeId, event);
    else this.attempts.push({ event, attempt: arn, outcome: ending === "unsent" ? "deadLettered" : ending });
    if (ending === "recorded" || ending === "duplicate") return arn;
    this.executions.set(arn, "RUNNING");
    this.#sending.push({ arn, input, isSent: ending !== "unsent", left: CALLS_UNTIL_SENT });
    return arn;
  }

  /** Lets executions send their messages; of a STANDARD one that cannot, its failure is reported. */
  #goOn(calls: number): void {
    for (const each of this.#sending.splice(0)) {
      each.left -= calls;
      if (each.left > 0) {
        this.#sending.push(each);
        continue;
      }
      this.executions.set(each.arn, each.isSent ? "SUCCEEDED" : "FAILED");
      if (each.isSent) this.put(message(each.input, each.arn));
      else if (this.isStandard) this.put(report(each.input, each.arn));
    }
  }

  #query({ TableName, ExpressionAttributeValues }: Input): unknown[] {
    const values = Object.values(ExpressionAttributeValues as Record<string, { S: string }>).map(
      ({ S }) => S,
    );
    if (TableName === "outcomes")
      return this.attempts
        .filter(({ event }) => values.includes(event))
        .map((each) => ({
          ...Object.fromEntries(Object.entries(each).map(([name, S]) => [name, { S }])),
          ...{ stage: { S: "validation" }, source: { S: "s" }, timestamp: { S: "2026-01-02T03:04:05Z" } },
        }));
    return [...this.rows]
      .filter(([tradeId]) => values.includes(tradeId))
      .map(([tradeId, event]) => ({
        ...{ event: { S: event }, region: { S: "us-east-1" }, tradeId: { S: tradeId }, version: { N: "1" } },
        ...{ action: { S: "NEW" }, sourceSystem: { S: "s" }, timestamp: { N: "1" }, content: { S: "{}" } },
        ...{ contentHash: { S: "h" }, recordedAt: { S: "t" }, execution: { S: "x" } },
      }));
  }
}

/** The workflow's message of an event. */
export function message(envelope: string, execution: string): string {
  const { id, region } = JSON.parse(envelope);
  return `{"event":"${region}#${id}","execution":{"id":"${execution}","startTime":"2026-01-02T03:04:05Z"},"outcome":"deadLettered","stage":"validation","error":"E","envelope":${envelope}}`;
}

/** What EventBridge says of an execution that failed. */
function report(input: string, executionArn: string): string {
  return JSON.stringify({
    ...{ source: "aws.states", "detail-type": "Step Functions Execution Status Change" },
    detail: { executionArn, status: "FAILED", startDate: 1_767_323_045_000, input },
  });
}

/** The event that a message of either kind is about. */
export function eventOf(body: string): string {
  const { event, detail } = JSON.parse(body);
  if (event !== undefined) return event;
  const { id, region } = JSON.parse(detail.input);
  return `${region}#${id}`;
}

export function envelopeOf(index: number): string {
  return JSON.stringify({
    ...{ id: `e${index}`, region: "us-east-1", source: "s", time: "2026-01-02T03:04:05Z" },
    ...{ "detail-type": "Trade Event", detail: { tradeId: `T${index}` } },
  });
}
