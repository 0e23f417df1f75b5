import { randomBytes } from "node:crypto";
import { Input } from "../input.ts";
import type { Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";

/** STS: who a caller is, and temporary credentials of a role. */
export interface StsService extends Service {
  /** Principal ARN by access key id; credentials of AssumeRole are added to it. */
  readonly principals: Map<string, string>;
}

const ROLE = /^arn:aws:iam::\d{12}:role\/.+$/;
const SESSION_NAME = { minimum: 2, maximum: 64, pattern: /^[\w+=,.@-]*$/ };
const DEFAULT_DURATION_SECONDS = 3600;

/**
 * GetCallerIdentity gives the principal's own ARN, that is a role's and not that of a session of it. Credentials do
 * not expire, and a role's trust policy is not asked.
 */
export function createSts(surroundings: Surroundings): StsService {
  const principals = new Map<string, string>();
  return {
    name: "sts",
    principals,
    operations: {
      GetCallerIdentity: (_json, { principal }) => ({
        UserId: principal.endsWith(":root") ? surroundings.account : uniqueId("AROA", principal),
        Account: surroundings.account,
        Arn: principal,
      }),
      AssumeRole(json): Json {
        const input = new Input(json, "ValidationError");
        const role = input.text("RoleArn", { minimum: 20, maximum: 2048 });
        if (!ROLE.test(role)) throw new ServiceError("ValidationError", `${role} is invalid`);
        const session = input.text("RoleSessionName", SESSION_NAME);
        const seconds =
          input.optionalInteger("DurationSeconds", { minimum: 900, maximum: 43_200 }) ??
          DEFAULT_DURATION_SECONDS;
        const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
        principals.set(accessKeyId, role);
        const name = role.slice(role.lastIndexOf("/") + 1);
        return {
          Credentials: {
            AccessKeyId: accessKeyId,
            SecretAccessKey: randomBytes(30).toString("base64"),
            SessionToken: randomBytes(48).toString("base64"),
            Expiration: new Date(surroundings.clock.now() + seconds * 1000).toISOString(),
          },
          AssumedRoleUser: {
            AssumedRoleId: `${uniqueId("AROA", role)}:${session}`,
            Arn: `arn:aws:sts::${surroundings.account}:assumed-role/${name}/${session}`,
          },
        };
      },
    },
  };
}

/** A unique id in the form of IAM's, the same for the same ARN. */
function uniqueId(prefix: string, arn: string): string {
  return prefix + Buffer.from(arn).toString("hex").toUpperCase().slice(-17).padStart(17, "0");
}
