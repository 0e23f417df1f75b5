import { ServiceError } from "../service.ts";
import type { Key } from "./key-store.ts";

/** AWS KMS Developer Guide, "Key states of AWS KMS keys", as far as keys come into them here. */
export type KeyState = "Enabled" | "Disabled" | "PendingDeletion";

export function keyState({ isEnabled, deletionAt }: Key): KeyState {
  if (deletionAt !== undefined) return "PendingDeletion";
  return isEnabled ? "Enabled" : "Disabled";
}

/**
 * The key, for what only an enabled one does. Throws DisabledException or KMSInvalidStateException (AWS KMS Developer
 * Guide, "Key states of AWS KMS keys").
 */
export function enabled(key: Key): Key {
  if (keyState(existing(key)) === "Disabled")
    throw new ServiceError("DisabledException", `${key.arn} is disabled.`);
  return key;
}

/** The key, for what one that waits for its deletion does not do. Throws KMSInvalidStateException. */
export function existing(key: Key): Key {
  if (keyState(key) === "PendingDeletion")
    throw new ServiceError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
  return key;
}
