/** IAM policy documents as plain data, shared by roles, keys, queues, topics and endpoints. */

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  /** Absent in trust policies only. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** A document of these statements. */
export function policyDocument(statements: readonly Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** Services whose roles may be bound to the account that they act for. */
const SERVICES_THAT_NAME_THE_ACCOUNT = [
  "states.amazonaws.com",
  "events.amazonaws.com",
  "scheduler.amazonaws.com",
];

/**
 * Lets a service assume a role; on behalf of this account only, where the service says for whom it acts
 * (AWS IAM User Guide, "The confused deputy problem"; Lambda is not among the services that document it for
 * execution roles).
 */
export function trustPolicy(service: string, account: string): PolicyDocument {
  const bound = SERVICES_THAT_NAME_THE_ACCOUNT.includes(service);
  return policyDocument([
    {
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sts:AssumeRole",
      ...(bound && { Condition: { StringEquals: { "aws:SourceAccount": account } } }),
    },
  ]);
}
