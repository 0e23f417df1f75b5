import { randomBytes } from "node:crypto";
import { Input } from "../input.ts";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { keyIdOf, open, seal } from "./cipher.ts";
import { enabled } from "./key-state.ts";
import type { KeyStore } from "./key-store.ts";

const ALGORITHM = "SYMMETRIC_DEFAULT";
/** AWS KMS API Reference, Encrypt and Decrypt. */
const MAXIMUM_PLAINTEXT_BYTES = 4_096;
const MAXIMUM_CIPHERTEXT_BYTES = 6_144;
const DATA_KEY_BYTES: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 };

/** The operations that use a key. Binary members are base64, as in the JSON protocol. */
export function cryptography(store: KeyStore): Readonly<Record<string, Operation>> {
  return {
    Encrypt(json, { region }) {
      const input = read(json, "KeyId", "Plaintext", "EncryptionContext", "EncryptionAlgorithm");
      const plaintext = bytes(input, "Plaintext", MAXIMUM_PLAINTEXT_BYTES);
      const key = enabled(store.get(region, input.text("KeyId")));
      const sealed = seal(key.id, key.material, plaintext, input.textMap("EncryptionContext"));
      return { CiphertextBlob: sealed.toString("base64"), KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
    },
    Decrypt(json, call) {
      const input = read(json, "KeyId", "CiphertextBlob", "EncryptionContext", "EncryptionAlgorithm");
      const { arn, plaintext } = decrypted(store, input, call);
      return { Plaintext: plaintext.toString("base64"), KeyId: arn, EncryptionAlgorithm: ALGORITHM };
    },
    GenerateDataKey(json, { region }) {
      const input = read(json, "KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext");
      const spec = input.optionalText("KeySpec", { oneOf: Object.keys(DATA_KEY_BYTES) });
      const given = input.optionalInteger("NumberOfBytes", { minimum: 1, maximum: 1024 });
      if ((spec === undefined) === (given === undefined))
        throw new ServiceError("ValidationException", "Please specify either number of bytes or key spec.");
      const key = enabled(store.get(region, input.text("KeyId")));
      const plaintext = randomBytes(given ?? DATA_KEY_BYTES[spec ?? ""] ?? 0);
      const sealed = seal(key.id, key.material, plaintext, input.textMap("EncryptionContext"));
      return {
        Plaintext: plaintext.toString("base64"),
        CiphertextBlob: sealed.toString("base64"),
        KeyId: key.arn,
      };
    },
  };
}

function decrypted(store: KeyStore, input: Input, { region }: Call): { arn: string; plaintext: Buffer } {
  const ciphertext = bytes(input, "CiphertextBlob", MAXIMUM_CIPHERTEXT_BYTES);
  const made = store.find(region, keyIdOf(ciphertext) ?? "");
  const wanted = input.optionalText("KeyId");
  if (wanted !== undefined && store.get(region, wanted) !== made)
    throw new ServiceError(
      "IncorrectKeyException",
      "The key ID in the request does not identify a CMK that can perform this operation.",
    );
  if (!made) throw new ServiceError("InvalidCiphertextException", "");
  const { arn, material } = enabled(made);
  const plaintext = open(ciphertext, material, input.textMap("EncryptionContext"));
  if (!plaintext) throw new ServiceError("InvalidCiphertextException", "");
  return { arn, plaintext };
}

function read(json: Json, ...members: string[]): Input {
  const input = new Input(json).only(members);
  input.optionalText("EncryptionAlgorithm", { oneOf: [ALGORITHM] });
  return input;
}

function bytes(input: Input, member: string, maximum: number): Buffer {
  const content = Buffer.from(input.text(member), "base64");
  if (content.length < 1 || content.length > maximum)
    throw input.refuse(member, `${content.length} bytes`, `Member must have 1 to ${maximum} bytes`);
  return content;
}
