import { uniqueId } from "../iam/unique-id.ts";
import { Input } from "../input.ts";
import type { Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { dropExpired, issueCredentials, type Sessions } from "./sessions.ts";

/** STS: who a caller is, and temporary credentials of a role. */
export interface StsService extends Service {
  /** Sessions by access key id; credentials of AssumeRole are added to it. */
  readonly sessions: Sessions;
}

const ROLE = /^arn:aws:iam::\d{12}:role\/.+$/;
const SESSION_NAME = { minimum: 2, maximum: 64, pattern: /^[\w+=,.@-]*$/ };
const DEFAULT_DURATION_SECONDS = 3600;
const MEMBERS = ["RoleArn", "RoleSessionName", "DurationSeconds"];
/** Sessions that a service made for itself are without a name here. */
const UNNAMED_SESSION = "session";

/** Who may assume a role is decided by its trust policy, as for every call, before AssumeRole is carried out. */
export function createSts(surroundings: Surroundings): StsService {
  const { account, clock } = surroundings;
  const sessions: Sessions = new Map();
  const assumed = (role: string, session: string) => ({
    id: `${uniqueId("AROA", role)}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${role.slice(role.lastIndexOf("/") + 1)}/${session}`,
  });
  return {
    name: "sts",
    sessions,
    operations: {
      GetCallerIdentity(_json, { principal, sessionName = UNNAMED_SESSION }) {
        if (!ROLE.test(principal)) return { UserId: account, Account: account, Arn: principal };
        const { id, arn } = assumed(principal, sessionName);
        return { UserId: id, Account: account, Arn: arn };
      },
      AssumeRole(json): Json {
        const input = new Input(json, "ValidationError").only(MEMBERS);
        const role = input.text("RoleArn", { minimum: 20, maximum: 2048 });
        if (!ROLE.test(role)) throw new ServiceError("ValidationError", `${role} is invalid`);
        const sessionName = input.text("RoleSessionName", SESSION_NAME);
        const seconds =
          input.optionalInteger("DurationSeconds", { minimum: 900, maximum: 43_200 }) ??
          DEFAULT_DURATION_SECONDS;
        const expiresAt = clock.now() + seconds * 1000;
        dropExpired(sessions, clock.now());
        const issued = issueCredentials(sessions, { principal: role, sessionName, expiresAt });
        const { id, arn } = assumed(role, sessionName);
        return {
          Credentials: {
            AccessKeyId: issued.accessKeyId,
            SecretAccessKey: issued.secretAccessKey,
            SessionToken: issued.sessionToken,
            Expiration: new Date(expiresAt).toISOString(),
          },
          AssumedRoleUser: { AssumedRoleId: id, Arn: arn },
        };
      },
    },
  };
}
