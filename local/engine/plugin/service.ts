import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import type services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { CreateRequest, ProviderContext } from "../../program/provider.ts";
import type { Properties } from "../../program/wire.ts";
import { fromStruct, plainProperties, toStruct } from "../../program/wire.ts";
import type { CheckFailure, Lifecycle } from "../../providers/lifecycle.ts";
import type { ExistingRequest } from "../../providers/resource-type.ts";
import { constructComponent } from "./construct.ts";
import { failureOf, Unimplemented } from "./failure.ts";

/** What one provider plugin offers. */
export interface Plugin {
  /** Such as `aws`. */
  readonly packageName: string;
  readonly account: string;
  readonly lifecycle: Lifecycle;
  readonly versionOf: (packageName: string) => string | undefined;
  /** Calls a provider function. */
  readonly invoke: (
    token: string,
    inputs: Properties,
    context: ProviderContext,
  ) => Promise<Properties> | Properties;
  readonly construct: (type: string) => Parameters<typeof constructComponent>[1];
}

type Handlers = services.IResourceProviderServer;
type Names =
  | (
      | "handshake"
      | "getPluginInfo"
      | "getSchema"
      | "getMapping"
      | "getMappings"
      | "parameterize"
      | "attach"
      | "cancel"
    )
  | ("checkConfig" | "diffConfig" | "configure" | "invoke" | "call" | "construct")
  | ("check" | "diff" | "create" | "update" | "read" | "delete");
type Method<Handler> =
  Handler extends handleUnaryCall<infer Request, infer Response>
    ? (call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>
    : never;
type Methods = { readonly [Name in Names]: Method<Handlers[Name]> };

/**
 * The methods of Pulumi's provider protocol (pulumi/pulumi, proto/pulumi/provider.proto) over the resource types of
 * the local cloud, as the engine calls them.
 */
export function pluginService(plugin: Plugin): Record<string, handleUnaryCall<unknown, unknown>> {
  /** Configuration by connection: the engine opens one for each provider resource. */
  const regions = new Map<string, string>();
  const contextOf = (call: ServerUnaryCall<unknown, unknown>): ProviderContext => ({
    account: plugin.account,
    region: regions.get(call.getPeer()) ?? "",
  });
  const { lifecycle } = plugin;

  const methods: Methods = {
    handshake() {
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      return response;
    },
    getPluginInfo() {
      const response = new plugins.PluginInfo();
      response.setVersion(plugin.versionOf(plugin.packageName) ?? "");
      return response;
    },
    getSchema() {
      const response = new messages.GetSchemaResponse();
      response.setSchema(
        JSON.stringify({ name: plugin.packageName, version: plugin.versionOf(plugin.packageName) }),
      );
      return response;
    },
    getMapping: () => new messages.GetMappingResponse(),
    getMappings: () => new messages.GetMappingsResponse(),
    parameterize: () => {
      throw new Unimplemented(`${plugin.packageName} takes no parameters`);
    },
    call: () => {
      throw new Unimplemented(`${plugin.packageName} has no methods on resources`);
    },
    attach: () => new empty.Empty(),
    cancel: () => new empty.Empty(),
    checkConfig({ request }) {
      const inputs = fromStruct(request.getNews());
      const needsRegion = plugin.packageName === "aws" && inputs.region === undefined;
      const failures = needsRegion ? [{ property: "region", reason: "is required" }] : [];
      return checked(inputs, failures);
    },
    diffConfig({ request }) {
      const before = fromStruct(request.getOldInputs() ?? request.getOlds());
      const isMoved = before.region !== fromStruct(request.getNews()).region;
      const response = new messages.DiffResponse();
      response.setReplacesList(isMoved ? ["region"] : []);
      response.setDiffsList(isMoved ? ["region"] : []);
      response.setChanges(changesOf(isMoved));
      return response;
    },
    configure(call) {
      const { region } = plainProperties(fromStruct(call.request.getArgs()));
      regions.set(call.getPeer(), typeof region === "string" ? region : "");
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setSupportspreview(true);
      return response;
    },
    async invoke(call) {
      const { request } = call;
      const inputs = plainProperties(fromStruct(request.getArgs()));
      const response = new messages.InvokeResponse();
      response.setReturn(toStruct(await plugin.invoke(request.getTok(), inputs, contextOf(call))));
      return response;
    },
    check(call) {
      const before = call.request.getOlds();
      const request = requestOf(call, fromStruct(call.request.getNews()));
      const { inputs, failures } = lifecycle.check(request, before && fromStruct(before));
      return checked(inputs, failures);
    },
    async diff(call) {
      const { request } = call;
      const before = fromStruct(request.getOldInputs() ?? request.getOlds());
      const { details, deleteBeforeReplace } = await lifecycle.diff(
        existing(call, fromStruct(request.getNews()), fromStruct(request.getOlds())),
        before,
        request.getIgnorechangesList(),
      );
      const replacing = [...details].filter(([, { isReplacing }]) => isReplacing).map(([path]) => path);
      const response = new messages.DiffResponse();
      response.setChanges(changesOf(details.size > 0));
      response.setDiffsList([...details.keys()]);
      response.setReplacesList(replacing);
      response.setDeletebeforereplace(deleteBeforeReplace);
      response.setHasdetaileddiff(true);
      for (const [path, { kind, isReplacing }] of details) {
        const difference = new messages.PropertyDiff();
        difference.setKind(messages.PropertyDiff.Kind[isReplacing ? (`${kind}_REPLACE` as const) : kind]);
        difference.setInputdiff(true);
        response.getDetaileddiffMap().set(path, difference);
      }
      return response;
    },
    async create(call) {
      const request = requestOf(call, fromStruct(call.request.getProperties()));
      const { id, outputs } = call.request.getPreview()
        ? { id: "", outputs: await lifecycle.preview(request) }
        : await lifecycle.create(request);
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(toStruct(outputs));
      return response;
    },
    async update(call) {
      const { request } = call;
      const before = fromStruct(request.getOldInputs() ?? request.getOlds());
      const outputs = await lifecycle.update(
        existing(call, fromStruct(request.getNews()), fromStruct(request.getOlds())),
        before,
        request.getPreview(),
      );
      const response = new messages.UpdateResponse();
      response.setProperties(toStruct(outputs));
      return response;
    },
    async read(call) {
      const { request } = call;
      const found = await lifecycle.read(
        existing(call, fromStruct(request.getInputs()), fromStruct(request.getProperties())),
      );
      const response = new messages.ReadResponse();
      response.setId(found ? request.getId() : "");
      if (found) {
        response.setInputs(toStruct(found.inputs));
        response.setProperties(toStruct(found.outputs));
      }
      return response;
    },
    async delete(call) {
      const outputs = fromStruct(call.request.getProperties());
      const before = call.request.getOldInputs();
      await lifecycle.delete(existing(call, before ? fromStruct(before) : outputs, outputs));
      return new empty.Empty();
    },
    construct: ({ request }) =>
      constructComponent(request, plugin.construct(request.getType()), plugin.versionOf),
  };

  function requestOf(
    call: ServerUnaryCall<{ getUrn(): string }, unknown>,
    inputs: Properties,
  ): CreateRequest {
    const urn = call.request.getUrn();
    const [, , qualified = "", ...name] = urn.split("::");
    return {
      ...{ urn, inputs, name: name.join("::"), type: qualified.split("$").at(-1) ?? "" },
      ...contextOf(call),
    };
  }

  function existing(
    call: ServerUnaryCall<{ getUrn(): string; getId(): string }, unknown>,
    inputs: Properties,
    outputs: Properties,
  ): ExistingRequest {
    return { ...requestOf(call, inputs), id: call.request.getId(), outputs };
  }

  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [name, answering(method as AnyMethod)]),
  );
}

type AnyMethod = (call: ServerUnaryCall<unknown, unknown>) => unknown;

function answering(method: AnyMethod): handleUnaryCall<unknown, unknown> {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    Promise.resolve()
      .then(() => method(call))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback(failureOf(error)),
      );
  };
}

function checked(inputs: Properties, failures: readonly CheckFailure[]): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(toStruct(inputs));
  response.setFailuresList(
    failures.map(({ property, reason }) => {
      const failure = new messages.CheckFailure();
      failure.setProperty(property);
      failure.setReason(reason);
      return failure;
    }),
  );
  return response;
}

function changesOf(isChanged: boolean): messages.DiffResponse.DiffChanges {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  return isChanged ? DIFF_SOME : DIFF_NONE;
}
