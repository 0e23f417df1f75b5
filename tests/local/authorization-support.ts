import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createEc2, type Ec2Service } from "../../local/cloud/ec2/service.ts";
import { createEcr } from "../../local/cloud/ecr/service.ts";
import {
  type AuthorizerNeeds,
  createAuthorizer,
  type PermissionAuthorizer,
} from "../../local/cloud/iam/authorizer.ts";
import { createIam } from "../../local/cloud/iam/service.ts";
import { createKms } from "../../local/cloud/kms/service.ts";
import { createLogs } from "../../local/cloud/logs/service.ts";
import { createMonitoring } from "../../local/cloud/monitoring/service.ts";
import type { Json, Origin, Service } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { createSts } from "../../local/cloud/sts/service.ts";
import { createXray } from "../../local/cloud/xray/service.ts";

export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
export const QUEUE_URL = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/jobs`;
export const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:jobs`;

export const policy = (...Statement: Json[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
export const allow = (Action: string | string[], Resource: string | string[], more: Json = {}): Json => ({
  ...{ Effect: "Allow", Action, Resource },
  ...more,
});
export const deny = (Action: string | string[], Resource: string | string[], more: Json = {}): Json => ({
  ...allow(Action, Resource, more),
  Effect: "Deny",
});

/** A cloud whose authorizer is on, with a role `worker` that Lambda may assume and that may do nothing. */
export class AuthorizationBench {
  readonly cloud = new Cloud({ clock: new DrivenClock() });
  readonly iam = this.cloud.add(createIam);
  readonly ec2: Ec2Service = this.cloud.add(createEc2);
  readonly authorizer: PermissionAuthorizer;

  constructor(networkPath?: (bench: AuthorizationBench) => AuthorizerNeeds["networkPath"]) {
    const { cloud } = this;
    const { metrics } = cloud.add(createMonitoring);
    for (const make of [createKms, createSts, createSqs, createSsm, createXray])
      cloud.add(make as (surroundings: Cloud["surroundings"]) => Service);
    cloud.add((surroundings) => createLogs(surroundings, metrics));
    cloud.add((surroundings) => createEcr(surroundings, "/nonexistent"));
    const { services, surroundings } = cloud;
    const path = networkPath?.(this);
    this.authorizer = createAuthorizer({
      ...{ iam: this.iam, services, ...surroundings },
      ...(path ? { networkPath: path } : {}),
    });
    cloud.authorize = this.authorizer.authorize;
  }

  /** Calls as root, or as who is given. */
  call(service: string, operation: string, input: Json = {}, from: Partial<Origin> = {}): Promise<Json> {
    return this.cloud.call({ service, operation, region: REGION, principal: ROOT, ...from }, input);
  }

  /** The error that a call is refused with; fails if it is not. */
  async refusal(
    service: string,
    operation: string,
    input: Json = {},
    from: Partial<Origin> = {},
  ): Promise<{ code: string; message: string; status: number }> {
    try {
      await this.call(service, operation, input, from);
    } catch (error) {
      if (error instanceof ServiceError)
        return { code: error.code, message: error.message, status: error.status };
      throw error;
    }
    throw new Error(`${service}:${operation} was not refused`);
  }

  async role(trusted: string, condition: Json = {}): Promise<void> {
    const AssumeRolePolicyDocument = policy({
      ...{ Effect: "Allow", Principal: { Service: trusted }, Action: "sts:AssumeRole" },
      ...condition,
    });
    await this.call("iam", "CreateRole", { RoleName: "worker", AssumeRolePolicyDocument });
  }

  /** Gives the role these permissions and no others. */
  async permit(...statements: Json[]): Promise<void> {
    const PolicyDocument = policy(...statements);
    await this.call("iam", "PutRolePolicy", { RoleName: "worker", PolicyName: "policy", PolicyDocument });
  }

  async queue(Attributes: Record<string, string> = {}): Promise<void> {
    await this.call("sqs", "CreateQueue", { QueueName: "jobs", Attributes });
  }

  /** A customer key with this policy; gives its ARN. */
  async key(...statements: Json[]): Promise<string> {
    const ofAccount = { Effect: "Allow", Principal: { AWS: ROOT }, Action: "kms:*", Resource: "*" };
    const { KeyMetadata } = await this.call("kms", "CreateKey", { Policy: policy(ofAccount, ...statements) });
    return String((KeyMetadata as Json).Arn);
  }
}

/** What a worker sends to the queue. */
export const MESSAGE = { QueueUrl: QUEUE_URL, MessageBody: "job" };
export const AS_WORKER = { principal: ROLE };
