/** What the services, the policies and the authorizer say to each other about permissions. */

/** Condition keys of a request, with their values: `aws:SourceArn`, `kms:ViaService` … */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** One thing that a call has to be permitted. A call may need several. */
export interface PermissionRequest {
  /** ARN of a role or user, or the name of a service such as `events.amazonaws.com`. */
  readonly principal: string;
  /** As in policies: `sqs:SendMessage`. */
  readonly action: string;
  /** ARN of the resource; `*` for actions that know none. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** A policy document with where it stands, for reports and error messages. */
export interface NamedPolicy {
  /** Such as `role trade-validator-…: policy` or `queue policy of arn:…`. */
  readonly name: string;
  readonly document: unknown;
}

/** A statement that took part in a decision. */
export interface StatementReference {
  readonly policy: string;
  /** Position in the document, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Why not: nothing allows it, or a statement denies it. */
  readonly denial: "implicit" | "explicit" | undefined;
  /** The statements that allow it, or the one that denies it. */
  readonly statements: readonly StatementReference[];
}
