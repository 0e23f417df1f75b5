import { DYNAMODB_ACTIONS } from "./dynamodb.ts";
import { EC2_ACTIONS, XRAY_ACTIONS } from "./ec2.ts";
import { ECR_ACTIONS } from "./ecr.ts";
import { EVENTS_ACTIONS } from "./events.ts";
import { LAMBDA_ACTIONS } from "./lambda.ts";
import { LOGS_ACTIONS } from "./logs.ts";
import { MONITORING_ACTIONS } from "./monitoring.ts";
import { ROUTE53_ACTIONS } from "./route53.ts";
import { SCHEDULER_ACTIONS } from "./scheduler.ts";
import { IAM_ACTIONS, kmsActions, STS_ACTIONS } from "./security.ts";
import { SNS_ACTIONS } from "./sns.ts";
import { SQS_ACTIONS } from "./sqs.ts";
import { SSM_ACTIONS } from "./ssm.ts";
import { STATES_ACTIONS } from "./states.ts";
import type { ActionTable, Place } from "./table.ts";

/** The permissions of every service's operations. `keyArn` finds the key that an id, alias or ARN means. */
export function actionTables(
  keyArn: (id: string, at: Place) => string,
): Readonly<Record<string, ActionTable>> {
  return {
    dynamodb: DYNAMODB_ACTIONS,
    ec2: EC2_ACTIONS,
    ecr: ECR_ACTIONS,
    events: EVENTS_ACTIONS,
    iam: IAM_ACTIONS,
    kms: kmsActions(keyArn),
    lambda: LAMBDA_ACTIONS,
    logs: LOGS_ACTIONS,
    monitoring: MONITORING_ACTIONS,
    scheduler: SCHEDULER_ACTIONS,
    route53: ROUTE53_ACTIONS,
    sns: SNS_ACTIONS,
    sqs: SQS_ACTIONS,
    ssm: SSM_ACTIONS,
    states: STATES_ACTIONS,
    sts: STS_ACTIONS,
    xray: XRAY_ACTIONS,
  };
}
