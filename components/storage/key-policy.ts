import type { Arns } from "../arns.ts";
import type { PolicyDocument, Statement } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";

const USE = ["kms:Decrypt", "kms:GenerateDataKey*"];

/**
 * Policy of a region's customer key. Identity policies of this account decide for its roles; each service that uses
 * the key in its own name is listed, for this account only. DynamoDB, ECR and Lambda use it through grants of
 * the caller and need no statement.
 */
export function keyPolicy(place: { account: string; region: string; arns: Arns }): PolicyDocument {
  const { account, region, arns } = place;
  return policyDocument([
    {
      Sid: "IdentityPoliciesOfThisAccount",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    {
      Sid: "LogGroups",
      Effect: "Allow",
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Resource: "*",
      Condition: {
        ArnEquals: {
          "kms:EncryptionContext:aws:logs:arn": [
            ...Object.values(arns.functionLogGroups),
            arns.stateMachineLogGroup,
          ],
        },
      },
    },
    // For what it delivers to encrypted queues, and for the archive.
    serviceUse("EventBridge", "events.amazonaws.com", [...USE, "kms:DescribeKey", "kms:ReEncrypt*"], account),
    serviceUse("AlarmsToTopic", "cloudwatch.amazonaws.com", USE, account),
  ]);
}

function serviceUse(sid: string, service: string, actions: string[], account: string): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Principal: { Service: service },
    Action: actions,
    // In a key policy this is the key itself.
    Resource: "*",
    Condition: { StringEquals: { "aws:SourceAccount": account } },
  };
}
