import { randomUUID } from "node:crypto";
import type { Json, Origin, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { BusEvent, Rule, Target } from "./model.ts";

/** The principal of deliveries that a resource's policy allows, rather than a role. */
const EVENTS_PRINCIPAL = "events.amazonaws.com";

/** Under this symbol a bus hands an event to another one as it is; no request over the wire can carry a symbol. */
export const FORWARDED = Symbol("forwarded event");

/** Makes one attempt after the other to hand an event to a target. */
export type Deliver = () => Promise<void>;

/** From where EventBridge calls in its own name, on behalf of a rule. */
export function onBehalfOf(rule: Rule, region = rule.region): Origin {
  return { region, principal: EVENTS_PRINCIPAL, sourceArn: rule.arn };
}

/** Prepares a delivery: all its attempts have the same input and, for a state machine, the same execution name. */
export function delivery(
  event: BusEvent,
  rule: Rule,
  target: Target,
  surroundings: Surroundings,
  queueUrl: (arn: string) => string,
): Deliver {
  const { arn, roleArn } = target;
  const region = arn.split(":")[3] ?? "";
  const from: Origin =
    roleArn === undefined
      ? onBehalfOf(rule, region)
      : { region, principal: roleArn, assumedBy: EVENTS_PRINCIPAL, sourceArn: rule.arn };
  const call = async (service: string, operation: string, request: Json) => {
    await surroundings.call(service, operation, request, from);
  };
  switch (target.kind) {
    case "stateMachine": {
      const name = `${event.id}_${randomUUID()}`;
      return async () => {
        const request = { stateMachineArn: arn, name, input: target.input(event, rule) };
        await call("states", "StartExecution", request).catch(unlessStarted);
      };
    }
    case "queue":
      return async () => {
        const request = { QueueUrl: queueUrl(arn), MessageBody: target.input(event, rule) };
        await call("sqs", "SendMessage", request);
      };
    case "function":
      return async () => {
        const request = { FunctionName: arn, InvocationType: "Event", Payload: target.input(event, rule) };
        await call("lambda", "Invoke", request);
      };
    case "topic":
      return async () => {
        await call("sns", "Publish", { TopicArn: arn, Message: target.input(event, rule) });
      };
    case "bus":
      return async () => {
        if (event.isForwarded) throw thirdHop(event, region);
        await call("events", "PutEvents", forwarding(event, arn));
      };
  }
}

/** The name is this delivery's own: if it is taken, an earlier attempt started the execution unnoticed. */
function unlessStarted(error: unknown): void {
  if (!(error instanceof ServiceError) || error.code !== "ExecutionAlreadyExists") throw error;
}

function thirdHop(event: BusEvent, region: string): ServiceError {
  const code = event.envelope.region === region ? "THIRD_ACCOUNT_HOP_DETECTED" : "THIRD_REGION_HOP_DETECTED";
  return new ServiceError(code, "Events received from another event bus cannot be forwarded to a third one.");
}

/** The request by which a bus hands an event to another one. */
export function forwarding(event: BusEvent, EventBusName: string): Json {
  const { envelope } = event;
  const entry = {
    ...{ EventBusName, Source: envelope.source, DetailType: envelope["detail-type"] },
    ...{ Detail: JSON.stringify(envelope.detail), Resources: envelope.resources },
  };
  const request: Json & { [FORWARDED]?: BusEvent } = { Entries: [entry] };
  request[FORWARDED] = { ...event, isForwarded: true };
  return request;
}
