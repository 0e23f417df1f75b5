import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { Metadata, ServiceError } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";

const require = createRequire(import.meta.url);
const program = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
/** Pulumi's own copy of gRPC, since a client of another copy does not understand its services. */
const { credentials } = createRequire(program)("@grpc/grpc-js") as typeof import("@grpc/grpc-js");

type Properties = Parameters<typeof structs.Struct.fromJavaScript>[0];

/** What Pulumi's engine keeps of a resource that was made but not finished. */
interface Kept {
  id: string;
  properties: Properties;
  reasons: string[];
}

/**
 * Makes a dynamic resource in the process that Pulumi starts for them, in this process's environment. Gives what the
 * engine is told to keep if that fails, and ways to delete it and to end the process.
 */
export async function createThroughPulumi(
  properties: Properties,
): Promise<{ kept: Kept | undefined; deleteKept(): Promise<void>; stop(): void }> {
  const child = spawn(process.execPath, [program, "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const client = new services.ResourceProviderClient(
    `127.0.0.1:${String(port).trim()}`,
    credentials.createInsecure(),
  );
  const request = new messages.CreateRequest();
  request.setProperties(structs.Struct.fromJavaScript(properties));
  const error = await new Promise<ServiceError | null>((resolve) => client.create(request, resolve));
  const kept = error ? keptOf(error.metadata) : undefined;
  return {
    kept,
    deleteKept: () =>
      new Promise((resolve, reject) => {
        const removal = new messages.DeleteRequest();
        removal.setId(kept?.id ?? "");
        removal.setProperties(structs.Struct.fromJavaScript(kept?.properties ?? {}));
        client.delete(removal, (failure) => (failure ? reject(failure) : resolve()));
      }),
    stop() {
      client.close();
      child.kill();
    },
  };
}

/** Reads what the engine reads from the answer to a failed creation. */
function keptOf(metadata: Metadata): Kept | undefined {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(bytes)) return undefined;
  const [details] = statuses.Status.deserializeBinary(bytes).getDetailsList();
  const failure = details?.unpack(
    messages.ErrorResourceInitFailed.deserializeBinary,
    "pulumirpc.ErrorResourceInitFailed",
  );
  if (!failure) return undefined;
  return {
    id: failure.getId(),
    properties: (failure.getProperties()?.toJavaScript() ?? {}) as Properties,
    reasons: failure.getReasonsList(),
  };
}
