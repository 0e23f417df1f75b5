import { randomUUID } from "node:crypto";
import { Input } from "../input.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Queue } from "./queue.ts";

/** A task that moves a dead-letter queue's messages on. */
interface MoveTask {
  readonly handle: string;
  readonly sourceArn: string;
  readonly destinationArn: string | undefined;
  readonly maximumPerSecond: number | undefined;
  /** Messages that could be received when it started. */
  readonly toMove: number;
  readonly startedAt: number;
  moved: number;
  status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  failureReason: string | undefined;
}

/** The queue of an ARN; undefined if there is none in the region. */
type FindQueue = (arn: string, region: string) => Queue | undefined;

/** Amazon SQS API Reference, StartMessageMoveTask. */
const MAXIMUM_RATE = 500;
/** Amazon SQS API Reference, ListMessageMoveTasks. */
const KEPT_TASKS = 10;

/**
 * Dead-letter queue redrive (Amazon SQS Developer Guide, "Configuring a dead-letter queue redrive using the Amazon SQS
 * API"): moved messages are new ones, with a new id and enqueue time. `isDeadLetterQueue` says whether a queue's
 * redrive policy names it.
 */
export function moveTaskOperations(
  clock: Clock,
  find: FindQueue,
  isDeadLetterQueue: (queue: Queue, region: string) => boolean,
): Record<string, Operation> {
  /** By source ARN, the newest first. */
  const tasks = new Map<string, MoveTask[]>();

  const queueOf = (member: string, arn: string, region: string): Queue => {
    const queue = find(arn, region);
    if (!queue)
      throw new ServiceError(
        "ResourceNotFoundException",
        `The resource that you specified for the ${member} parameter doesn't exist.`,
      );
    return queue;
  };

  /** Moves the first message; gives why that cannot be done, or undefined. */
  const moveOne = (
    task: MoveTask,
    region: string,
  ): Pick<MoveTask, "status" | "failureReason"> | undefined => {
    const source = find(task.sourceArn, region);
    const [message] = source?.peek(1) ?? [];
    if (!source || !message) return { status: "COMPLETED", failureReason: undefined };
    const destinationArn = task.destinationArn ?? message.sourceArn;
    if (destinationArn === undefined)
      return { status: "FAILED", failureReason: "CouldNotDetermineMessageSource" };
    const destination = find(destinationArn, region);
    if (!destination) return { status: "FAILED", failureReason: "AWS.SimpleQueueService.NonExistentQueue" };
    source.takeVisible();
    const { body, attributes, senderId } = message;
    destination.send({ body, attributes, delaySeconds: 0 }, senderId);
    task.moved += 1;
    return undefined;
  };

  /** Moves what one second may move, and comes back a second later. */
  const work = (task: MoveTask, region: string): void => {
    const rest = Math.min(task.maximumPerSecond ?? MAXIMUM_RATE, task.toMove - task.moved);
    for (let count = 0; count < rest && task.status === "RUNNING"; count += 1)
      Object.assign(task, moveOne(task, region));
    if (task.status !== "RUNNING") return;
    if (task.moved >= task.toMove) task.status = "COMPLETED";
    else clock.after(1000, () => work(task, region));
  };

  return {
    StartMessageMoveTask(json, { region }) {
      const input = parameters(json).only(["SourceArn", "DestinationArn", "MaxNumberOfMessagesPerSecond"]);
      const sourceArn = input.text("SourceArn");
      const destinationArn = input.optionalText("DestinationArn");
      const rate = { minimum: 1, maximum: MAXIMUM_RATE };
      const maximumPerSecond = input.optionalInteger("MaxNumberOfMessagesPerSecond", rate);
      const source = queueOf("SourceArn", sourceArn, region);
      if (destinationArn !== undefined) queueOf("DestinationArn", destinationArn, region);
      if (!isDeadLetterQueue(source, region))
        throw new ServiceError(
          "InvalidParameterValue",
          "Source queue must be configured as a Dead Letter Queue.",
        );
      const earlier = tasks.get(sourceArn) ?? [];
      if (earlier.some(({ status }) => status === "RUNNING"))
        throw new ServiceError(
          "InvalidParameterValue",
          "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        );
      const handle = Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn })).toString("base64");
      const task: MoveTask = {
        ...{ handle, sourceArn, destinationArn, maximumPerSecond },
        ...{ toMove: source.counts().visible, startedAt: clock.now() },
        ...{ moved: 0, status: "RUNNING", failureReason: undefined },
      };
      tasks.set(sourceArn, [task, ...earlier].slice(0, KEPT_TASKS));
      clock.after(0, () => work(task, region));
      return { TaskHandle: handle };
    },
    ListMessageMoveTasks(json, { region }) {
      const input = parameters(json).only(["SourceArn", "MaxResults"]);
      const sourceArn = input.text("SourceArn");
      queueOf("SourceArn", sourceArn, region);
      const limit = input.optionalInteger("MaxResults", { minimum: 1, maximum: KEPT_TASKS }) ?? 1;
      return { Results: (tasks.get(sourceArn) ?? []).slice(0, limit).map(show) };
    },
    CancelMessageMoveTask(json) {
      const handle = parameters(json).only(["TaskHandle"]).text("TaskHandle");
      const task = [...tasks.values()].flat().find((each) => each.handle === handle);
      if (!task) throw new ServiceError("ResourceNotFoundException", "Task does not exist.");
      if (task.status !== "RUNNING")
        throw new ServiceError("InvalidParameterValue", "Only active tasks can be cancelled.");
      task.status = "CANCELLED";
      return { ApproximateNumberOfMessagesMoved: task.moved };
    },
  };
}

function show(task: MoveTask): Json {
  return {
    ...(task.status === "RUNNING" ? { TaskHandle: task.handle } : {}),
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.maximumPerSecond,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAt,
  };
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterValue");
}
