import type { Json } from "../../service.ts";
import type { RequestContext } from "../model.ts";

/** Where an operation is called: what ARNs are written from. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** One permission that an operation needs. */
export interface Need {
  /** As in policies: `sqs:SendMessage`. */
  readonly action: string;
  /** ARN, or `*` for an action that knows no resource. */
  readonly resource: string;
  /** The condition keys of the service itself. */
  readonly context?: RequestContext;
}

/** What an operation needs; nothing for the few that everybody may call. */
export type Needs = (input: Json, at: Place) => readonly Need[];

/**
 * The permissions of a service's operations, from the Service Authorization Reference, "Actions, resources, and
 * condition keys for AWS services". An operation without a row is refused.
 */
export type ActionTable = Readonly<Record<string, Needs>>;

export type Resource = (input: Json, at: Place) => string;

/** Actions that know no resource. */
export const anything: Resource = () => "*";

/** Rows of operations that need the action of their own name, on one resource. */
export function rows(service: string, resource: Resource, ...operations: string[]): ActionTable {
  return Object.fromEntries(operations.map((name) => [name, need(`${service}:${name}`, resource)]));
}

/** The row of an operation that needs an action of another name. */
export function need(action: string, resource: Resource): Needs {
  return (input, at) => [{ action, resource: resource(input, at) }];
}

export function regional(service: string, at: Place, rest: string): string {
  return `arn:aws:${service}:${at.region}:${at.account}:${rest}`;
}

/** A member's text; empty if it is none, which the operation itself then refuses. */
export function member(input: Json, name: string): string {
  const value = input[name];
  return typeof value === "string" ? value : "";
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** Handing a role to a service: `iam:PassRole`, if there is a role in the request. */
export function passed(role: unknown, service: string): Need[] {
  if (typeof role !== "string" || role === "") return [];
  return [{ action: "iam:PassRole", resource: role, context: { "iam:PassedToService": service } }];
}
