import type { Arns } from "../arns.ts";
import type { PolicyDocument, Statement } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";

/** Endpoints that cost nothing and go into route tables. */
export const GATEWAY_ENDPOINTS = ["dynamodb", "s3"] as const;
/** Endpoints with a network interface in each subnet, for exactly what the functions call. */
export const INTERFACE_ENDPOINTS = ["ssm", "logs", "events", "sqs"] as const;
/** Those that only the census calls, which goes by way of NAT where there is one. */
export const CENSUS_ENDPOINTS: readonly EndpointService[] = ["events", "sqs"];
export type EndpointService = (typeof GATEWAY_ENDPOINTS | typeof INTERFACE_ENDPOINTS)[number];

export interface EndpointPlace {
  readonly account: string;
  readonly region: string;
  readonly suffix: string;
  readonly arns: Arns;
}

/** What may pass through an endpoint: calls of this account's principals to this deployment's resources. */
export function endpointPolicy(service: EndpointService, place: EndpointPlace): PolicyDocument {
  const allowed = ALLOWED[service](place);
  return policyDocument([
    {
      ...allowed,
      Effect: "Allow",
      // Endpoint policies name principals by condition: role ARNs are not allowed on gateway endpoints.
      Principal: "*",
      Condition: { StringEquals: { "aws:PrincipalAccount": place.account } },
    },
  ]);
}

type Allowed = Pick<Statement, "Action" | "Resource">;

const ALLOWED: Readonly<Record<EndpointService, (place: EndpointPlace) => Allowed>> = {
  dynamodb: ({ arns }) => ({
    Action: [
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ],
    Resource: [arns.tradesTable, arns.enrichmentPendingIndex, arns.outcomesTable, arns.heartbeatsTable],
  }),
  s3: ({ suffix, region }) => {
    const buckets = `arn:aws:s3:::*-${suffix}-${region}`;
    return { Action: ["s3:GetObject", "s3:PutObject"], Resource: [`${buckets}/*`] };
  },
  ssm: ({ arns }) => ({ Action: ["ssm:GetParameters"], Resource: arns.parameters }),
  events: ({ arns }) => ({
    Action: ["events:StartReplay", "events:DescribeArchive", "events:DescribeReplay"],
    Resource: [arns.archive, arns.bus, arns.censusReplays],
  }),
  sqs: ({ arns }) => ({
    Action: ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"],
    Resource: [arns.censusQueue, arns.routingDeadLetterQueue, arns.unaccountedQueue],
  }),
  logs: ({ arns }) => ({
    Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: [...Object.values(arns.functionLogGroups), arns.insightsLogGroup].flatMap((group) => [
      group,
      `${group}:*`,
    ]),
  }),
};
