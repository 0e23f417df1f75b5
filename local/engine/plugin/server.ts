import { Server, ServerCredentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { type Plugin, pluginService } from "./service.ts";

export interface PluginServer {
  /** Port on 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a provider plugin on 127.0.0.1, for an engine that attaches to it (PULUMI_DEBUG_PROVIDERS). */
export async function servePlugin(plugin: Plugin): Promise<PluginServer> {
  // A definition of three functions and two regions is larger than gRPC's default of 4 MB allows.
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  server.addService(services.ResourceProviderService, pluginService(plugin));
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? fail(error) : done(bound),
    );
  });
  return { port, close: () => new Promise((done) => server.tryShutdown(() => done())) };
}
