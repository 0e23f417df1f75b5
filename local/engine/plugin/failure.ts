import { Metadata, type ServerErrorResponse, status } from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { toStruct } from "../../program/wire.ts";
import { Unfinished } from "../../providers/lifecycle.ts";

/** An error that the engine understands as "this provider has no such method". */
export class Unimplemented extends Error {}

/**
 * An error as the engine takes it over gRPC. That a resource was made all the same is told in a detail of the status
 * (pulumi/pulumi, proto/pulumi/provider.proto, ErrorResourceInitFailed).
 */
export function failureOf(error: Error): ServerErrorResponse {
  const { message } = error;
  const code = error instanceof Unimplemented ? status.UNIMPLEMENTED : status.UNKNOWN;
  const response = { name: error.name, code, message, details: message };
  return error instanceof Unfinished ? { ...response, metadata: unfinished(error) } : response;
}

function unfinished({ id, outputs, message }: Unfinished): Metadata {
  const failed = new messages.ErrorResourceInitFailed();
  failed.setId(id);
  failed.setProperties(toStruct(outputs));
  failed.setReasonsList([message]);
  const detail = new any.Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const told = new statuses.Status();
  told.setCode(status.UNKNOWN);
  told.setMessage(message);
  told.addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(told.serializeBinary()));
  return metadata;
}
