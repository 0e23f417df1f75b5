import type { PolicyDocument } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";

/** Lets this deployment's alarms publish, and nobody publish without TLS. */
export function topicPolicy(place: { topicArn: string; account: string; alarms: string }): PolicyDocument {
  return policyDocument([
    {
      Sid: "OnlyWithTls",
      Effect: "Deny",
      Principal: "*",
      Action: "sns:Publish",
      Resource: place.topicArn,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "AlarmsOfThisDeployment",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource: place.topicArn,
      Condition: {
        StringEquals: { "aws:SourceAccount": place.account },
        ArnLike: { "aws:SourceArn": place.alarms },
      },
    },
  ]);
}
