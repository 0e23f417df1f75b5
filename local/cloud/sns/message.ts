import type { Input } from "../input.ts";
import { isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** A message attribute as the API has it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** A message that was published. */
export interface Message {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** What subscribers of a protocol get. */
  readonly bodyFor: (protocol: string) => string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Amazon SNS API Reference, Publish. */
const MAXIMUM_BYTES = 262_144;
const LONGEST_SUBJECT = 99;

/** Subject, bodies and attributes of a Publish. Throws ServiceError for what AWS refuses. */
export function readMessage(input: Input): Pick<Message, "subject" | "bodyFor" | "attributes"> {
  const subject = input.optionalText("Subject");
  if (subject !== undefined && (subject.length > LONGEST_SUBJECT || !/^[!-~][ -~]*$/.test(subject)))
    throw invalid("Subject");
  const message = input.optionalText("Message") ?? "";
  if (message === "") throw invalid("Empty message");
  const attributes = readAttributes(input.record("MessageAttributes"));
  const bytes = Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue = "", BinaryValue = "" }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.from(BinaryValue, "base64").length,
    Buffer.byteLength(message),
  );
  if (bytes > MAXIMUM_BYTES) throw invalid("Message too long");
  const structure = input.optionalText("MessageStructure");
  if (structure !== undefined && structure !== "json") throw invalid("MessageStructure");
  return { subject, attributes, bodyFor: structure === "json" ? bodies(message) : () => message };
}

/** A message for each protocol, as JSON text: "default" is required. */
function bodies(message: string): (protocol: string) => string {
  let each: unknown;
  try {
    each = JSON.parse(message);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const texts = isJson(each) ? each : {};
  const usual = texts.default;
  if (typeof usual !== "string") throw invalid("Message Structure - No default entry in JSON message body");
  return (protocol) => {
    const text = Object.hasOwn(texts, protocol) ? texts[protocol] : usual;
    return typeof text === "string" ? text : usual;
  };
}

function readAttributes(attributes: Json): Record<string, MessageAttribute> {
  const read: Record<string, MessageAttribute> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const { DataType, StringValue, BinaryValue } = isJson(value) ? value : {};
    const isBinary = DataType === "Binary";
    if (typeof DataType !== "string" || !/^(String|String\.Array|Number|Binary)$/.test(DataType))
      throw new ServiceError(
        "ParameterValueInvalid",
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    const content = isBinary ? BinaryValue : StringValue;
    if (typeof content !== "string" || content === "")
      throw new ServiceError(
        "ParameterValueInvalid",
        `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
      );
    read[name] = { DataType, [isBinary ? "BinaryValue" : "StringValue"]: content };
  }
  return read;
}

/**
 * The notification as a queue gets it without raw delivery (Amazon SNS Developer Guide, "Parsing Amazon SNS message
 * formats"). It is not signed, so the members of a signature are left out.
 */
export function envelope(message: Message, protocol: string): string {
  const attributes = Object.entries(message.attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? BinaryValue },
    ],
  );
  return JSON.stringify({
    Type: "Notification",
    MessageId: message.id,
    TopicArn: message.topicArn,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    Message: message.bodyFor(protocol),
    Timestamp: new Date(message.at).toISOString(),
    ...(attributes.length > 0 ? { MessageAttributes: Object.fromEntries(attributes) } : {}),
  });
}

/** An error in the words of SNS, which names the parameter. */
export function invalid(parameter: string): ServiceError {
  return new ServiceError("InvalidParameter", `Invalid parameter: ${parameter}`);
}
