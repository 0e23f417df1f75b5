import { randomUUID } from "node:crypto";
import type { Json, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { readSteps } from "../states/paths.ts";
import type { BusEvent, Target } from "./model.ts";

/** The principal of deliveries that a queue's policy allows, rather than a role. */
export const EVENTS_PRINCIPAL = "events.amazonaws.com";

/** Under this symbol a bus hands an event to another one as it is; no request over the wire can carry a symbol. */
export const FORWARDED = Symbol("forwarded event");

/** Makes one attempt after the other to hand an event to a target. */
export type Deliver = () => Promise<void>;

/** Prepares a delivery: all its attempts have the same input and, for a state machine, the same execution name. */
export function delivery(
  event: BusEvent,
  target: Target,
  surroundings: Surroundings,
  queueUrl: (arn: string) => string,
): Deliver {
  const region = target.arn.split(":")[3] ?? "";
  const from = { region, principal: target.roleArn ?? EVENTS_PRINCIPAL };
  switch (target.kind) {
    case "stateMachine": {
      const name = `${event.id}_${randomUUID()}`;
      return async () => {
        const request = { stateMachineArn: target.arn, name, input: inputOf(event, target) };
        await surroundings.call("states", "StartExecution", request, from).catch(unlessStarted);
      };
    }
    case "queue":
      return async () => {
        const request = { QueueUrl: queueUrl(target.arn), MessageBody: inputOf(event, target) };
        await surroundings.call("sqs", "SendMessage", request, from);
      };
    case "bus":
      return async () => {
        if (event.isForwarded) throw thirdHop(event, region);
        await surroundings.call("events", "PutEvents", forwarding(event, target.arn), from);
      };
  }
}

/** The name is this delivery's own: if it is taken, an earlier attempt started the execution unnoticed. */
function unlessStarted(error: unknown): void {
  if (!(error instanceof ServiceError) || error.code !== "ExecutionAlreadyExists") throw error;
}

function inputOf(event: BusEvent, target: Target): string {
  if (!target.inputPath || target.inputPath.steps.length === 0) return event.text;
  const value = readSteps(event.envelope, target.inputPath.steps);
  if (value === undefined)
    throw new ServiceError("INVALID_JSON", `InputPath $.${target.inputPath.steps.join(".")} leads nowhere`);
  return JSON.stringify(value);
}

function thirdHop(event: BusEvent, region: string): ServiceError {
  const code = event.envelope.region === region ? "THIRD_ACCOUNT_HOP_DETECTED" : "THIRD_REGION_HOP_DETECTED";
  return new ServiceError(code, "Events received from another event bus cannot be forwarded to a third one.");
}

function forwarding(event: BusEvent, EventBusName: string): Json {
  const { envelope } = event;
  const entry = {
    ...{ EventBusName, Source: envelope.source, DetailType: envelope["detail-type"] },
    ...{ Detail: JSON.stringify(envelope.detail), Resources: envelope.resources },
  };
  const request: Json & { [FORWARDED]?: BusEvent } = { Entries: [entry] };
  request[FORWARDED] = { ...event, isForwarded: true };
  return request;
}
