import type { Arns } from "../arns.ts";
import type { PolicyDocument, Statement } from "../policy-document.ts";
import { policyDocument } from "../policy-document.ts";

const USE = ["kms:Decrypt", "kms:GenerateDataKey*"];

/**
 * Policy of a region's customer key. Identity policies of this account decide for its roles; each service that uses
 * the key in its own name is listed. DynamoDB, ECR and Lambda use it through grants of
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
    // As "Encrypting EventBridge archives" has it.
    eventBridge("DescribeKeyForArchive", ["kms:DescribeKey"]),
    eventBridge("Archive", [...USE, "kms:ReEncrypt*"], {
      ArnEquals: { "kms:EncryptionContext:aws:events:event-bus:arn": arns.bus },
    }),
    // Without a condition, as the key policy for targets that are encrypted queues has it: EventBridge sends no
    // source account there. Which rule may send to which queue is in the queues' policies.
    eventBridge("DeliveryToQueues", USE),
    {
      Sid: "AlarmsToTopic",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: USE,
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": account } },
    },
  ]);
}

function eventBridge(sid: string, actions: string[], condition?: Statement["Condition"]): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: actions,
    // In a key policy this is the key itself.
    Resource: "*",
    ...(condition && { Condition: condition }),
  };
}
