import { createHash } from "node:crypto";
import { Input, isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** A message attribute as the JSON protocol carries it; BinaryValue is base64. */
export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

/** Content of a message to be sent, checked. */
export interface MessageContent {
  body: string;
  attributes: Record<string, MessageAttribute>;
  /** Seconds; undefined for the queue's own delay. */
  delaySeconds: number | undefined;
}

/** Amazon SQS API Reference, SendMessage: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the rule is about control characters
const FOREIGN_CHARACTER = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const MAXIMUM_ATTRIBUTES = 10;
/** Amazon SQS Developer Guide, "Amazon SQS message quotas": 15 minutes. */
const MAXIMUM_DELAY_SECONDS = 900;

/** Reads and checks a message; `maximumBytes` is the queue's MaximumMessageSize, which attributes count towards. */
export function readMessage(json: Json, maximumBytes: number): MessageContent {
  const input = new Input(json, "InvalidParameterValue").only([
    "Id",
    "QueueUrl",
    "MessageBody",
    "MessageAttributes",
    "DelaySeconds",
  ]);
  if (!input.has("MessageBody"))
    throw new ServiceError("MissingParameter", "The request must contain the parameter MessageBody.");
  const body = input.text("MessageBody", { minimum: 1 });
  if (FOREIGN_CHARACTER.test(body))
    throw new ServiceError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD",
    );
  const attributes = readAttributes(input.record("MessageAttributes"));
  const delaySeconds = input.optionalInteger("DelaySeconds", { minimum: 0, maximum: MAXIMUM_DELAY_SECONDS });
  if (messageBytes(json) > maximumBytes)
    throw new ServiceError(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`,
    );
  return { body, attributes, delaySeconds };
}

/** Size of a message as SQS counts it: body, and name, type and value of each attribute, in bytes. */
export function messageBytes(json: Json): number {
  let bytes = typeof json.MessageBody === "string" ? Buffer.byteLength(json.MessageBody) : 0;
  if (isJson(json.MessageAttributes))
    for (const [name, attribute] of Object.entries(json.MessageAttributes)) {
      bytes += Buffer.byteLength(name);
      if (!isJson(attribute)) continue;
      for (const part of [attribute.DataType, attribute.StringValue])
        if (typeof part === "string") bytes += Buffer.byteLength(part);
      if (typeof attribute.BinaryValue === "string")
        bytes += Buffer.byteLength(attribute.BinaryValue, "base64");
    }
  return bytes;
}

function readAttributes(record: Json): Record<string, MessageAttribute> {
  const attributes: Record<string, MessageAttribute> = {};
  const names = Object.keys(record);
  if (names.length > MAXIMUM_ATTRIBUTES)
    throw new ServiceError(
      "InvalidParameterValue",
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MAXIMUM_ATTRIBUTES}].`,
    );
  for (const name of names) {
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name) || /^(aws|amazon)\./i.test(name))
      throw new ServiceError("InvalidParameterValue", `The message attribute name '${name}' is invalid.`);
    attributes[name] = readAttribute(name, record[name]);
  }
  return attributes;
}

function readAttribute(name: string, value: unknown): MessageAttribute {
  const kind = isJson(value) && typeof value.DataType === "string" ? value.DataType.split(".")[0] : undefined;
  if (
    !isJson(value) ||
    typeof value.DataType !== "string" ||
    !["String", "Number", "Binary"].includes(kind ?? "")
  )
    throw new ServiceError(
      "InvalidParameterValue",
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported ` +
        "type prefixes: Binary, Number, String.",
    );
  const member = kind === "Binary" ? "BinaryValue" : "StringValue";
  const content = value[member];
  if (typeof content !== "string" || content === "")
    throw new ServiceError(
      "InvalidParameterValue",
      `The message (user) attribute '${name}' must contain a non-empty message attribute value in ${member}.`,
    );
  if (kind === "Number" && !Number.isFinite(Number(content)))
    throw new ServiceError(
      "InvalidParameterValue",
      `Can't cast the value of message (user) attribute '${name}' to a number.`,
    );
  return { DataType: value.DataType, [member]: content };
}

/** MD5 of a body as hexadecimal text. */
export function bodyDigest(body: string): string {
  return createHash("md5").update(body).digest("hex");
}

/**
 * MD5 of message attributes; undefined if there are none. (Amazon SQS Developer Guide, "Calculating the MD5 message
 * digest for message attributes": by name; length and bytes of name, type and value; 1 for text, 2 for binary.)
 */
export function attributesDigest(attributes: Readonly<Record<string, MessageAttribute>>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (!attribute) continue;
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    const binary = attribute.BinaryValue !== undefined;
    hash.update(Buffer.of(binary ? 2 : 1));
    add(
      binary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? ""),
    );
  }
  return hash.digest("hex");
}
