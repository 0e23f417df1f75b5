import { createHash } from "node:crypto";

/** Starts of one message that can be told apart; more would be a message that never ends well. */
export const MAXIMUM_STARTS = 99;

/**
 * What begins the names of the executions that one message starts, the same in every run: 48 of the 80 characters that
 * Step Functions allows (StartExecution, `name`).
 */
export function namePrefix(event: string, messageId: string): string {
  const digest = createHash("sha256").update(`${event}\n${messageId}`).digest("hex");
  return `redrive-${digest.slice(0, 40)}`;
}

/** The name of the start with this number, from 1. */
export function executionName(prefix: string, start: number): string {
  return `${prefix}-${start}`;
}

/** What begins the name of an execution, of STANDARD or EXPRESS, that a redrive has started; else undefined. */
export function prefixOf(executionArn: string): string | undefined {
  return /:(redrive-[0-9a-f]{40})-\d+(?::|$)/.exec(executionArn)?.[1];
}

/** Whether an execution is of an EXPRESS state machine (Step Functions, "Resource types defined"). */
export function isExpress(executionArn: string): boolean {
  return executionArn.split(":")[5] === "express";
}

/** The ARN of an execution of a STANDARD state machine (Step Functions, "Resource types defined"). */
export function executionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
}
