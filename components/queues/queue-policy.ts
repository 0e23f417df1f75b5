import type { PolicyDocument } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";

/**
 * Policy of a queue: nobody without TLS, and EventBridge only on behalf of the given rules. Without the second
 * statement EventBridge drops what it cannot deliver (EventBridge User Guide, "Using dead-letter queues").
 */
export function queuePolicy(queueArn: string, ruleArns: readonly string[]): PolicyDocument {
  return policyDocument([
    {
      Sid: "OnlyWithTls",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Resource: queueArn,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    ...(ruleArns.length === 0
      ? []
      : [
          {
            Sid: "EventBridgeRules",
            Effect: "Allow" as const,
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: queueArn,
            Condition: { ArnEquals: { "aws:SourceArn": ruleArns } },
          },
        ]),
  ]);
}
