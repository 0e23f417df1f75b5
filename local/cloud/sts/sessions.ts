import { randomBytes } from "node:crypto";
import type { Call } from "../service.ts";

/** Whom an access key belongs to. */
export interface Session extends Pick<Call, "principal" | "sessionName" | "sourceFunctionArn"> {
  /** When its credentials expire, in milliseconds since the epoch; never if left out. */
  readonly expiresAt?: number;
}

/** Sessions by access key id. */
export type Sessions = Map<string, Session>;

/** Temporary credentials, as functions and clients of AssumeRole get them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** How access key ids of temporary credentials begin (IAM User Guide, "IAM identifiers": unique id prefixes). */
export const TEMPORARY_PREFIX = "ASIA";
/** How long expired credentials are told from unknown ones. */
const KEPT_AFTER_EXPIRY = 43_200_000;

/** Drops the sessions whose credentials expired long ago, so that a long run does not keep them all. */
export function dropExpired(sessions: Sessions, now: number): void {
  for (const [accessKeyId, { expiresAt }] of sessions)
    if (expiresAt !== undefined && expiresAt + KEPT_AFTER_EXPIRY <= now) sessions.delete(accessKeyId);
}

/** Ends the sessions of a role that was deleted: one that is made again under its name is another role. */
export function endSessions(sessions: Sessions, roleArn: string): void {
  for (const [accessKeyId, { principal }] of sessions)
    if (principal === roleArn) sessions.delete(accessKeyId);
}

/** New credentials, known as the session's from now on. */
export function issueCredentials(sessions: Sessions, session: Session): Credentials {
  const accessKeyId = `${TEMPORARY_PREFIX}${randomBytes(8).toString("hex").toUpperCase()}`;
  sessions.set(accessKeyId, session);
  return {
    accessKeyId,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(48).toString("base64"),
  };
}

/**
 * A session of a function's role for the function's own code, under the function's name and known by the function's
 * ARN (AWS Lambda Developer Guide, "Working with Lambda execution environment credentials").
 */
export function functionSession(roleArn: string, functionArn: string): Session {
  // The key holds the ARN of the function, whichever version runs.
  const parts = functionArn.split(":").slice(0, 7);
  return { principal: roleArn, sessionName: parts[6] ?? "", sourceFunctionArn: parts.join(":") };
}

/**
 * Gives the credentials of a function's own code. All processes of a function have the same, so that those that come
 * and go leave nothing behind; after the role was deleted they get new ones.
 */
export function functionCredentials(
  sessions: Sessions,
): (roleArn: string, functionArn: string) => Credentials {
  const issued = new Map<string, Credentials>();
  return (roleArn, functionArn) => {
    const key = `${roleArn} ${functionArn}`;
    const known = issued.get(key);
    if (known && sessions.has(known.accessKeyId)) return known;
    const fresh = issueCredentials(sessions, functionSession(roleArn, functionArn));
    issued.set(key, fresh);
    return fresh;
  };
}
