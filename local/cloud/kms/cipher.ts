import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** What a ciphertext is bound to: it decrypts with the same pairs only. */
export type EncryptionContext = Readonly<Record<string, string>>;

const ALGORITHM = "aes-256-gcm";
const FORMAT = 1;
const ID_BYTES = 36;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + IV_BYTES + TAG_BYTES;

/** A ciphertext that names its key, as KMS's do, so that decryption needs no key id. */
export function seal(keyId: string, material: Buffer, plaintext: Buffer, context: EncryptionContext): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, material, iv).setAAD(bound(keyId, context));
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), Buffer.from(keyId), iv, cipher.getAuthTag(), content]);
}

/** Id of the key that a ciphertext was made with; undefined if it is none of `seal`. */
export function keyIdOf(ciphertext: Buffer): string | undefined {
  if (ciphertext.length < HEADER_BYTES || ciphertext[0] !== FORMAT) return undefined;
  return ciphertext.toString("utf8", 1, 1 + ID_BYTES);
}

/** The plaintext; undefined if the ciphertext was changed, or bound to another context. */
export function open(ciphertext: Buffer, material: Buffer, context: EncryptionContext): Buffer | undefined {
  const iv = ciphertext.subarray(1 + ID_BYTES, 1 + ID_BYTES + IV_BYTES);
  const tag = ciphertext.subarray(HEADER_BYTES - TAG_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv(ALGORITHM, material, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound(keyIdOf(ciphertext) ?? "", context)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(HEADER_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The order of the pairs does not matter ("Encryption context" in the AWS KMS Developer Guide). */
function bound(keyId: string, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(JSON.stringify([keyId, pairs]));
}
