/**
 * Property values as Pulumi puts them on the wire: plain JSON with a few marked forms.
 * Source: pulumi/pulumi, "sdk/proto: property values" (signatures of secrets and resource references, unknowns).
 */
import structs from "google-protobuf/google/protobuf/struct_pb.js";

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = { [key: string]: Value };

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e";

/** Stands for a value that is not known during a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isRecord(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value with every secret's envelope removed. */
export function withoutSecrets(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === SECRET) return withoutSecrets(value.value ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

/** Properties with every secret's envelope removed. */
export function plainProperties(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, withoutSecrets(value)]));
}

export function secret(value: Value): Properties {
  return { [SIGNATURE]: SECRET, value };
}

/** A reference to a custom resource, which the SDK turns into an object of its class. */
export function resourceReference(urn: string, id: string): Properties {
  return { [SIGNATURE]: RESOURCE_REFERENCE, urn, id };
}

export function fromStruct(struct: structs.Struct | undefined): Properties {
  return struct ? (struct.toJavaScript() as Properties) : {};
}

/** Goes through JSON first, which drops undefined members that a Struct cannot hold. */
export function toStruct(properties: Properties): structs.Struct {
  return structs.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}
